"""The settings of a pretrained backbone whose last layers learn as well, after its head."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from peu.recipes.augmentation import Augmentation, check_augmentation
from peu.recipes.checks import ResizeMode, check_choice, check_count, check_range
from peu.recipes.frozen import Head, Pooling, Preprocessing, check_features
from peu.recipes.training import TrainingSettings, check_training

Keep = Literal["better", "always"]


def _training() -> TrainingSettings:
    return TrainingSettings(epochs=10, batch_size=16, learning_rate=1e-4)


@dataclass(frozen=True, kw_only=True)
class FineTune:
    """Train a head on frozen features, then the backbone's last stages along with it.

    How many epochs, how much of the way from the old weights to the new, and whether at all, is
    chosen on inner folds by the log loss of images held out. Batch normalisation stays as it
    was learnt.

    Attributes:
        name: what the recipe is called in tables.
        backbone: as of `Transfer`, as are all settings down to `hidden_units`.
        backbone_weights: "imagenet", or the path of a weights file for a named architecture.
        backbone_preprocessing: "auto", "tf", "torch", "caffe" or "none".
        image_size: (height, width) in pixels, or None for what the backbone was made for.
        resize_mode: how an image of another shape is brought there.
        pooling: "average" over positions, or "flatten" as on the sheet.
        head: "logistic" regression, or the sheet's "mlp".
        hidden_units: width of the MLP's hidden layer.
        head_training: how the MLP is trained on the frozen features.
        stages: how many of the backbone's last stages learn, 1 or more; a stage is what works
            at one resolution, as VGG16's block 5.
        earliest_rate: share of the step size at which the earliest layers that learn do so, in
            (0, 1]; the last ones take it whole, and those between lie on a geometric scale.
        keep: "better" fine-tunes where inner folds say that it beats the head alone, for as long
            as they say; "always" for all epochs, without asking.
        augmentation: how images are varied while the backbone learns. Without, the maps
            below the unfrozen stages are computed once, which makes an epoch many times faster.
        training: how head and backbone are trained together; its epochs are the most that inner
            folds may choose.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, section 1.6; Kumar et al. (2022) for the head first; Howard and Ruder
    (2018) for rates that grow with depth; Wortsman et al. (2022) for averaging weights.
    """

    kind: ClassVar[str] = "finetune"

    name: str = "finetune"
    backbone: str = "mobilenet"
    backbone_weights: str = "imagenet"
    backbone_preprocessing: Preprocessing = "auto"
    image_size: tuple[int, int] | None = None
    resize_mode: ResizeMode = "pad"
    pooling: Pooling = "average"
    head: Head = "logistic"
    hidden_units: int = 100
    head_training: TrainingSettings = field(default_factory=TrainingSettings)
    stages: int = 1
    earliest_rate: float = 0.1
    keep: Keep = "better"
    augmentation: Augmentation = field(default_factory=Augmentation)
    training: TrainingSettings = field(default_factory=_training)

    def __post_init__(self) -> None:
        check_features(self)
        check_training(self.head_training, "head_training")
        check_count("stages", self.stages, "1 is a good start.")
        check_range("earliest_rate", self.earliest_rate, 0, 1, "0.1 is a good start.", ends="(]")
        check_choice("keep", self.keep, Keep)
        check_augmentation(self.augmentation)
        check_training(self.training)
