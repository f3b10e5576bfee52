"""Plots that several figures share: intervals, curves, and images on a plane.

Each function returns one that plots into matplotlib axes, for `figure.figure`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peu.evaluation.uncertainty import Interval
from peu.reports.class_colours import class_colours
from peu.reports.figure import FIRST, MUTED, SECOND, THIRD, Draw
from peu.reports.wording import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TRAINING: dict[str, Any] = {"color": FIRST, "ls": "-"}
HELD_OUT: dict[str, Any] = {"color": SECOND, "ls": (0, (5, 1.5))}
SINGLE_TRIAL: dict[str, Any] = {"ls": "-", "lw": 0.9, "alpha": 0.28}
STYLES: tuple[dict[str, Any], ...] = tuple(
    {"color": colour, "ls": dashes}
    for colour, dashes in ((FIRST, "-"), (SECOND, "--"), (THIRD, "-."), (MUTED, ":"))
)
"""The looks of up to four curves that share axes."""
_MOST_DOTTED = 12
_MOST_IN_LEGEND = 12
_MOST_VECTORS = 1000
_MOST_LARGE_DOTS = 300


@dataclass(frozen=True)
class Line:
    """A curve: positions, values, and matplotlib's keywords for its look and label."""

    x: Sequence[float] | NDArray[Any]
    y: Sequence[float] | NDArray[Any]
    style: Mapping[str, Any] = field(default_factory=dict)


def training_lines(
    epochs: Sequence[float],
    values: Sequence[float],
    held_out_epochs: Sequence[float] = (),
    held_out: Sequence[float] = (),
) -> list[Line]:
    """Two curves by epoch: solid on training images, dashed on held-out ones."""
    return [Line(epochs, values), Line(held_out_epochs, held_out, HELD_OUT)]


def curves(
    lines: Iterable[Line],
    *,
    title: str = "",
    x_label: str = "epoch",
    y_label: str = "",
    bottom: float | None = None,
    top: float | None = None,
    logarithmic: bool = False,
    verticals: Sequence[float] = (),
    empty: str = "",
    tick: Callable[[float], str] | None = None,
) -> Draw:
    """Curves over a common horizontal axis.

    Args:
        lines: one or more.
        title: of the panel.
        x_label: of the horizontal axis.
        y_label: of the vertical axis.
        bottom: lower end of the vertical axis, or None for the data's.
        top: its upper end, or None.
        logarithmic: whether the horizontal axis is.
        verticals: positions marked by a dotted line.
        empty: text where there is no line to plot.
        tick: writes the numbers at both axes, for other languages.
    """
    drawn = [line for line in lines if len(line.y)]

    def draw(axes: "Axes") -> None:
        from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

        for line in drawn:
            few = len(line.x) <= _MOST_DOTTED and "alpha" not in line.style
            usual: dict[str, Any] = {
                "color": FIRST,
                "lw": 2.2,
                "marker": "o" if few else "",
                "ms": 4.5,
            }
            axes.plot(line.x, line.y, **(usual | dict(line.style)))
        for position in verticals:
            axes.axvline(position, color=MUTED, lw=1.2, ls=(0, (2, 2)))
        axes.set_title(title)
        axes.set_xlabel(x_label)
        axes.set_ylabel(y_label)
        axes.set_ylim(bottom, top)
        axes.grid(axis="y")
        if logarithmic:
            axes.set_xscale("log")
            # Mathematical text is switched off: powers of ten would show their markup.
            axes.xaxis.set_major_locator(LogLocator(numticks=4))
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.xaxis.set_minor_formatter(NullFormatter())
        elif all(np.equal(np.mod(line.x, 1), 0).all() for line in drawn):
            axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        if tick is not None:
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: tick(float(value))))
        if not drawn:
            axes.text(0.5, 0.5, empty, transform=axes.transAxes, ha="center", color=MUTED)
        if any("label" in line.style for line in drawn):
            axes.legend()

    return draw


def intervals(
    rows: Sequence[tuple[str, Interval]],
    *,
    x_label: str,
    dots: Sequence[Sequence[float]] = (),
    colours: Sequence[str] = (),
    text: Callable[[Interval], str] | None = None,
    tick: Callable[[float], str] | None = None,
    zero_line: bool = False,
) -> Draw:
    """A line and a dot for each mean and its interval, a row each.

    Args:
        rows: name and interval, from top to bottom.
        x_label: of the horizontal axis.
        dots: faint dots behind each row: the single trials.
        colours: of each row; `MUTED` rows get a diamond. All `FIRST` if empty.
        text: writes what stands above each mean; nothing if None.
        tick: writes the numbers at the axis.
        zero_line: mark 0, for differences; otherwise the axis is that of shares, up to 1.
    """
    colours = colours or [FIRST] * len(rows)

    def draw(axes: "Axes") -> None:
        from matplotlib.ticker import FuncFormatter

        for row, values in enumerate(dots):
            heights = row + 0.02 + spread(len(values), 0.42)
            axes.scatter(values, heights, s=16, color=MUTED, alpha=0.4, lw=0)
        for row, ((_, interval), colour) in enumerate(zip(rows, colours, strict=True)):
            axes.plot([interval.low, interval.high], [row, row], color=colour, lw=2.5)
            marker = "D" if colour == MUTED else "o"
            axes.plot([interval.mean], [row], marker, color=colour, ms=8.5)
            if text is not None:
                axes.annotate(
                    text(interval),
                    (interval.mean, row),
                    xytext=(0, 8.5),
                    textcoords="offset points",
                    ha="center",
                    fontweight="bold",
                )
        axes.set_yticks(range(len(rows)), [name for name, _ in rows])
        axes.set_ylim(len(rows) - 0.4, -0.75)
        axes.set_xlabel(x_label)
        axes.grid(axis="x")
        if tick is not None:
            axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: tick(float(value))))
        if zero_line:
            axes.axvline(0, color=MUTED, lw=1, zorder=0.5)
        else:
            lows = [interval.low for _, interval in rows]
            lowest = min([*lows, *(min(values) for values in dots if len(values))], default=0.0)
            axes.set_xlim(max(0.0, float(np.floor(lowest * 10 - 0.2)) / 10), 1.005)

    return draw


def plane(
    positions: NDArray[Any],
    labels: NDArray[np.int64] | None,
    class_names: Sequence[str],
    axis_names: Sequence[str],
    *,
    tick: Callable[[float], str] | None = None,
) -> Draw:
    """Images as dots on a plane, coloured by class.

    Args:
        positions: (n, 2).
        labels: (n,) indices into `class_names`, or None.
        class_names: for the legend, which is left out above 12 classes.
        axis_names: of the horizontal and the vertical axis; the latter may be missing.
        tick: writes the numbers at both axes, for other languages.
    """
    labels = np.zeros(len(positions), np.int64) if labels is None else labels
    present = np.unique(labels)

    def draw(axes: "Axes") -> None:
        from matplotlib.ticker import FuncFormatter

        names = list(class_names) or [""]
        for index in present:
            own = positions[labels == index]
            axes.scatter(
                own[:, 0],
                own[:, 1],
                s=9 if len(positions) > _MOST_LARGE_DOTS else 22,
                color=class_colours(len(names))[index],
                alpha=0.65,
                lw=0,
                label=label(names[index]),
                rasterized=len(positions) > _MOST_VECTORS,
            )
        axes.set_aspect("equal", adjustable="datalim")
        axes.grid()
        axes.set_xlabel(axis_names[0])
        axes.set_ylabel(axis_names[1] if len(axis_names) > 1 else "")
        if tick is not None:
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_formatter(FuncFormatter(lambda value, _: tick(float(value))))
        if 1 < len(present) <= _MOST_IN_LEGEND:
            axes.legend(
                loc="lower center",
                bbox_to_anchor=(0.5, 1.0),
                ncols=max(1, round(axes.get_window_extent().width / 130)),
                handlelength=1.0,
                markerscale=2.4,
            )

    return draw


def class_middles(
    positions: NDArray[Any], labels: NDArray[np.int64] | None, class_names: Sequence[str]
) -> list[tuple[str, int, float, float]]:
    """Name, number of images and median position of each class that has images."""
    labels = np.zeros(len(positions), np.int64) if labels is None else labels
    groups = [(name, positions[labels == index]) for index, name in enumerate(class_names)]
    return [
        (name, len(own), float(np.median(own[:, 0])), float(np.median(own[:, 1])))
        for name, own in groups
        if len(own)
    ]


def spread(count: int, height: float) -> NDArray[np.float64]:
    """Small vertical offsets that keep dots of one row apart, the same every time."""
    golden = (np.arange(count, dtype=np.float64) * 0.618033988749895) % 1.0
    return np.asarray((golden - 0.5) * height, dtype=np.float64)
