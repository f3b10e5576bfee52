"""A learning curve as a report: what was measured, what to expect, how many images are missing."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from peu.comparison.learning_curve import LearningCurve
from peu.comparison.recipe_curve import RecipeCurve
from peu.reports.blocks import Callout, Figure, KeyValues, Paragraph, Report, Section
from peu.reports.figure import MUTED, figure
from peu.reports.plots import STYLES
from peu.reports.report_folder import write_report_folder
from peu.reports.table import Column, Table
from peu.reports.wording import as_pairs, count, footer, label, number, with_interval
from peu.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes

AHEAD = (1.0, 1.5, 2.0, 3.0, 5.0, 10.0)
"""Multiples of the images at hand that the table looks at."""
_DRAWN_TO = 4.0
_POINTS = 60


def write_learning_curve(found: LearningCurve, folder: str | Path) -> Path:
    """Write `report.html`, `report.json` and the figure as PNG.

    Args:
        found: what to report.
        folder: made if missing; files of these names in it are replaced.

    Returns:
        The path of `report.html`.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    plot = learning_curve_figure(found.curves, found.target)
    images, classes = len(found.dataset), len(found.dataset.class_names)
    report = Report(
        title=f"How many images does {found.dataset.name} need?",
        subtitle=(
            f"{count(images, 'image')}, {count(classes, 'class', 'classes')}, "
            f"{images / classes:.3g} a class on average"
        ),
        blocks=(
            Callout(
                "Answer",
                "",
                tone="verdict",
                items=tuple(curve.sentence() for curve in found.curves),
            ),
            *_failures(found),
            Section("Accuracy against images", (plot, _ahead_table(found))),
            Section("How it was measured", _method(found)),
            Section("Reproduce this run", (KeyValues(as_pairs(found.provenance)),)),
        ),
        footer=footer(__version__),
    )
    return write_report_folder(Path(folder), report, found.to_dict(), {"learning_curve": plot})


def learning_curve_figure(curves: Sequence[RecipeCurve], target: float) -> Figure:
    """Plot what was measured, and what is expected of more images, with its interval.

    Args:
        curves: of recipes on the same images.
        target: the accuracy wanted, in (0, 1).
    """

    def draw(axes: "Axes") -> None:
        from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

        for curve, style in zip(curves, _styles(len(curves)), strict=True):
            sizes = [point.images_per_class for point in curve.points]
            ahead = np.geomspace(sizes[0], _DRAWN_TO * curve.now, _POINTS)
            expected = [curve.law.accuracy(float(at)) for at in ahead]
            low, mean, high = (
                [getattr(one, name) for one in expected] for name in ("low", "mean", "high")
            )
            axes.fill_between(ahead, low, high, color=style["color"], alpha=0.13, lw=0)
            axes.plot(ahead, mean, lw=2.0, label=label(curve.name), **style)
            measured = [point.accuracy.mean for point in curve.points]
            axes.plot(sizes, measured, ls="none", marker="o", ms=5, color=style["color"])
        axes.axvline(curves[0].now, color=MUTED, lw=1.2, ls=(0, (2, 2)))
        axes.axhline(target, color=MUTED, lw=1.2, ls=(0, (2, 2)))
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5), numticks=12))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.set_xlabel("images a class to learn from")
        axes.set_ylabel("accuracy")
        axes.set_ylim(top=1.005)
        axes.grid(axis="y")
        axes.legend(loc="lower right")

    return figure(
        _measured_table(curves),
        draw,
        height=3.6,
        caption=(
            "Dots: measured. Lines and shades: expected, with its "
            f"{100 * curves[0].with_all.level:g}% interval. Dotted: the images at hand, and the "
            f"accuracy asked for, {target:.4g}."
        ),
    )


def _styles(many: int) -> list[dict[str, Any]]:
    return [dict(STYLES[at % len(STYLES)]) for at in range(many)]


def _measured_table(curves: Sequence[RecipeCurve]) -> Table:
    sizes = [point.images_per_class for point in curves[0].points]
    return Table(
        caption="Accuracy measured with fewer images to learn from",
        columns=(
            Column("Images a class"),
            *(Column(curve.name, numeric=True) for curve in curves),
        ),
        rows=tuple(
            (
                number(size, 1),
                *(with_interval(curve.points[at].accuracy) for curve in curves),
            )
            for at, size in enumerate(sizes)
        ),
    )


def _ahead_table(found: LearningCurve) -> Table:
    now = found.curves[0].now
    return Table(
        caption="Accuracy to expect of a model that learns from so many images",
        columns=(
            Column("Images a class"),
            Column("Times as many", numeric=True),
            *(Column(curve.name, numeric=True) for curve in found.curves),
        ),
        rows=tuple(
            (
                f"{times * now:.0f}",
                f"{times:g}",
                *(with_interval(curve.law.accuracy(times * now)) for curve in found.curves),
            )
            for times in AHEAD
        ),
    )


def _failures(found: LearningCurve) -> tuple[Callout, ...]:
    if not found.failures:
        return ()
    return (
        Callout(
            "Could not run",
            "These recipes are missing; the others are not affected.",
            tone="warning",
            items=tuple(f"{each.name}: {each.reason}" for each in found.failures),
        ),
    )


def _method(found: LearningCurve) -> tuple[Paragraph, ...]:
    points = len(found.curves[0].points)
    return (
        Paragraph(
            f"In each of {count(found.folds, 'fold')}, {count(found.repeats, 'time')}, every "
            f"recipe learnt from {points} training sets, each a part of the next, with the classes "
            "in the same proportions, and was tested on the same images. Near-duplicates stayed "
            "together."
        ),
        Paragraph(
            "The error is taken to fall as a power of the number of images towards a rest that no "
            "image more removes. Thousands of such curves are weighted by how well they explain "
            "what was measured; the interval is where 95 of 100 of them lie, and it is wider the "
            "further one looks ahead. Collect in rounds, and ask again after each: the answer "
            "holds for more images of the same kind, taken in the same way."
        ),
        Paragraph(
            "How often such intervals held what twice the images brought: docs/measured.md has the "
            "figures, and benchmarks/learning_curve.py measures them again."
        ),
    )
