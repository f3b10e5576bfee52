"""The settings of a small residual network that learns from varied images."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from peu.recipes.augmentation import Augmentation, check_augmentation
from peu.recipes.checks import ResizeMode, check, check_count, check_image, check_name, check_range
from peu.recipes.training import TrainingSettings, check_training

Views = Literal[1, 2, 4]


def _training() -> TrainingSettings:
    return TrainingSettings(
        epochs=150,
        batch_size=16,
        learning_rate=0.03,
        optimizer="sgd",
        weight_decay=0.1,
        schedule="cosine",
        warmup=0.05,
        label_smoothing=0.1,
        average_weights=0.98,
        watch_every=10,
    )


@dataclass(frozen=True, kw_only=True)
class SmallResNet:
    """Train a small residual network from nothing on images that are varied anew each epoch.

    Attributes:
        name: what the recipe is called in tables.
        image_size: (height, width) in pixels that images are brought to.
        resize_mode: how an image of another shape is brought there.
        filters: channels of each residual block, at least one; each halves the image's sides.
        dropout: share of the pooled features dropped while training, in [0, 1).
        augmentation: how images are varied.
        views: ways that an image is looked at when recognised, their answers averaged: 1 as
            it is, 2 with its mirror image, 4 with the middle of both too. Where the
            augmentation does not mirror, neither does this.
        training: how it is trained.

    Raises:
        RecipeError: a value is out of its range.

    Source: He et al. (2016), "Identity mappings in deep residual networks"; lab sheet, section
    1.4, for augmentation.
    """

    kind: ClassVar[str] = "resnet"

    name: str = "resnet"
    image_size: tuple[int, int] = (64, 64)
    resize_mode: ResizeMode = "stretch"
    filters: tuple[int, ...] = (24, 48, 96, 192)
    dropout: float = 0.3
    augmentation: Augmentation = field(default_factory=lambda: Augmentation(policy="mixup"))
    views: Views = 4
    training: TrainingSettings = field(default_factory=_training)

    def __post_init__(self) -> None:
        check_name(self.name)
        check_image(self.image_size, self.resize_mode)
        check(
            "filters",
            holds=isinstance(self.filters, tuple) and len(self.filters) >= 1,
            expected="one or more whole numbers above 0",
            received=self.filters,
            advice="24, 48, 96 and 192 are a good start.",
        )
        for number in self.filters:
            check_count("filters", number, "24, 48, 96 and 192 are a good start.")
        check(
            "filters",
            holds=2 ** (len(self.filters) + 1) <= min(self.image_size),
            expected=f"few enough for images of {self.image_size}",
            received=self.filters,
            advice="Each block halves the sides: take fewer blocks or larger images.",
        )
        check_range("dropout", self.dropout, 0, 1, "0.5 is a usual value.")
        check_augmentation(self.augmentation)
        check_views(self.views)
        check_training(self.training)


def check_views(received: object) -> None:
    """Refuse anything but a number of views that there is."""
    check(
        "views",
        holds=received in (1, 2, 4) and not isinstance(received, bool),
        expected="1, 2 or 4",
        received=received,
        advice="4 is a good start.",
    )
