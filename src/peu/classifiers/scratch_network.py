"""Networks that are trained from scratch: what the small CNN and the small ResNet share."""

import math
from abc import abstractmethod
from typing import Annotated, Any

import numpy as np
from pydantic import BeforeValidator, Field

from peu.classifiers.base import FloatArray, ImageClassifier
from peu.classifiers.training_set import TrainingSet
from peu.images.dataset import ImageDataset
from peu.images.image_size import ImageSize
from peu.images.resizing import ResizeMode
from peu.networks.augmentation_settings import Augmentation, Views
from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed
from peu.settings import settings


def _no_boolean(value: Any) -> Any:
    """Refuse True, which a literal takes for 1."""
    if isinstance(value, bool):
        raise ValueError("be 1, 2 or 4")  # noqa: TRY004 - pydantic takes no TypeError
    return value


Filters = tuple[Annotated[int, Field(ge=1)], ...]
TTA = Annotated[
    Views,
    BeforeValidator(_no_boolean),
    Field(
        description="Test-time augmentation: views averaged per image; 1 as it is, 2 with its "
        "mirror image, 4 with the middle of both too. Mirrors only where training does."
    ),
]


@settings()
class ScratchNetwork(ImageClassifier):
    """Base class of networks that are trained from scratch on the pixels at hand."""

    image_size: Annotated[ImageSize, Field(description="(height, width) in pixels.")] = (64, 64)
    resize_mode: Annotated[
        ResizeMode, Field(description="How images of another shape are resized.")
    ] = "stretch"
    augmentation: Annotated[
        Augmentation, Field(description="How images are varied in training.")
    ] = Augmentation()
    tta: TTA = 1
    training: Annotated[TrainingSettings, Field(description="How the network is trained.")] = (
        TrainingSettings()
    )

    @property
    def trains_network(self) -> bool:
        """Whether fitting trains a network, which takes long."""
        return True

    @property
    def saves_keras_network(self) -> bool:
        """Whether saving exports a Keras network, which needs the exporter."""
        return True

    @abstractmethod
    def _network(self, class_count: int, *, seed: int, precision: str) -> Any:
        """Build the untrained keras.Model."""

    @property
    def _even_batches(self) -> bool:
        """Whether batch normalisation wants batches of one size."""
        return True

    def _fit(self, data: TrainingSet) -> None:
        self.fit_with_callbacks(data)

    def fit_with_callbacks(self, data: TrainingSet, *callbacks: Any) -> None:
        """Train on the pixels of a training set.

        Args:
            data: images, and validation images for the curves.
            callbacks: further keras.callbacks.Callback objects; raising ends the training.

        Raises:
            RecipeError: the training diverged.
        """
        from peu.networks.augmentation import MIXUP, augmenting
        from peu.networks.fit import fit_network
        from peu.networks.network_model import NetworkModel
        from peu.networks.onnx_export import EXAMPLES
        from peu.networks.precision import choose_precision
        from peu.networks.test_time_augmentation import average_views

        precision = choose_precision(self.training.precision)
        seed = child_seed(self.seed, "network")
        network = self._network(data.class_count, seed=seed, precision=precision)
        validation = None
        if data.validation is not None:
            images, labels = data.validation
            validation = (images.pixels(self.image_size, self.resize_mode), labels)
        pixels = data.images.pixels(self.image_size, self.resize_mode)
        self.history_ = fit_network(
            augmenting(
                network,
                self.augmentation,
                self.image_size,
                seed=child_seed(self.seed, "augmentation"),
            ),
            pixels,
            data.labels,
            self.training,
            seed=child_seed(self.seed, "batches"),
            validation=validation,
            even_batches=self._even_batches,
            mixup=MIXUP if self.augmentation.policy == "mixup" else 0.0,
            callbacks=callbacks,
            phase=f"Training {self.name}",
        )
        self.notes_ = self.history_.notes
        if precision != "float32":
            # What is tested is what is saved, and a saved network computes in float32.
            trained = network
            network = self._network(data.class_count, seed=seed, precision="float32")
            network.set_weights(trained.get_weights())
        few = np.linspace(0, len(pixels) - 1, min(EXAMPLES, len(pixels))).astype(int)
        self.model_ = NetworkModel(
            average_views(network, self.tta, flips=self.augmentation.flips), pixels[few]
        )
        self.n_parameters_ = int(network.count_params())
        self.n_trainable_parameters_ = sum(
            math.prod(each.shape) for each in network.trainable_weights
        )

    def _predict_proba(self, images: ImageDataset) -> FloatArray:
        return self.model_.predict_proba(images.pixels(self.image_size, self.resize_mode))
