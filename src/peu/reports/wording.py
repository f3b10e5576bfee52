"""Figures and findings in words, the same in every report."""

from typing import Any

from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.reports.drawing import number


def with_interval(interval: Interval, digits: int = 3) -> str:
    """Give a mean and its interval: `0.986 (0.961 to 1.000)`."""
    return (
        f"{number(interval.mean, digits)} "
        f"({number(interval.low, digits)} to {number(interval.high, digits)})"
    )


def percent(share: float) -> str:
    """Give a share in [0, 1] as a percentage with one decimal."""
    return f"{number(100 * share, 1)}%"


def duration(seconds: float) -> str:
    """Give a time as one reads it: `0.12 s`, `4.3 s`, `2 min 05 s`.

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
    """Give a number with its noun: `1 image`, `2 images`."""
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def paired_sentence(pair: PairedDifference) -> str:
    """Say what a paired difference shows, and what it does not.

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
    return (
        f"{better} and {worse} cannot be told apart with these images: they differ by {points}, "
        f"and the {interval} holds zero."
    )


def facts(value: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Give nested facts as (name, value) lines, in the order they came in."""
    pairs: list[tuple[str, str]] = []
    for name, each in value.items():
        shown = str(name).replace("_", " ")
        if isinstance(each, dict):
            pairs.append((shown, ", ".join(f"{key} {_plain(item)}" for key, item in each.items())))
        else:
            pairs.append((shown, _plain(each)))
    return tuple(pairs)


def _plain(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(str(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plain(each)}" for key, each in value.items())
    return "\u2013" if value is None else str(value)
