"""Section 1.5: VGG16 taken apart, and what a pretrained network's features are worth."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from peu.classifiers.hog import HogSVM
from peu.errors import DiskError, PeuError
from peu.evaluation.uncertainty import Interval
from peu.lab.backbone import pretrained, sheet_scaled
from peu.lab.context import LabContext
from peu.lab.steps import first_network
from peu.lab.trials import Paired, TrialFindings
from peu.networks.backbone_sources import find_backbone
from peu.networks.layers import Layer, vgg16_layers

_LEARNT = 0.95


@dataclass(frozen=True, kw_only=True)
class FeatureFindings:
    """What a pretrained network's features gave.

    Attributes:
        used: the network.
        train: training images.
        maps: shape of its last maps.
        features: numbers per image.
        backbone_parameters: of the pretrained network.
        hidden_units: of the MLP.
        scaling: of the pixels that the network learnt from: "tf", "caffe", "torch", "unit", "none".
        trials: tests of "mlp", "logistic" and "hog"; of "mlp_unit", the MLP on features of
            pixels / 255 as the sheet makes them, unless these are the network's own.
        cnn: the test of section 1.2's network, where there was one.
    """

    used: str
    train: int
    maps: tuple[int, ...]
    features: int
    backbone_parameters: int
    hidden_units: int
    scaling: str
    trials: dict[str, TrialFindings]
    cnn: TrialFindings | None

    @property
    def accuracies(self) -> dict[str, Interval]:
        """Accuracy of each trial on the same test images."""
        shown = self.trials | ({} if self.cnn is None else {"cnn": self.cnn})
        return {name: trial.accuracy for name, trial in shown.items()}

    @property
    def cost_of_scaling(self) -> Paired | None:
        """The MLP on features of pixels / 255 beside that of the network's own scaling."""
        unit = self.trials.get("mlp_unit")
        return None if unit is None else unit.beside(self.trials["mlp"])

    @property
    def learnt_at(self) -> int | None:
        """First epoch in which the MLP had 95 % of the training images right."""
        accuracies = self.trials["mlp"].history["accuracy"]
        return next((at for at, each in enumerate(accuracies, start=1) if each >= _LEARNT), None)

    @property
    def mlp_parameters(self) -> int:
        """Parameters of the MLP by calculation."""
        outputs = self.trials["mlp"].classes
        return (self.features + 1) * self.hidden_units + (self.hidden_units + 1) * outputs


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What section 1.5 found.

    Attributes:
        vgg: layers of the sheet's network, without weights.
        train: training images, 0 where there is no split.
        as_written: whether 1.6 and 1.7 go on with the sheet's pixels / 255.
        asked: the network asked for.
        found: what the features gave, or None.
        unavailable: why features could not be extracted, or "".
    """

    sheet_network: ClassVar[str] = "vgg16"

    vgg: tuple[Layer, ...]
    train: int
    as_written: bool
    asked: str
    found: FeatureFindings | None
    unavailable: str = ""

    @property
    def kinds(self) -> list[str]:
        """Kind of each layer of VGG16."""
        return [layer.kind for layer in self.vgg]

    @property
    def last_map(self) -> Layer:
        """The last layer before the maps are flattened: features end here."""
        return self.vgg[self.kinds.index("Flatten") - 1]

    @property
    def trials(self) -> dict[str, TrialFindings]:
        """Tests of "mlp", "logistic" and "hog", where features could be extracted."""
        return {} if self.found is None else self.found.trials


def measure(lab: LabContext) -> Findings:
    """Take VGG16 apart by its graph, extract features, and train the MLP on them."""
    found, unavailable = None, ""
    try:
        found = _train_on_features(lab)
    except DiskError:
        raise
    except PeuError as error:
        # Where images cannot be split, VGG16 can still be taken apart.
        unavailable = str(error)
    return Findings(
        vgg=vgg16_layers(),
        train=0 if found is None else found.train,
        as_written=lab.settings.as_written,
        asked=Path(lab.settings.backbone).name,
        found=found,
        unavailable=unavailable,
    )


def _train_on_features(lab: LabContext) -> FeatureFindings:
    train = len(lab.split.train)
    recipe = pretrained(lab)
    logistic = dataclasses.replace(recipe, name="logistic", head="logistic", pooling="average")
    scaling = find_backbone(
        recipe.backbone, recipe.backbone_weights, recipe.backbone_preprocessing
    ).preprocessing
    unit = [] if scaling == "unit" else [sheet_scaled(recipe)]
    trials = lab.test([recipe, *unit, logistic, HogSVM()])
    extractor = recipe.keras_extractor()
    earlier = lab.findings_of("1.2", first_network.Findings)
    return FeatureFindings(
        used=Path(recipe.backbone).name,
        train=train,
        maps=extractor.network.get_layer("feature_map").output.shape[1:],
        features=extractor.feature_count,
        backbone_parameters=extractor.parameters,
        hidden_units=recipe.hidden_units,
        scaling=scaling,
        trials=trials,
        cnn=earlier.trial if earlier else None,
    )
