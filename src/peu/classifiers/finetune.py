"""Fine-tuning: the last stages of a pretrained network learn too, if inner folds say so."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from peu.backbones.onnx_features import DEFAULT_SIDE, is_onnx_backbone
from peu.backbones.sized_features import is_onnx_file
from peu.classifiers.base import FloatArray, Name
from peu.classifiers.finetune_choice import FineTuneChoice, Predictions, best_choice, log_loss
from peu.classifiers.lite_backbone import LiteBackbone, lite_backbone
from peu.classifiers.registry import recipe
from peu.classifiers.training_set import Labels, TrainingSet
from peu.classifiers.transfer import Transfer, dense_layers, fit_head
from peu.images.cache import cached
from peu.images.dataset import ImageDataset
from peu.models.probability_model import ProbabilityModel
from peu.networks.augmentation_settings import Augmentation
from peu.networks.history import History, Phase
from peu.networks.pretrained_settings import Backbone
from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed
from peu.settings import check_setting

if TYPE_CHECKING:
    from peu.networks.finetuning import DividedBackbone, Tuning

# How far from the weights before fine-tuning to those after; half-way is WiSE-FT's cheap guard.
_SHARES = (0.5, 1.0)
# Epochs without a lower loss on held-out images after which an inner fold is given up.
_PATIENCE = 3
# From so many images on, one inner fold judges as well as three, in a third of the time.
_MANY = 1000
_MOST_CACHED_BYTES = 1 << 30


@recipe("finetune")
class FineTune(Transfer):
    """Train a head on frozen features, then the backbone's last stages along with it.

    How many epochs, how much of the way from the old weights to the new, and whether at all, is
    chosen on inner folds by log loss. Batch normalisation stays as it was learnt. Without
    augmentation the maps below the unfrozen stages are computed once, which makes an epoch many
    times faster.

    Attributes:
        phases_: the head, then head and backbone, with figures on validation images.

    Source: lab sheet, section 1.6; Kumar et al. (2022) for the head first; Howard and Ruder
    (2018) for rates that grow with depth; Wortsman et al. (2022) for averaging weights.
    """

    name: Name = "finetune"
    backbone: Backbone = "efficientnet-lite2"
    head_training: Annotated[
        TrainingSettings, Field(description="How the MLP is trained on frozen features.")
    ] = TrainingSettings()
    stages: Annotated[
        int,
        Field(
            ge=1,
            description="How many of the backbone's last stages learn; a stage works at one "
            "resolution, as VGG16's block 5; in EfficientNet-Lite it is a row of its table.",
        ),
    ] = 1
    earliest_rate: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            description="Share of the learning rate for the earliest layers that learn; the last "
            "have all of it.",
        ),
    ] = 0.1
    keep: Annotated[
        Literal["better", "always"],
        Field(
            description='"better" fine-tunes where inner folds say that it beats the head alone, '
            'for as long as they say; "always" for all epochs.'
        ),
    ] = "better"
    augmentation: Annotated[
        Augmentation, Field(description="How images are varied while the backbone learns.")
    ] = Augmentation()
    training: Annotated[
        TrainingSettings,
        Field(
            description="How head and backbone are trained together; its epochs are the most that "
            "inner folds may choose."
        ),
    ] = TrainingSettings(epochs=10, batch_size=16, learning_rate=1e-4)

    def __post_init__(self) -> None:
        check_setting(
            "backbone",
            holds=not is_onnx_file(self.backbone),
            expected="a network that Keras can train: EfficientNet-Lite, a name of "
            "keras.applications, or a Keras model file",
            received=self.backbone,
            advice="Use `transfer` with an ONNX file.",
        )
        super().__post_init__()

    def _fit(self, data: TrainingSet) -> None:
        choice = FineTuneChoice(self.training.epochs, 1.0)
        if self.keep == "better":
            choice = self._choose(data)
        head = self._fit_head(data)
        self.tuning_: Any = self._divided().finetuning(head.keras_network)
        self.epochs_ = choice.epochs
        self.head_ = head
        self.phases_ = [self._phase("head", head.layers.parameters, data.validation)]
        self.examples_ = self._examples(data.images)
        self.history_, self.notes_ = head.history, (*head.notes, str(choice))
        self.held_out_ = choice.held_out
        if choice.epochs:
            before = self.tuning_.weights()
            self.history_ = self._train(
                self.tuning_, data, epochs=choice.epochs, phase=f"Fine-tuning {self.name}"
            )
            self.tuning_.blend(before, choice.share)
            self.phases_.append(
                self._phase(
                    self._divided().unfrozen, self.tuning_.trainable_parameters, data.validation
                )
            )
            self.notes_ = (*self.notes_, *self.history_.notes)
        self.n_trainable_parameters_ = self.phases_[-1].trainable_parameters
        self.n_parameters_ = self.extractor().parameters + head.layers.parameters

    @property
    def trains_network(self) -> bool:
        """Whether fitting trains a network, which takes long."""
        return True

    def _predict_proba(self, images: ImageDataset) -> FloatArray:
        return np.asarray(self.tuning_.predict_maps(self._maps(images)))

    def _model(self) -> ProbabilityModel:
        backbone = self._divided()
        if isinstance(backbone, LiteBackbone):
            layers = replace(self.head_.layers, dense=dense_layers(self.head_.keras_network))
            return backbone.classifier(self.tuning_, layers, [str(each) for each in self.classes_])
        from peu.networks.feature_extractor import attach_head
        from peu.networks.network_model import NetworkModel

        features = self.tuning_.features() if self.epochs_ else self.keras_extractor().network
        return NetworkModel(attach_head(features, self.head_.keras_network), self.examples_)

    def _fit_head(self, data: TrainingSet) -> Any:
        features = self.features(data.images)
        settings = Transfer(
            name=self.name,
            head=self.head,
            hidden_units=self.hidden_units,
            training=self.head_training,
            seed=self.seed,
        )
        validation = None
        if data.validation is not None and self.head == "mlp":
            images, labels = data.validation
            validation = (self.features(images), labels)
        return fit_head(settings, features, data, validation)

    def _divided(self) -> "LiteBackbone | DividedBackbone":
        if is_onnx_backbone(self.backbone):
            side = min(self.image_size or (DEFAULT_SIDE,))
            return lite_backbone(self.backbone, side, self.stages)
        from peu.networks.finetuning import divided_backbone

        return divided_backbone(
            self.backbone,
            self.backbone_weights,
            self.backbone_preprocessing,
            self.keras_extractor().image_size,
            self.stages,
            self.pooling,
        )

    def _maps(self, images: ImageDataset) -> NDArray[np.float32]:
        """What the unfrozen stages take, from the cache unless it would be too large."""
        backbone = self._divided()

        def compute(batch: ImageDataset) -> NDArray[np.float32]:
            if isinstance(backbone, LiteBackbone):
                return backbone.maps(list(batch.read_all(shorter=backbone.shorter_side)))
            return backbone.maps(batch.pixels(backbone.image_size, self._resize_mode()))

        if len(images) * backbone.map_size * 4 > _MOST_CACHED_BYTES:
            return np.concatenate(
                [compute(images[at : at + 32]) for at in range(0, len(images), 32)]
            )
        key = ("maps", backbone.identity, backbone.image_size, self._resize_mode())
        return cached(images, key, compute, phase="Extracting maps")

    def _train(
        self,
        tuning: "Tuning",
        data: TrainingSet,
        *,
        epochs: int,
        phase: str,
        callbacks: tuple[Any, ...] = (),
    ) -> History:
        from peu.networks.augmentation import MIXUP
        from peu.networks.fit import fit_network

        backbone = self._divided()
        too_large = len(data) * backbone.map_size * 4 > _MOST_CACHED_BYTES
        from_pixels = self.augmentation.policy != "none" or too_large
        if from_pixels:
            network = tuning.from_pixels(
                self.augmentation, seed=child_seed(self.seed, "augmentation")
            )
        else:
            network = tuning.from_maps

        def inputs(images: ImageDataset) -> NDArray[Any]:
            if from_pixels:
                return images.pixels(backbone.image_size, self._resize_mode())
            return tuning.shaped(self._maps(images))

        validation = None
        if data.validation is not None:
            validation = (inputs(data.validation[0]), data.validation[1])
        return fit_network(
            network,
            inputs(data.images),
            data.labels,
            self.training,
            seed=child_seed(self.seed, "fine-tuning"),
            validation=validation,
            mixup=MIXUP if self.augmentation.policy == "mixup" else 0.0,
            rates=tuning.learning_rates(self.earliest_rate),
            epochs=epochs,
            callbacks=callbacks,
            phase=phase,
        )

    def _choose(self, data: TrainingSet) -> FineTuneChoice:
        """Ask inner folds; the head alone where nothing did better."""
        folds = data.inner_folds(child_seed(self.seed, "inner folds"))
        folds = folds[: 1 if len(data) >= _MANY else None]
        if not folds:
            return FineTuneChoice(0, 1.0)
        attempts = [
            self._try_out(number, data.split(fit), data.images[judge])
            for number, (fit, judge) in enumerate(folds)
        ]
        judged = np.concatenate([judge for _, judge in folds])
        return best_choice(attempts, judged, data.labels[judged])

    def _try_out(self, number: int, data: TrainingSet, judged: ImageDataset) -> Predictions:
        """Fine-tune, and predict held-out images by epochs and share of the way."""
        from peu.networks.callbacks import CallAfterEpoch

        inner: FineTune = self.__sklearn_clone__()
        inner.seed = child_seed(self.seed, "fold", number)
        tuning = self._divided().finetuning(inner._fit_head(data).keras_network)
        maps = self._maps(judged)
        before = tuning.weights()
        predictions = {(0, 1.0): tuning.predict_maps(maps)}
        labels = np.array([data.class_names.index(name) for name in judged.y])
        losses = [log_loss(predictions[0, 1.0], labels)]

        def after_epoch(epoch: int, _: Mapping[str, float]) -> bool:
            after = tuning.weights()
            for share in _SHARES:
                tuning.blend(before, share)
                predictions[epoch, share] = tuning.predict_maps(maps)
                tuning.restore(after)
            losses.append(min(log_loss(predictions[epoch, share], labels) for share in _SHARES))
            return int(np.argmin(losses)) + _PATIENCE <= epoch

        inner._train(
            tuning,
            data,
            epochs=self.training.epochs,
            callbacks=(CallAfterEpoch(after_epoch),),
            phase=f"Inner folds of {self.name}",
        )
        return predictions

    def _phase(
        self,
        name: str,
        trainable_parameters: int,
        validation: tuple[ImageDataset, Labels] | None,
    ) -> Phase:
        if validation is None or len(validation[1]) == 0:
            return Phase(name=name, trainable_parameters=trainable_parameters)
        predictions = self.tuning_.predict_maps(self._maps(validation[0]))
        return Phase(
            name=name,
            trainable_parameters=trainable_parameters,
            accuracy=float(np.mean(predictions.argmax(axis=1) == validation[1])),
            log_loss=log_loss(predictions, validation[1]),
        )
