"""When to trust an answer: how many are given above a probability, and how many of them hold."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from peu.comparison.calibration import calibrated
from peu.comparison.comparison import Comparison
from peu.evaluation.thresholds import THRESHOLDS, Answered, answered_above
from peu.reports.blocks import Block, Details, Figure, Paragraph, Section
from peu.reports.figure import figure
from peu.reports.plots import STYLES, Line, curves
from peu.reports.table import Column, Table
from peu.reports.wording import number, percent

if TYPE_CHECKING:
    from peu.evaluation.calibration import OutOfFold

_STEPS = 100
_FEWEST = 5
"""Answers below which the curve of their accuracy would only show luck."""


def threshold_section(comparison: Comparison) -> Section | None:
    """Threshold against coverage: a figure of the best recipe, and a table of each."""
    if not comparison.summaries:
        return None
    names = [each.name for each in comparison.summaries]
    best, *others = ((name, calibrated(comparison, name).after) for name in names)
    blocks: list[Block] = [
        Paragraph(
            "Where only answers above a probability are taken and a person looks at the others: "
            "how many images are answered, and how many of these answers are right. The "
            "probabilities are calibrated as those of a saved model are, each by models that had "
            "not seen the image."
        ),
        *threshold_blocks(best[0], best[1].probabilities, best[1].labels, _repeats(best[1])),
    ]
    if others:
        tables = tuple(
            threshold_table(name, rows.probabilities, rows.labels, _repeats(rows))
            for name, rows in others
        )
        blocks.append(Details("The same of the other recipes", tables))
    return Section("When an answer can be relied on", tuple(blocks))


def threshold_blocks(
    name: str,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    repeats: float = 1.0,
) -> tuple[Block, ...]:
    """The figure and a few of its rows as a table.

    Args:
        name: of the recipe or model.
        probabilities: (n, k).
        labels: (n,) true classes.
        repeats: predictions for each image.
    """
    # Below the least confident answer all are given, whatever is asked for.
    lowest = np.floor(10 * probabilities.max(axis=1).min()) / 10
    grid = np.linspace(min(float(lowest), 0.9), 0.995, _STEPS).round(4).tolist()
    every = answered_above(probabilities, labels, thresholds=grid, repeats=repeats)
    return (
        _figure(name, every),
        threshold_table(name, probabilities, labels, repeats),
    )


def threshold_table(
    name: str,
    probabilities: NDArray[np.float64],
    labels: NDArray[np.int64],
    repeats: float = 1.0,
) -> Table:
    """A few thresholds with the share of images answered and of answers that are right."""
    rows = answered_above(probabilities, labels, thresholds=THRESHOLDS, repeats=repeats)
    return Table(
        caption=f"{name}: answers above a probability, and how many of them are right",
        columns=(
            Column("Probability"),
            Column("Answered", numeric=True),
            Column("Images", ",.0f"),
            Column("Right, with its 95% interval"),
        ),
        rows=tuple(
            (
                f"{each.threshold:g} or more" if each.threshold else "any",
                percent(each.answered),
                each.images,
                _right(each),
            )
            for each in rows
        ),
    )


def _right(each: Answered) -> str:
    if each.accuracy is None or each.low is None or each.high is None:
        return "\u2013"
    return f"{percent(each.accuracy)} ({percent(each.low)} to {percent(each.high)})"


def _figure(name: str, every: Sequence[Answered]) -> Figure:
    enough = [each for each in every if each.accuracy is not None and each.images >= _FEWEST]
    lowest = min([each.answered for each in every] + [each.accuracy or 0.0 for each in enough])
    return figure(
        Table(
            caption=f"{name}: images answered and answers right, by the probability asked for",
            columns=(
                Column("Probability", ".3f"),
                Column("Answered", ".3f"),
                Column("Right", numeric=True),
            ),
            rows=tuple(
                (
                    each.threshold,
                    each.answered,
                    "" if each.accuracy is None else number(each.accuracy),
                )
                for each in every[:: _STEPS // 20]
            ),
        ),
        curves(
            [
                Line(
                    [each.threshold for each in enough],
                    [each.accuracy or 0.0 for each in enough],
                    {**STYLES[0], "label": "answers that are right"},
                ),
                Line(
                    [each.threshold for each in every],
                    [each.answered for each in every],
                    {**STYLES[1], "label": "images that are answered"},
                ),
            ],
            x_label="probability asked for",
            y_label="share",
            bottom=max(0.0, lowest - 0.05),
            top=1.02,
        ),
        height=2.9,
        caption=f"{name}: the higher the probability that is asked for, the fewer images are "
        "answered, and the more of these answers are right.",
    )


def _repeats(rows: "OutOfFold") -> float:
    return len(rows) / rows.image_count
