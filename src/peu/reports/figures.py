"""How recipes did: accuracy, differences and training, each drawn, in words and in numbers."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.networks.history import WATCHED_EPOCH
from peu.reports.drawing import (
    FIRST,
    INK,
    MUTED,
    SECOND,
    canvas,
    finish,
    label,
    number,
    spread,
    styled,
)
from peu.reports.report import Cell, Column, Figure, Table
from peu.reports.wording import count

_WIDTH = 7.4
_WATCHED = "watched_"
_MOST_ROWS = 20


@styled()
def accuracy_figure(
    intervals: Mapping[str, Interval], trials: Mapping[str, Sequence[float]]
) -> Figure:
    """Draw the accuracy of each recipe: its mean, its interval, and every trial behind it.

    Args:
        intervals: mean accuracy and interval by recipe, the best first.
        trials: accuracies in [0, 1] of that recipe's trials.
    """
    names = list(intervals)
    figure, (axes,) = canvas(_WIDTH, 0.75 + 0.52 * len(names))
    for row, name in enumerate(names):
        interval = intervals[name]
        values = np.asarray(trials.get(name, ()), dtype=np.float64)
        axes.scatter(
            values, row + 0.02 + spread(len(values), 0.42), s=16, color=MUTED, alpha=0.4, lw=0
        )
        axes.plot([interval.low, interval.high], [row, row], color=FIRST, lw=2.5)
        axes.plot([interval.mean], [row], "o", color=FIRST, ms=8.5)
        axes.annotate(
            number(interval.mean),
            (interval.mean, row),
            xytext=(0, 8.5),
            textcoords="offset points",
            ha="center",
            fontweight="bold",
        )
    axes.set_yticks(range(len(names)), [label(name) for name in names])
    axes.set_ylim(len(names) - 0.4, -0.75)
    axes.set_xlabel("accuracy")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    lows = [interval.low for interval in intervals.values()]
    lowest = min([*lows, *(min(values) for values in trials.values() if len(values))], default=0)
    axes.set_xlim(max(0.0, np.floor(lowest * 10 - 0.2) / 10), 1.005)
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            number(interval.mean),
            number(interval.low),
            number(interval.high),
            ", ".join(number(value) for value in trials.get(name, ())),
        )
        for name, interval in intervals.items()
    ]
    level = _level(intervals.values())
    said = "; ".join(
        f"{name} {number(interval.mean)} ({number(interval.low)} to {number(interval.high)})"
        for name, interval in intervals.items()
    )
    return Figure(
        svg=finish(figure),
        alternative=f"Mean accuracy of each recipe with its {level} interval: {said}.",
        caption=f"Dot: mean accuracy. Line: {level} interval. Faint dots: single trials.",
        data=Table(
            caption="Accuracy of each recipe",
            columns=(
                Column("Recipe"),
                Column("Mean", numeric=True),
                Column("Low", numeric=True),
                Column("High", numeric=True),
                Column("Trials"),
            ),
            rows=tuple(rows),
        ),
    )


@styled()
def paired_figure(paired: Sequence[PairedDifference]) -> Figure:
    """Draw the difference in accuracy of each pair of recipes, with its interval."""
    figure, (axes,) = canvas(_WIDTH, 0.75 + 0.42 * len(paired))
    axes.axvline(0, color=INK, lw=1)
    for row, pair in enumerate(paired):
        colour, marker = (FIRST, "o") if pair.distinguishable else (MUTED, "D")
        low, mean, high = (
            100 * each for each in (pair.difference.low, pair.difference.mean, pair.difference.high)
        )
        axes.plot([low, high], [row, row], color=colour, lw=2.5)
        axes.plot([mean], [row], marker, color=colour, ms=8)
    axes.set_yticks(
        range(len(paired)), [f"{label(pair.first)} \u2212 {label(pair.second)}" for pair in paired]
    )
    axes.set_ylim(len(paired) - 0.4, -0.6)
    axes.set_xlabel("difference in accuracy, percentage points")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    rows: list[tuple[Cell, ...]] = [
        (
            f"{pair.first} \u2212 {pair.second}",
            number(pair.difference.mean),
            number(pair.difference.low),
            number(pair.difference.high),
            number(pair.p_value),
            "yes" if pair.distinguishable else "no",
        )
        for pair in paired
    ]
    said = "; ".join(
        f"{pair.first} less {pair.second}: {number(100 * pair.difference.mean, 1)} points "
        f"({number(100 * pair.difference.low, 1)} to {number(100 * pair.difference.high, 1)})"
        for pair in paired
    )
    return Figure(
        svg=finish(figure),
        alternative=f"Differences in accuracy between recipes on the same trials: {said}.",
        caption=(
            "Mean difference on the same trials with its "
            f"{_level(pair.difference for pair in paired)} interval. Round and coloured: told "
            "apart. Grey diamond: not told apart."
        ),
        data=Table(
            caption="Paired differences in accuracy",
            columns=(
                Column("Recipes"),
                Column("Difference", numeric=True),
                Column("Low", numeric=True),
                Column("High", numeric=True),
                Column("p", numeric=True),
                Column("Told apart"),
            ),
            rows=tuple(rows),
        ),
    )


@styled()
def curves_figure(name: str, histories: Sequence[Mapping[str, Sequence[float]]]) -> Figure:
    """Draw how training went: each measure by epoch, a line a trial and their mean.

    Args:
        name: the recipe.
        histories: of each trial, values by epoch under "loss", "accuracy" and the like; a name
            after "watched_" is the same measure on the trial's test images, after each epoch
            of "watched_epoch" where that is given. Trials may have stopped at different epochs.
    """
    from matplotlib.ticker import MaxNLocator

    keys = sorted({key for history in histories for key in history if len(history[key])})
    keys = [key for key in keys if key != WATCHED_EPOCH]
    looked = max((history.get(WATCHED_EPOCH, ()) for history in histories), key=len, default=())
    measures = sorted({_measure(key) for key in keys}, key=lambda key: (key != "loss", key))
    figure, panels = canvas(_WIDTH, 2.8, columns=max(2, len(measures)))
    for axes in panels[len(measures) :]:
        axes.set_axis_off()
    rows: list[tuple[Cell, ...]] = []
    endings: list[str] = []
    for key in keys:
        axes = panels[measures.index(_measure(key))]
        watched = key.startswith(_WATCHED)
        colour = SECOND if watched else FIRST
        values = _by_epoch([history[key] for history in histories if len(history.get(key, ()))])
        epochs = np.arange(1, values.shape[1] + 1)
        if watched and len(looked) == len(epochs):
            epochs = np.asarray(looked, np.int64)
        known = np.ma.masked_invalid(values)
        means, lows, highs = (
            np.ma.filled(each, np.nan) for each in (known.mean(0), known.min(0), known.max(0))
        )
        axes.plot(epochs, values.T, color=colour, lw=0.9, alpha=0.28)
        axes.plot(
            epochs,
            means,
            color=colour,
            lw=2.4,
            ls=(0, (5, 1.5)) if watched else "-",
            marker="o" if len(epochs) == 1 else "",
        )
        said = _measure(key) + (" on test images" if watched else " in training")
        endings.append(f"mean {said} goes from {means[0]:.3g} to {means[-1]:.3g}")
        rows += [
            (f"{said}, epoch {epoch}", *(number(float(each)) for each in figures))
            for epoch, *figures in _thinned(list(zip(epochs, means, lows, highs, strict=True)))
        ]
    for measure, axes in zip(measures, panels, strict=False):
        axes.set_title(label(measure), loc="left", fontsize=10, fontweight="bold")
        axes.set_xlabel("epoch")
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        low, high = axes.get_ylim()
        if measure.endswith("accuracy"):
            axes.set_ylim(min(0.5, low), 1.02)
        elif measure.endswith("loss"):
            axes.set_ylim(0, high)
    both = any(key.startswith(_WATCHED) for key in keys)
    return Figure(
        svg=finish(figure),
        alternative=(
            f"Training curves of {name}, {count(len(histories), 'trial')}: {'; '.join(endings)}."
        ),
        caption=f"{name}. Thin: single trials. Thick: their mean."
        + (
            " Solid blue: images trained on. Dashed orange: test images, which decided nothing."
            if both
            else " On the images trained on."
        ),
        data=Table(
            caption=f"Training of {name} by epoch, over its trials",
            columns=(
                Column("Measure"),
                Column("Mean", numeric=True),
                Column("Lowest", numeric=True),
                Column("Highest", numeric=True),
            ),
            rows=tuple(rows),
        ),
    )


def _measure(key: str) -> str:
    return key.removeprefix(_WATCHED).replace("_", " ")


def _thinned(rows: Sequence[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Give at most so many rows as a reader bears, evenly, the first and the last among them."""
    if len(rows) <= _MOST_ROWS:
        return list(rows)
    return [rows[round(at)] for at in np.linspace(0, len(rows) - 1, _MOST_ROWS)]


def _by_epoch(lines: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """Give (trials, epochs), NaN after the end of a trial that stopped early."""
    values = np.full((len(lines), max(map(len, lines))), np.nan)
    for row, line in zip(values, lines, strict=True):
        row[: len(line)] = line
    return values


def _level(intervals: Iterable[Interval]) -> str:
    levels = {round(100 * each.level, 1) for each in intervals}
    return f"{levels.pop():g}%" if len(levels) == 1 else ""
