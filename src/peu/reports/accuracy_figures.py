"""Accuracy of each recipe, and the differences between recipes, with their intervals."""

from collections.abc import Iterable, Mapping, Sequence

from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.reports.blocks import Figure
from peu.reports.figure import FIRST, MUTED, figure
from peu.reports.plots import intervals
from peu.reports.table import Column, Table, numbers
from peu.reports.wording import label, number

_LONGEST_LINE = 18


def accuracy_figure(
    accuracies: Mapping[str, Interval], trials: Mapping[str, Sequence[float]]
) -> Figure:
    """Plot the accuracy of each recipe: its mean, its interval, and every trial behind it.

    Args:
        accuracies: mean accuracy and interval by recipe, the best first.
        trials: accuracies in [0, 1] of that recipe's trials.
    """
    table = Table(
        caption=f"Mean accuracy of each recipe with its {_level(accuracies.values())} interval",
        columns=(Column("Recipe"), *numbers("Mean", "Low", "High"), Column("Trials")),
        rows=tuple(
            (name, each.mean, each.low, each.high, ", ".join(map(number, trials.get(name, ()))))
            for name, each in accuracies.items()
        ),
    )
    return figure(
        table,
        intervals(
            [(label(name), interval) for name, interval in accuracies.items()],
            x_label="accuracy",
            dots=[trials.get(name, ()) for name in accuracies],
            text=lambda interval: number(interval.mean),
        ),
        height=0.75 + 0.52 * len(accuracies),
        caption=(
            f"Dot: mean accuracy. Line: {_level(accuracies.values())} interval. "
            "Faint dots: single trials."
        ),
    )


def paired_figure(paired: Sequence[PairedDifference]) -> Figure:
    """Plot the difference in accuracy of each pair of recipes, with its interval."""
    level = _level(pair.difference for pair in paired)
    table = Table(
        caption="Differences in accuracy between recipes on the same images; the probability that "
        "the first is better, and the difference that such a comparison shows in 4 of 5 cases",
        columns=(
            Column("Recipes"),
            *numbers("Difference", "Low", "High", "First is better", "Could be shown"),
            Column("Difference is real"),
        ),
        rows=tuple(
            (
                f"{pair.first} \u2212 {pair.second}",
                pair.difference.mean,
                pair.difference.low,
                pair.difference.high,
                pair.probability,
                pair.detectable,
                "yes" if pair.distinguishable else "not shown",
            )
            for pair in paired
        ),
    )
    points = [
        (
            _in_two_lines(f"{label(pair.first)} \u2212 {label(pair.second)}"),
            Interval(
                100 * pair.difference.mean, 100 * pair.difference.low, 100 * pair.difference.high
            ),
        )
        for pair in paired
    ]
    return figure(
        table,
        intervals(
            points,
            x_label="difference, percentage points",
            colours=[FIRST if pair.distinguishable else MUTED for pair in paired],
            zero_line=True,
        ),
        height=0.75 + 0.5 * len(paired),
        caption=(
            f"Mean difference on the same images with its {level} interval. Round and coloured: "
            "a real difference. Grey diamond: the interval contains zero."
        ),
    )


def _in_two_lines(pair: str) -> str:
    return pair if len(pair) < _LONGEST_LINE else pair.replace(" \u2212 ", "\n\u2212 ", 1)


def _level(intervals: Iterable[Interval]) -> str:
    levels = {round(100 * each.level, 1) for each in intervals}
    return f"{levels.pop():g}%" if len(levels) == 1 else ""
