"""The settings of an ensemble: several recipes whose answers are averaged."""

from dataclasses import dataclass
from typing import Any, ClassVar

from peu.recipes.augmented import SmallResNet
from peu.recipes.checks import ResizeMode, check, check_name, check_range
from peu.recipes.fisher import FisherVectors


@dataclass(frozen=True, kw_only=True)
class Ensemble:
    """Average the answers of several recipes, each calibrated first.

    What errs in different ways errs less on average: Fisher vectors and a small network do.
    A temperature for each member and its weight come from answers for training images that
    inner folds held out, never from test images.

    Attributes:
        name: what the recipe is called in tables.
        members: two or more recipes with names of their own, none of them an ensemble.
        shrinkage: how many images' worth of belief that all members are equally good weighs
            against what inner folds say; 0 believes them alone, in [0, 1e6).

    Raises:
        RecipeError: a value is out of its range.

    Source: Guo et al. (2017), "On calibration of modern neural networks", section 4.2, for the
    temperature; Jacobs et al. (1991) for weights by likelihood.
    """

    kind: ClassVar[str] = "ensemble"
    # Each member has its own; what is explained is the whole image.
    image_size: ClassVar[None] = None
    resize_mode: ClassVar[ResizeMode] = "stretch"

    name: str = "ensemble"
    members: tuple[Any, ...] = (FisherVectors(), SmallResNet())
    shrinkage: float = 10.0

    def __post_init__(self) -> None:
        check_name(self.name)
        kinds = [getattr(member, "kind", None) for member in _listed(self.members)]
        check(
            "members",
            holds=len(kinds) >= 2
            and all(isinstance(kind, str) for kind in kinds)
            and self.kind not in kinds,
            expected="two or more recipes, none of them an ensemble",
            received=kinds or self.members,
            advice="Try --members fisher,resnet.",
        )
        names = [member.name for member in self.members]
        check(
            "members",
            holds=len(set(names)) == len(names),
            expected="recipes with names of their own",
            received=names,
            advice="Give each another `name`.",
        )
        check_range("shrinkage", self.shrinkage, 0, 1e6, "10 is a good start.")


def _listed(members: object) -> tuple[Any, ...]:
    return members if isinstance(members, tuple) else ()
