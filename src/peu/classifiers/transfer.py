"""Transfer learning: a head trained on features of a pretrained network that stays as it is."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from peu.backbones.exported import exported_features
from peu.backbones.head import Layers
from peu.backbones.onnx_features import (
    OnnxFeatures,
    default_side,
    is_onnx_backbone,
    onnx_features,
)
from peu.backbones.sized_features import SizedFeatures, file_features, is_onnx_file
from peu.classifiers.base import FloatArray, ImageClassifier, Name
from peu.classifiers.logistic import fit_logistic
from peu.classifiers.registry import recipe
from peu.classifiers.training_set import HeldOut, Labels, TrainingSet
from peu.images.cache import cached
from peu.images.dataset import ImageDataset
from peu.images.image_size import ImageSize
from peu.images.resizing import ResizeMode
from peu.models.probability_model import ProbabilityModel
from peu.networks.history import History
from peu.networks.pretrained_settings import (
    Backbone,
    BackbonePreprocessing,
    BackboneWeights,
    Head,
    Pooling,
)
from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed
from peu.settings import check_setting

if TYPE_CHECKING:
    from peu.networks.feature_extractor import FeatureExtractor

Features = NDArray[np.float32]
_EXAMPLES = 16


@dataclass(frozen=True, eq=False)
class FittedHead:
    """A head that was trained on features.

    Attributes:
        layers: its weights.
        network: the keras.Model that an MLP was trained as; None for logistic regression.
        history: figures of its training; empty for logistic regression.
        notes: what was chosen, or went differently than asked.
        held_out: predictions on inner folds, where choosing C made them.
    """

    layers: Layers
    network: Any = None
    history: History = field(default_factory=History)
    notes: tuple[str, ...] = ()
    held_out: HeldOut | None = None

    @cached_property
    def keras_network(self) -> Any:
        """A keras.Model from features (n, d) to probabilities (n, k).

        It is made once: what fine-tuning goes on to train is then what is saved.
        """
        from peu.networks.heads import linear_head

        return self.network or linear_head(*self.layers.dense[0])


@recipe("transfer")
class Transfer(ImageClassifier):
    """Train a head on features of a pretrained network that stays as it is.

    What few images cannot teach, a network trained on ImageNet already knows: the first recipe
    to try on photos.

    Source: lab sheet, section 1.5.
    """

    usual_seconds = 1.0

    name: Name = "transfer"
    backbone: Backbone = "efficientnet-lite2"
    backbone_weights: BackboneWeights = "imagenet"
    backbone_preprocessing: BackbonePreprocessing = "auto"
    image_size: Annotated[
        ImageSize | None,
        Field(
            description="(height, width) in pixels; null is what the backbone was trained on. For "
            "EfficientNet-Lite the shorter side, 256 by default, 192 for Lite0."
        ),
    ] = None
    resize_mode: Annotated[
        ResizeMode | Literal["auto"],
        Field(
            description='"auto" keeps an image\'s own proportions for EfficientNet-Lite, with '
            "nothing padded or cut off, and pads for other backbones."
        ),
    ] = "auto"
    pooling: Annotated[
        Pooling,
        Field(
            description='"average" over positions (for EfficientNet-Lite over three windows), or '
            '"flatten" as on the sheet.'
        ),
    ] = "average"
    head: Annotated[
        Head,
        Field(description='"logistic" regression, its C chosen on inner folds, or an "mlp".'),
    ] = "logistic"
    hidden_units: Annotated[int, Field(ge=1, description="Width of the MLP's hidden layer.")] = 100
    training: Annotated[TrainingSettings, Field(description="How the MLP is trained.")] = (
        TrainingSettings()
    )

    def __post_init__(self) -> None:
        own, file = is_onnx_backbone(self.backbone), is_onnx_file(self.backbone)
        check_setting(
            "resize_mode",
            holds=not own or self.resize_mode == "auto",
            expected=f"'auto' with {self.backbone}, which takes images in their own proportions",
            received=self.resize_mode,
            advice="Leave it out.",
        )
        check_setting(
            "pooling",
            holds=not (own or file) or self.pooling == "average",
            expected=f"'average' with {self.backbone}",
            received=self.pooling,
            advice="Leave it out.",
        )
        check_setting(
            "backbone_weights",
            holds=not (own or file) or self.backbone_weights == "imagenet",
            expected=f"left out with {self.backbone}, which has its own weights",
            received=self.backbone_weights,
            advice="Name a network of keras.applications as the backbone, or leave it out.",
        )
        check_setting(
            "backbone_preprocessing",
            holds=not own or self.backbone_preprocessing == "auto",
            expected=f"'auto' with {self.backbone}, which scales pixels itself",
            received=self.backbone_preprocessing,
            advice="Leave it out.",
        )
        check_setting(
            "backbone_preprocessing",
            holds=not file or self.backbone_preprocessing != "auto",
            expected="named for a backbone from a file: one of tf, caffe, torch, unit, none",
            received=self.backbone_preprocessing,
            advice="The file's origin says which.",
        )
        check_setting(
            "image_size",
            holds=not own or self.image_size is None or min(self.image_size) >= 32,
            expected="at least 32 pixels a side",
            received=self.image_size,
            advice="Try 256.",
        )

    @property
    def trains_network(self) -> bool:
        """Whether fitting trains a network, which takes long."""
        return self.head == "mlp"

    @property
    def saves_keras_network(self) -> bool:
        """Whether saving exports a Keras network, which needs the exporter."""
        return not (is_onnx_backbone(self.backbone) or is_onnx_file(self.backbone))

    def _fit(self, data: TrainingSet) -> None:
        validation = None
        if data.validation is not None and self.head == "mlp":
            validation = (self.features(data.validation[0]), data.validation[1])
        self.head_ = fit_head(self, self.features(data.images), data, validation)
        self.history_ = self.head_.history
        self.notes_ = self.head_.notes
        self.held_out_ = self.head_.held_out
        self.examples_ = self._examples(data.images) if self._explained_by_keras() else None
        self.n_trainable_parameters_ = self.head_.layers.parameters
        self.n_parameters_ = self.extractor().parameters + self.n_trainable_parameters_

    def _predict_proba(self, images: ImageDataset) -> FloatArray:
        return self.head_.layers.predict_proba(self.features(images))

    def _model(self) -> ProbabilityModel:
        extractor = self.extractor()
        if not self._explained_by_keras():
            return extractor.classifier(self.head_.layers, [str(each) for each in self.classes_])
        from peu.networks.feature_extractor import attach_head
        from peu.networks.network_model import NetworkModel

        network = attach_head(self.keras_extractor().network, self.head_.keras_network)
        return NetworkModel(network, self.examples_)

    def _explained_by_keras(self) -> bool:
        """Whether heat maps need gradients: of a hidden layer on a network that Keras has."""
        return self.saves_keras_network and self.head == "mlp"

    def _examples(self, images: ImageDataset) -> NDArray[np.uint8] | None:
        """Pixels of a few images, on which a Keras network is compared with its export."""
        if not self.saves_keras_network:
            return None
        few = np.linspace(0, len(images) - 1, min(_EXAMPLES, len(images))).astype(int)
        return images[few].pixels(self.keras_extractor().image_size, self._resize_mode())

    def _resize_mode(self) -> ResizeMode:
        if self.resize_mode != "auto":
            return self.resize_mode
        # A graph that takes images in their own proportions covers the whole image, as this does.
        return "stretch" if is_onnx_backbone(self.backbone) else "pad"

    def own_features(self, images: ImageDataset) -> Features | None:
        """Features (n, d) of images that the saved model gives too; None where it gives none."""
        unchanged = self.kind == "transfer" and is_onnx_backbone(self.backbone)
        return self.features(images) if unchanged else None

    def extractor(self) -> OnnxFeatures | SizedFeatures:
        """The pretrained network as ONNX Runtime runs it, loaded once.

        Raises:
            BundleError: the backbone's file is damaged or no backbone.
            RecipeError: no such backbone.
            ResourceError: its weights are not available and could not be downloaded, or what
                exports a Keras network is not installed.
        """
        if is_onnx_backbone(self.backbone):
            return onnx_features(
                self.backbone, min(self.image_size or (default_side(self.backbone),))
            )
        if is_onnx_file(self.backbone):
            return file_features(self.backbone, self.backbone_preprocessing, self.image_size)
        return exported_features(
            self.backbone,
            self.backbone_weights,
            self.backbone_preprocessing,
            self.image_size,
            self.pooling,
        )

    def keras_extractor(self) -> "FeatureExtractor":
        """The pretrained network in Keras, for backbones that it has."""
        from peu.networks.feature_extractor import feature_extractor

        return feature_extractor(
            self.backbone,
            self.backbone_weights,
            self.backbone_preprocessing,
            self.image_size,
            self.pooling,
        )

    def features(self, images: ImageDataset) -> Features:
        """Features (n, d) of images, from the cache where they were extracted before."""
        extractor = self.extractor()
        if isinstance(extractor, OnnxFeatures):
            return cached(
                images,
                ("features", extractor.identity, extractor.shorter_side),
                lambda batch: extractor(batch.read_all(shorter=extractor.shorter_side)),
                phase="Extracting features",
            )
        size, mode = extractor.image_size, self._resize_mode()
        return cached(
            images,
            ("features", extractor.identity, size, mode),
            lambda batch: extractor(batch.pixels(size, mode)),
            phase="Extracting features",
        )


def fit_head(
    settings: Any,
    features: Features,
    data: TrainingSet,
    validation: tuple[Features, Labels] | None = None,
) -> FittedHead:
    """Train the head that a recipe's settings name.

    Args:
        settings: a recipe with `head`, `hidden_units`, `training` and `seed`.
        features: (n, d) of the training images.
        data: their labels and groups.
        validation: features and labels for the curves of an MLP.
    """
    if settings.head == "logistic":
        fitted = fit_logistic(
            features,
            data.labels,
            data.groups,
            class_count=data.class_count,
            seed=child_seed(settings.seed, "inner folds"),
        )
        held_out = None if fitted.held_out is None else HeldOut(*fitted.held_out)
        layers = Layers(((fitted.weights, fitted.intercepts),), unit_length=True)
        return FittedHead(layers, notes=fitted.notes, held_out=held_out)
    from peu.networks.fit import fit_network
    from peu.networks.heads import mlp_head

    network = mlp_head(
        features.shape[1],
        settings.hidden_units,
        data.class_count,
        seed=child_seed(settings.seed, "head"),
    )
    history = fit_network(
        network,
        features,
        data.labels,
        settings.training,
        seed=child_seed(settings.seed, "batches"),
        validation=validation,
        phase=f"Training {settings.name}",
    )
    layers = Layers(dense_layers(network), unit_length=False)
    return FittedHead(layers, network, history, history.notes)


def dense_layers(network: Any) -> tuple[tuple[NDArray[Any], NDArray[Any]], ...]:
    """Weights and biases of a head's layers as they are now, the first layer first."""
    return tuple(
        (weights, biases)
        for weights, biases in (
            layer.get_weights() for layer in network.layers if layer.get_weights()
        )
    )
