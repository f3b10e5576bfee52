"""Checks that every setting shares: what was expected, what was received, what to do."""

import re
from typing import Any, Literal, get_args

from peu.errors import RecipeError

ResizeMode = Literal["pad", "stretch", "crop"]
Channels = Literal["auto", "grey", "colour"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+ -]{0,59}")


def check(setting: str, *, holds: bool, expected: str, received: object, advice: str) -> None:
    """Refuse a setting's value unless `holds`.

    Raises:
        RecipeError: it does not hold.
    """
    if not holds:
        raise RecipeError(f"`{setting}` must be {expected}. Received: {received!r}. {advice}")


def check_count(setting: str, received: object, advice: str) -> None:
    """Refuse anything but a whole number of 1 or more."""
    whole = isinstance(received, int) and not isinstance(received, bool)
    check(
        setting,
        holds=whole and received >= 1,  # type: ignore[operator]
        expected="a whole number, 1 or more",
        received=received,
        advice=advice,
    )


def check_range(
    setting: str, received: object, low: float, high: float, advice: str, *, ends: str = "[)"
) -> None:
    """Refuse a number outside a range; `ends` are its brackets: "[)", "(]", "()" or "[]"."""
    number = isinstance(received, (int, float)) and not isinstance(received, bool)
    holds = number and (
        (low < received or (ends[0] == "[" and low == received))  # type: ignore[operator]
        and (received < high or (ends[1] == "]" and high == received))  # type: ignore[operator]
    )
    check(
        setting,
        holds=holds,
        expected=f"in {ends[0]}{low:g}, {high:g}{ends[1]}",
        received=received,
        advice=advice,
    )


def check_choice(setting: str, received: object, choices: Any) -> None:
    """Refuse anything that a `Literal` does not name."""
    names = get_args(choices)
    check(
        setting,
        holds=received in names,
        expected=f"one of {', '.join(names)}",
        received=received,
        advice="Choose one of these.",
    )


def check_flag(setting: str, received: object) -> None:
    """Refuse anything but true or false."""
    check(
        setting,
        holds=isinstance(received, bool),
        expected="true or false",
        received=received,
        advice="Choose one of the two.",
    )


def check_name(received: object) -> None:
    """Refuse a name that could not head a row of a table or name a file."""
    check(
        "name",
        holds=isinstance(received, str) and bool(_NAME.fullmatch(received)),
        expected="1 to 60 letters, digits, spaces or ._+-, beginning with a letter or digit",
        received=received,
        advice="Names head the rows of tables and name files.",
    )


def check_image(image_size: object, resize_mode: object) -> None:
    """Refuse an image size out of all proportion, or an unknown way to reach it."""
    check(
        "image_size",
        holds=isinstance(image_size, tuple)
        and len(image_size) == 2
        and all(isinstance(side, int) and 8 <= side <= 2048 for side in image_size),
        expected="(height, width), each a whole number from 8 to 2048 pixels",
        received=image_size,
        advice="224 is what most backbones were trained on.",
    )
    check_choice("resize_mode", resize_mode, ResizeMode)
