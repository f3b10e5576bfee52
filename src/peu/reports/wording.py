"""Numbers and findings in words, the same in every report."""

import math
import unicodedata
from typing import Any

from peu.evaluation.uncertainty import Interval, PairedDifference

_LONGEST_LABEL = 24


def formatted(value: float, format: str = "") -> str:  # noqa: A002 - as in `str.format`
    """A number by a format specification, with a true minus sign; a dash for NaN and infinity.

    Example:
        >>> formatted(-0.126, ".2f"), formatted(float("nan"), ".2f"), formatted(1200, ",")
        ('\u22120.13', '\u2013', '1,200')
    """
    if not math.isfinite(value):
        return "\u2013"
    text = f"{value:{format}}"
    if text.startswith("-") and not text.strip("-0.,"):
        text = text[1:]
    return text.replace("-", "\u2212")


def number(value: float, digits: int = 3) -> str:
    """A number with so many decimals, with a true minus sign; a dash for NaN and infinity."""
    return formatted(value, f".{digits}f")


def percent(share: float) -> str:
    """A share in [0, 1] as a percentage with one decimal."""
    return f"{number(100 * share, 1)}%"


def with_interval(interval: Interval, digits: int = 3) -> str:
    """A mean and its interval: `0.986 (0.961 to 1.000)`."""
    mean, low, high = (
        number(each, digits) for each in (interval.mean, interval.low, interval.high)
    )
    return f"{mean} ({low} to {high})"


def duration(seconds: float) -> str:
    """A time as one reads it: `0.12 s`, `4.3 s`, `2 min 05 s`.

    Example:
        >>> duration(125)
        '2 min 05 s'
    """
    if seconds < 1:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def count(many: int, one: str, more: str = "") -> str:
    """A number with its noun: `1 image`, `2 images`."""
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def label(text: str, longest: int = _LONGEST_LABEL) -> str:
    """A name that fits beside an axis: one line, no control characters, not long.

    Example:
        >>> label("a very long name of a class of images")
        'a very long name of a c…'
    """
    clean = "".join(
        " " if character.isspace() or unicodedata.category(character)[0] == "C" else character
        for character in text
    )
    clean = " ".join(clean.split()) or "?"
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def footer(version: str) -> str:
    """The last line of a report's page."""
    return f"{f'Made by peu {version}'.rstrip()}. This page needs no network and no other file."


def paired_sentence(pair: PairedDifference) -> str:
    """What a paired difference shows, and what it does not.

    The recipe that did better comes first, whichever was subtracted from the other.
    """
    difference = pair.difference
    better, worse = pair.first, pair.second
    mean, low, high = difference.mean, difference.low, difference.high
    if mean < 0:
        better, worse = worse, better
        mean, low, high = -mean, -high, -low
    points = f"{number(100 * mean, 1)} percentage points"
    interval = (
        f"{100 * difference.level:g}% interval {number(100 * low, 1)} to {number(100 * high, 1)}"
    )
    if pair.distinguishable:
        return f"{better} is more accurate than {worse} by {points} ({interval})."
    probability = max(pair.probability, 1 - pair.probability)
    return (
        f"{better} is not shown to be better than {worse}: they differ by {points}, "
        f"and the {interval} contains zero. The probability that it is better is "
        f"{percent(probability)}; a true difference of {number(100 * pair.detectable, 1)} points "
        "would be shown in 4 of 5 such comparisons."
    )


def as_pairs(values: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Nested values as (name, text) pairs, in the order they came in."""
    return tuple((str(name).replace("_", " "), _plain(each)) for name, each in values.items())


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(str(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
    return "\u2013" if value is None else str(value)
