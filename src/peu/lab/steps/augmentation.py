"""Section 1.4: which augmentations help, and which do not suit the images."""

import dataclasses
import math
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.small_resnet import SmallResNet
from peu.lab.context import LabContext
from peu.lab.observations import symmetry_of
from peu.lab.steps import first_network, hyperparameters
from peu.lab.steps.hyperparameters import (
    NetworkSettings,
    usual_settings,
    without_curves,
)
from peu.lab.trials import FoldSearch, Paired
from peu.networks.augmentation_settings import Augmentation, Policy

_CLEARLY = 0.1
# Change of a gap between accuracies that is not called one.
_SMALL = 0.02
_SYMMETRY_SIDE = 32


@dataclass(frozen=True, kw_only=True)
class Findings(FoldSearch):
    """What section 1.4 found: `tried` augmentations, "none" among them.

    Tests are of "none", "vertical", the best and, if it ran, "resnet".

    Attributes:
        of_folds: that the training images were split into.
        settings: of the network.
        from_search: whether section 1.3 chose them.
        mirrored: correlation of a class's mean image with its mirror image.
        upside_down: correlation of a class's mean image with itself upside down.
    """

    of_folds: int
    settings: NetworkSettings
    sheet_side: ClassVar[int] = first_network.Findings.sheet_size
    from_search: bool
    mirrored: float
    upside_down: float

    @property
    def gains(self) -> dict[str, float]:
        """Accuracy on the folds with each augmentation, less that without any."""
        plain = self.by_name["none"].accuracy.mean
        return {row.name: row.accuracy.mean - plain for row in self.tried if row.name != "none"}

    @property
    def pairs(self) -> dict[str, Paired]:
        """Each augmentation beside none, image by image, on the folds."""
        none = self.by_name["none"]
        return {row.name: row.beside(none) for row in self.tried if row.name != "none"}

    def told(self, outcome: Literal["better", "worse", "not_told_apart"]) -> list[str]:
        """Augmentations with this outcome beside none, the largest gain first."""
        names = [name for name, pair in self.pairs.items() if pair.outcome == outcome]
        return sorted(names, key=lambda name: -self.gains[name])

    @property
    def images_have_an_upside(self) -> bool:
        """Whether classes look more like their mirror image than like themselves upside down."""
        return self.mirrored - self.upside_down >= _CLEARLY

    @property
    def gap(self) -> Literal["same", "smaller", "larger"]:
        """What augmentation did to the gap between training and test accuracy."""
        best, none = self.trials[self.best], self.trials["none"]
        change = best.behaviour.gap - none.behaviour.gap
        pair = best.beside(none)
        # Two standard deviations of a difference between paired accuracies.
        chance = 2 * math.sqrt(pair.gained + pair.lost) / best.tested
        if abs(change) < max(_SMALL, chance):
            return "same"
        return "smaller" if change < 0 else "larger"


def measure(lab: LabContext) -> Findings:
    """Compare augmentations by folds of the training images, and test the one that did best."""
    budget = lab.settings.budget
    earlier = lab.findings_of("1.3", hyperparameters.Findings)
    settings = earlier.settings[earlier.best] if earlier else usual_settings(lab.settings)
    settings = dataclasses.replace(settings, epochs=budget.varied_times * settings.epochs)
    plain = settings.recipe(budget.small_size, "none")
    recipes = {"none": plain, **{name: _augmented(plain, name) for name in budget.policies}}
    tried = lab.compare_by_folds(without_curves(list(recipes.values())))
    best = max((row for row in tried if row.name != "none"), key=lambda row: row.rank).name
    tested = [recipes[name] for name in dict.fromkeys(("none", best, "vertical"))]
    _preview(lab)
    mirrored, upside_down = _symmetry(lab)
    return Findings(
        train=len(lab.split.train),
        folds=budget.tried_folds,
        of_folds=budget.folds,
        image_size=budget.small_size,
        settings=settings,
        from_search=earlier is not None,
        tried=tried,
        best=best,
        mirrored=mirrored,
        upside_down=upside_down,
        trials=lab.test([*tested, SmallResNet()] if budget.augmented else tested),
    )


def _augmented(plain: SmallCNN, name: str) -> SmallCNN:
    augmentation = Augmentation(policy="flip", flips="vertical")
    if name in get_args(Policy):
        policy: Policy = name  # type: ignore[assignment]
        augmentation = Augmentation(policy=policy)
    return dataclasses.replace(plain, name=name, augmentation=augmentation)


def _preview(lab: LabContext) -> None:
    from peu.reports.augmentation_preview import POLICIES, preview_augmentation

    folder, seed = lab.folder / "parts" / lab.section, lab.settings.seed
    shown = [policy for policy in POLICIES if policy != "none"]
    images = lab.training_images
    preview_augmentation(images, folder / "policies.png", policies=shown, named=False, seed=seed)
    preview_augmentation(
        images,
        folder / "vertical.png",
        policies=["flip"],
        flips="vertical",
        named=False,
        seed=seed,
    )


def _symmetry(lab: LabContext) -> tuple[float, float]:
    training = lab.training_images
    pixels = training.pixels((_SYMMETRY_SIDE, _SYMMETRY_SIDE), "stretch")
    return symmetry_of(pixels.mean(axis=3), np.asarray(training.labels))
