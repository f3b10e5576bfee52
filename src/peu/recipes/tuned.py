"""The settings of a search: the sheet's family of networks, tuned inside the training images."""

from dataclasses import dataclass, field
from typing import ClassVar

from peu.recipes.augmentation import Augmentation, check_augmentation
from peu.recipes.augmented import Views, check_views
from peu.recipes.checks import ResizeMode, check, check_count, check_image, check_name, check_range
from peu.recipes.search_space import SearchSpace


@dataclass(frozen=True, kw_only=True)
class TunedCNN:
    """Search the sheet's family of networks for the one that held-out images like best.

    Configurations are judged on inner folds of the training images, the poor ones stopped
    early; the best one is then trained on all of them, for longer than it was judged. The
    images that it is tested on have no part in the choice.

    Attributes:
        name: what the recipe is called in tables.
        resize_mode: how an image of another shape is brought to size; the sheet stretches.
        space: what is searched.
        image_size: (height, width) in pixels, or None to search it.
        epochs: passes over the training images, or None to search them.
        learning_rate: highest step size, in (0, 10], or None to search it.
        augmentation: how images are changed while training; its strength is searched.
        views: ways that an image is looked at when recognised, as `SmallResNet` has them.
        batch_size: images a step.
        dense_units: width of the hidden layer after flattening.
        inner_folds: folds that judge a configuration, 1 to 3. Poor ones see only the first.
        trials: configurations to try. The same number gives the same choice.
        tuning_time: seconds after which no further configuration is tried, or None. How many
            that allows depends on the machine, and so does the choice.
        refit_factor: times its searched epochs that the choice is trained on all training
            images, 1 or more. A short training is enough to rank configurations, and too
            short to be the last. Where `epochs` are given, they are left at that.
        push: train the chosen configuration for so many times its epochs as well, 2 or more, to
            see what happens; None does not. It changes no answer.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, section 1.3.
    """

    kind: ClassVar[str] = "tuned-cnn"

    name: str = "tuned-cnn"
    resize_mode: ResizeMode = "stretch"
    space: SearchSpace = field(default_factory=SearchSpace)
    image_size: tuple[int, int] | None = None
    epochs: int | None = None
    learning_rate: float | None = None
    augmentation: Augmentation = field(default_factory=lambda: Augmentation(policy="strong"))
    views: Views = 4
    batch_size: int = 16
    dense_units: int = 100
    inner_folds: int = 2
    trials: int = 12
    tuning_time: float | None = None
    refit_factor: int = 4
    push: int | None = None

    def __post_init__(self) -> None:
        check_name(self.name)
        check_image((64, 64) if self.image_size is None else self.image_size, self.resize_mode)
        check(
            "space",
            holds=isinstance(self.space, SearchSpace),
            expected="SearchSpace, or an object of its ranges in JSON",
            received=self.space,
            advice="Try `space=SearchSpace(layers=(2, 3))`.",
        )
        if self.epochs is not None:
            check_count("epochs", self.epochs, "Leave it out to search it.")
        if self.learning_rate is not None:
            check_range(
                "learning_rate", self.learning_rate, 0, 10, "Leave it out to search it.", ends="(]"
            )
        check_augmentation(self.augmentation)
        check_views(self.views)
        for setting in ("batch_size", "dense_units", "trials"):
            check_count(setting, getattr(self, setting), "Usual values are 16, 100 and 12.")
        check_count("inner_folds", self.inner_folds, "3 is the most.")
        check_range("inner_folds", self.inner_folds, 1, 3, "3 is the most.", ends="[]")
        if self.tuning_time is not None:
            check_range("tuning_time", self.tuning_time, 0, 1e9, "It is in seconds.", ends="()")
        check_count("refit_factor", self.refit_factor, "4 times as long is a good start.")
        check_range("refit_factor", self.refit_factor, 1, 100, "4 is a good start.", ends="[]")
        if self.push is not None:
            check_count("push", self.push, "4 times as long shows enough.")
            check_range("push", self.push, 2, 1000, "4 times as long shows enough.", ends="[]")
        smallest = self.space.image_size[0] if self.image_size is None else min(self.image_size)
        check(
            "space.layers",
            holds=2 ** self.space.layers[1] <= smallest,
            expected=f"at most so many poolings as {smallest} pixels can be halved by",
            received=self.space.layers,
            advice="Take fewer layers or larger images.",
        )
