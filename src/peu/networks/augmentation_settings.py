"""Data augmentation settings: which changes an image may undergo and still show the same."""

from typing import Annotated, Literal

from pydantic import Field

from peu.settings import settings

Policy = Literal["none", "flip", "standard", "strong", "mixup", "erase"]
Flips = Literal["none", "horizontal", "vertical", "both"]
Views = Literal[1, 2, 4]


@settings(frozen=True)
class Augmentation:
    """How images are varied while a network trains on them.

    The policies build on each other: "flip" mirrors; "standard" also rotates, shifts and zooms a
    little and varies the brightness; "strong" crops, rotates and recolours more and turns some
    images grey; "mixup" is "strong" and blends images in pairs, with their labels; "erase" is
    "strong" and covers a rectangle. Nothing is turned upside down unless asked for. Images whose
    mirror image is another class (digits, letters, left and right) need `flips="none"`.

    Source: lab sheet, section 1.4; Zhang et al. (2018) for mixup; Zhong et al. (2020) for erasing.
    """

    policy: Annotated[
        Policy, Field(description="Which changes; each policy adds to the one before.")
    ] = "none"
    strength: Annotated[
        float,
        Field(gt=0, le=2, description='Scales the changes of "standard" and beyond.'),
    ] = 1.0
    flips: Annotated[
        Flips,
        Field(
            description='"horizontal" mirrors left and right, "vertical" upside down as on the '
            "lab sheet."
        ),
    ] = "horizontal"
