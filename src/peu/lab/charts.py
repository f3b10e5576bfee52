"""Curves and dots with intervals, named in the language of the page."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from peu.evaluation.uncertainty import Interval
from peu.lab.language import Language
from peu.reports.class_colours import class_colours
from peu.reports.drawing import (
    FIRST,
    INK,
    MUTED,
    SECOND,
    THIRD,
    canvas,
    finish,
    label,
    raster,
    styled,
)
from peu.reports.report import Cell, Column, Figure, Table

_WIDTH = 7.4
_MOST_ROWS = 24
_STYLES = ((FIRST, "-"), (SECOND, "--"), (THIRD, "-."), (MUTED, ":"))


@dataclass(frozen=True)
class Line:
    """Hold one curve.

    Attributes:
        name: in the legend and in the table.
        x: places.
        y: values, as many.
    """

    name: str
    x: Sequence[float]
    y: Sequence[float]


@dataclass(frozen=True)
class Panel:
    """Hold the curves that share axes.

    Attributes:
        title: what is drawn.
        x_name: of the horizontal axis.
        lines: at most four.
        logarithmic: whether the horizontal axis is.
        verticals: places marked by a dotted line.
        floor: where the vertical axis begins at the least, or None.
    """

    title: str
    x_name: str
    lines: tuple[Line, ...]
    logarithmic: bool = False
    verticals: tuple[float, ...] = ()
    floor: float | None = None


@styled()
def curves(say: Language, panels: Sequence[Panel], caption: str) -> Figure:
    """Draw panels of curves side by side, with their values as a table."""
    from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

    figure, all_axes = canvas(_WIDTH, 3.0, columns=max(2, len(panels)))
    for axes in all_axes[len(panels) :]:
        axes.set_axis_off()
    rows: list[tuple[Cell, ...]] = []
    endings: list[str] = []
    for axes, panel in zip(all_axes, panels, strict=False):
        for line, (colour, style) in zip(panel.lines, _STYLES, strict=False):
            dots = "o" if len(line.x) <= 12 else ""
            axes.plot(
                line.x, line.y, style, color=colour, lw=2.2, marker=dots, ms=4.5, label=line.name
            )
            endings.append(_ending(say, panel, line))
            rows += [
                (f"{panel.title}, {line.name}", say.short(x), say.short(y))
                for x, y in _thinned(line)
            ]
        for place in panel.verticals:
            axes.axvline(place, color=MUTED, lw=1.2, ls=(0, (2, 2)))
        axes.set_title(panel.title, loc="left", fontsize=10, fontweight="bold")
        axes.set_xlabel(panel.x_name)
        axes.grid(axis="y")
        if panel.logarithmic:
            axes.set_xscale("log")
            axes.xaxis.set_major_locator(LogLocator(numticks=4))
            axes.xaxis.set_minor_formatter(NullFormatter())
        elif all(float(x).is_integer() for line in panel.lines for x in line.x):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say.short(float(value))))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: say.short(float(value))))
        if panel.floor is not None:
            axes.set_ylim(bottom=panel.floor)
        if len(panel.lines) > 1:
            axes.legend(frameon=False, fontsize=8.5, labelcolor=INK, handlelength=2.8)
    return Figure(
        svg=finish(figure),
        alternative="; ".join(endings) + ".",
        caption=caption,
        data=Table(
            caption=say("Valeurs tracées", "Values drawn"),
            columns=(
                Column(say("Courbe", "Curve")),
                Column(panels[0].x_name, numeric=True),
                Column(say("Valeur", "Value"), numeric=True),
            ),
            rows=tuple(rows),
        ),
        png=raster(figure),
    )


@styled()
def intervals(
    say: Language, found: Sequence[tuple[str, Interval]], caption: str, *, chosen: str = ""
) -> Figure:
    """Draw accuracies and their intervals, a row each, in the order given.

    Args:
        say: the language.
        found: names and accuracies, one or more.
        caption: what stands below.
        chosen: the name to set apart by colour.
    """
    from matplotlib.ticker import FuncFormatter

    figure, (axes,) = canvas(_WIDTH, 0.75 + 0.4 * len(found))
    for row, (name, interval) in enumerate(found):
        colour = SECOND if name == chosen else FIRST
        axes.plot([interval.low, interval.high], [row, row], color=colour, lw=2.5)
        axes.plot([interval.mean], [row], "o", color=colour, ms=7.5)
        axes.annotate(
            say.percent(interval.mean),
            (interval.mean, row),
            xytext=(0, 7),
            textcoords="offset points",
            ha="center",
            fontsize=9,
            color=INK,
        )
    axes.set_yticks(range(len(found)), [label(name, 40) for name, _ in found])
    axes.set_ylim(len(found) - 0.5, -0.8)
    axes.set_xlabel(say("exactitude", "accuracy"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: say.percent(float(value), 0)))
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    lowest = min(interval.low for _, interval in found)
    axes.set_xlim(max(0.0, float(np.floor(lowest * 10 - 0.2)) / 10), 1.02)
    said = "; ".join(f"{name} {say.interval(interval)}" for name, interval in found)
    return Figure(
        svg=finish(figure),
        alternative=said + ".",
        caption=caption,
        data=Table(
            caption=say("Exactitudes tracées", "Accuracies drawn"),
            columns=(
                Column(say("Configuration", "Configuration")),
                *(
                    Column(name, numeric=True)
                    for name in (
                        say("Exactitude", "Accuracy"),
                        say("Borne basse", "Low"),
                        say("Borne haute", "High"),
                    )
                ),
            ),
            rows=tuple(
                (
                    name,
                    *(say.percent(each) for each in (interval.mean, interval.low, interval.high)),
                )
                for name, interval in found
            ),
        ),
        png=raster(figure),
    )


def _ending(say: Language, panel: Panel, line: Line) -> str:
    if not len(line.y):
        return f"{panel.title}, {line.name}"
    first, last = say.short(line.y[0]), say.short(line.y[-1])
    return say(
        f"{panel.title}, {line.name} : de {first} à {last}",
        f"{panel.title}, {line.name}: from {first} to {last}",
    )


def _thinned(line: Line) -> list[tuple[float, float]]:
    points = list(zip(line.x, line.y, strict=True))
    if len(points) <= _MOST_ROWS:
        return points
    return [points[round(at)] for at in np.linspace(0, len(points) - 1, _MOST_ROWS)]


@styled()
def scatter(
    say: Language,
    points: Sequence[Sequence[float]],
    labels: Sequence[int] | None,
    class_names: Sequence[str],
    caption: str,
) -> Figure:
    """Draw images in a plane, coloured by class, with the middle of each class as a table."""
    from matplotlib.ticker import FuncFormatter

    figure, (axes,) = canvas(_WIDTH, 5.2)
    places = np.asarray(points, np.float64).reshape(-1, 2)
    classes = list(class_names) or [say("images", "images")]
    which = np.zeros(len(places), np.int64) if labels is None else np.asarray(labels, np.int64)
    rows: list[tuple[Cell, ...]] = []
    for index, (name, colour) in enumerate(zip(classes, class_colours(len(classes)), strict=True)):
        own = places[which == index]
        if len(own) == 0:
            continue
        axes.scatter(own[:, 0], own[:, 1], s=9, color=colour, alpha=0.65, lw=0, label=label(name))
        middle = np.median(own, axis=0)
        rows.append((name, len(own), say.number(middle[0], 2), say.number(middle[1], 2)))
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid()
    axes.set_axisbelow(True)
    axes.set_xlabel(say("dimension 1", "dimension 1"))
    axes.set_ylabel(say("dimension 2", "dimension 2"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(lambda value, _: say.short(float(value))))
    if len(rows) > 1:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, markerscale=2.4)
    return Figure(
        svg=finish(figure),
        alternative=caption,
        caption=caption,
        data=Table(
            caption=say("Milieu de chaque classe", "Middle of each class"),
            columns=(
                Column(say("Classe", "Class")),
                *(Column(name, numeric=True) for name in (say("Images", "Images"), "1", "2")),
            ),
            rows=tuple(rows),
        ),
        png=raster(figure),
    )
