"""The settings of a small convolutional network trained from nothing."""

from dataclasses import dataclass, field
from typing import ClassVar

from peu.recipes.augmentation import Augmentation, check_augmentation
from peu.recipes.augmented import Views, check_views
from peu.recipes.checks import (
    ResizeMode,
    check,
    check_count,
    check_flag,
    check_image,
    check_name,
    check_range,
)
from peu.recipes.training import TrainingSettings, check_training


@dataclass(frozen=True, kw_only=True)
class SmallCNN:
    """Train a small convolutional network from nothing; the defaults are the lab sheet's.

    Each entry of `filters` is a convolution with ReLU and a max pooling. At 224 x 224 x 3 and
    four classes the default has 20,090,296 parameters.

    Attributes:
        name: what the recipe is called in tables.
        image_size: (height, width) in pixels that images are brought to.
        resize_mode: how an image of another shape is brought there; the sheet stretches.
        filters: filters of each convolution, at least one.
        kernel_size: side of the convolutions, in pixels.
        pool_size: side of the pooling window, in pixels.
        pool_strides: step of the pooling window, in pixels.
        dense_units: width of the hidden layer after flattening.
        batch_norm: normalise what each convolution gives over the batch, before its ReLU.
        dropout: share of the hidden layer's units dropped while training, in [0, 1).
        augmentation: how images are varied while it learns.
        views: ways that an image is looked at when recognised, as `SmallResNet` has them.
        training: how it is trained.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, section 1.2.
    """

    kind: ClassVar[str] = "cnn"

    name: str = "cnn"
    image_size: tuple[int, int] = (224, 224)
    resize_mode: ResizeMode = "stretch"
    filters: tuple[int, ...] = (32, 64)
    kernel_size: int = 3
    pool_size: int = 3
    pool_strides: int = 2
    dense_units: int = 100
    batch_norm: bool = False
    dropout: float = 0.0
    augmentation: Augmentation = field(default_factory=Augmentation)
    views: Views = 1
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        check_name(self.name)
        check_image(self.image_size, self.resize_mode)
        check(
            "filters",
            holds=isinstance(self.filters, tuple) and len(self.filters) >= 1,
            expected="one or more whole numbers above 0",
            received=self.filters,
            advice="The sheet has 32 and 64.",
        )
        for number in self.filters:
            check_count("filters", number, "The sheet has 32 and 64.")
        for setting in ("kernel_size", "pool_size", "pool_strides", "dense_units"):
            check_count(setting, getattr(self, setting), "The sheet has 3, 3, 2 and 100.")
        check(
            "pool_strides",
            holds=self.pool_strides ** len(self.filters) <= min(self.image_size),
            expected=f"small enough for {len(self.filters)} poolings of {self.image_size}",
            received=self.pool_strides,
            advice="Take fewer layers, a smaller step or larger images.",
        )
        check_range("dropout", self.dropout, 0, 1, "0.5 is a usual value.")
        check_flag("batch_norm", self.batch_norm)
        check_augmentation(self.augmentation)
        check_views(self.views)
        check_training(self.training)
