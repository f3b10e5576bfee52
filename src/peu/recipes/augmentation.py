"""The settings of data augmentation: which changes an image may undergo and still show the same."""

from dataclasses import dataclass
from typing import Literal

from peu.recipes.checks import check, check_choice, check_range

Policy = Literal["none", "flip", "standard", "strong", "mixup", "erase"]
Flips = Literal["none", "horizontal", "vertical", "both"]


@dataclass(frozen=True, kw_only=True)
class Augmentation:
    """Say how images are varied while a network learns from them.

    The policies build on each other: "flip" mirrors; "standard" also turns, shifts and zooms a
    little and varies the light; "strong" crops, turns and colours more and takes the colour
    from some images; "mixup" is "strong" and blends images in pairs, with their labels;
    "erase" is "strong" and covers a rectangle. Nothing is turned upside down unless asked for,
    and images whose mirror image is another class (digits, letters, left and right) want
    `flips="none"`.

    Attributes:
        policy: "none", "flip", "standard", "strong", "mixup" or "erase".
        strength: scales how far the changes of "standard" and beyond go, in (0, 2].
        flips: "horizontal" mirrors left and right, "vertical" is the lab sheet's upside down.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, section 1.4; Zhang et al. (2018) for mixup; Zhong et al. (2020) for erasing.
    """

    policy: Policy = "none"
    strength: float = 1.0
    flips: Flips = "horizontal"

    def __post_init__(self) -> None:
        check_choice("policy", self.policy, Policy)
        check_choice("flips", self.flips, Flips)
        check_range(
            "strength", self.strength, 0, 2, "1 is as measured, 0.5 half as far.", ends="(]"
        )


def check_augmentation(received: object) -> None:
    """Refuse anything but an augmentation."""
    check(
        "augmentation",
        holds=isinstance(received, Augmentation),
        expected="an Augmentation, or an object of its settings in JSON",
        received=received,
        advice="Try `augmentation=Augmentation(policy='standard')`.",
    )
