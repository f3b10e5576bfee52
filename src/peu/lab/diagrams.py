"""A drawing of a network as stages in a row, with the terms of its loss below them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from peu.lab.language import Language
from peu.reports.blocks import Figure
from peu.reports.figure import FIRST, INK, MUTED, SECOND, WIDTH, figure
from peu.reports.table import Column, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDE_ENOUGH = 5.0
_BOX_INCHES, _GAP_INCHES, _ROW_INCHES = 0.62, 0.3, 0.92
_BOX_SHARE = 0.84


@dataclass(frozen=True)
class Stage:
    """A stage of a network.

    Attributes:
        name: what it is.
        value: shape of its output, or the number of its parameters.
        term: a term of the loss that is computed from it, or "".
        network: whether it is trained; what is not is only handed on.
    """

    name: str
    value: str
    term: str = ""
    network: bool = False


def stages(language: Language, row: Sequence[Stage], caption: str, *, value: str) -> Figure:
    """Draw stages one after another: to the right on a page, downwards on a phone.

    Args:
        language: of the page.
        row: two or more, in the order in which an image passes them.
        caption: what stands below.
        value: heading of their values, in the table.
    """
    terms = any(stage.term for stage in row)

    def draw(axes: "Axes") -> None:
        # The same drawing is asked for twice: for pages, and for phones.
        upright = axes.figure.get_figure(root=True).get_size_inches()[0] < _WIDE_ENOUGH
        axes.set_axis_off()
        ends = (-0.5, len(row) - 0.5)
        if upright:
            axes.set(xlim=(-0.5, 1.0), ylim=ends[::-1])
        else:
            axes.set(xlim=ends, ylim=(-1.1 if terms else -0.5, 0.5))
        for at, stage in enumerate(row):
            _draw_stage(axes, stage, at, upright=upright, last=at == len(row) - 1)

    return figure(
        Table(
            caption,
            (Column(language.words["stage"]), Column(value, numeric=True)),
            tuple((stage.name, stage.value) for stage in row),
        ),
        draw,
        caption=caption,
        alternative=" \u2192 ".join(f"{stage.name} ({stage.value})" for stage in row) + ".",
        width=WIDTH,
        height=_ROW_INCHES + (0.7 if terms else 0.1),
        narrow_height=len(row) * (_BOX_INCHES + _GAP_INCHES),
    )


def _draw_stage(axes: "Axes", stage: Stage, at: int, *, upright: bool, last: bool) -> None:
    from matplotlib.patches import FancyBboxPatch

    x, y = (0.0, float(at)) if upright else (float(at), 0.0)
    wide, high = (0.9, 0.62) if upright else (_BOX_SHARE, 0.8)
    colour = FIRST if stage.network else MUTED
    axes.add_patch(
        FancyBboxPatch(
            (x - wide / 2, y - high / 2),
            wide,
            high,
            boxstyle="round,pad=0,rounding_size=0.06",
            facecolor="none",
            edgecolor=colour,
            linewidth=1.8 if stage.network else 1.0,
            mutation_aspect=1.0,
        )
    )
    apart = -0.13 if upright else 0.17
    axes.text(x, y + apart, stage.name, ha="center", va="center", weight="bold", size=8.5)
    axes.text(x, y - apart, stage.value, ha="center", va="center", color=INK, size=8)
    if not last:
        start = (x, y + high / 2) if upright else (x + wide / 2, y)
        end = (x, y + 1 - high / 2) if upright else (x + 1 - wide / 2, y)
        axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": MUTED, "lw": 1.2})
    if stage.term:
        start = (x + wide / 2, y) if upright else (x, y - high / 2)
        end = (x + 0.58, y) if upright else (x, -0.74)
        style = {"arrowstyle": "-|>", "color": SECOND, "lw": 1.2, "linestyle": "--"}
        axes.annotate("", end, start, arrowprops=style)
        place = (end[0] + 0.03, y) if upright else (x, -0.9)
        side = "left" if upright else "center"
        axes.text(*place, stage.term, ha=side, va="center", color=SECOND, size=9)
