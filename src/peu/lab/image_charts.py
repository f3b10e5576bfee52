"""Images that a section kept, as figures with names and axes in the language of the page."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.lab.language import Language
from peu.reports.blocks import Figure
from peu.reports.figure import Draw, figure
from peu.reports.table import Column, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_ROW_INCHES, _LETTER_INCHES = 0.62, 0.085
_MOST_COLUMNS = 3


@dataclass(frozen=True)
class Row:
    """A row of images.

    Attributes:
        name: what stands before it.
        value: what was measured of it, or "".
    """

    name: str
    value: str = ""


@dataclass(frozen=True)
class GridPanel:
    """A grid of decoded images over a square of the latent plane.

    Attributes:
        title: what stands above it.
        file: name of the image that was kept.
        value: what was measured of it, or "".
    """

    title: str
    file: str
    value: str = ""


def image_rows(
    language: Language,
    folder: Path | None,
    file: str,
    rows: Sequence[Row],
    caption: str,
    *,
    value: str,
) -> Figure:
    """Draw rows of small images, each with its name.

    Args:
        language: of the page.
        folder: where the section kept its images.
        file: name of the image that holds all rows, without gaps.
        rows: from top to bottom.
        caption: what stands below.
        value: heading of the values of the rows.
    """
    pixels = _kept(folder, file)
    height = len(pixels) / len(rows)

    def draw(axes: "Axes") -> None:
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation="none")
        _without_frame(axes)
        middles = [(number + 0.5) * height - 0.5 for number in range(len(rows))]
        axes.set_yticks(middles, [row.name for row in rows])
        axes.set_xticks([])
        # The page's font is wider than matplotlib's.
        layout: Any = axes.figure.get_layout_engine()
        layout.set(w_pad=0.12)

    inches = _ROW_INCHES * len(rows)
    names = 0.5 + _LETTER_INCHES * max(len(row.name) for row in rows)
    width = names + inches * pixels.shape[1] / len(pixels)
    return figure(
        _table(language, rows, value),
        draw,
        caption=caption,
        alternative=_spoken([(row.name, row.value) for row in rows], caption),
        width=min(7.4, width),
        height=inches + 0.1,
        narrow_height=inches * min(1.0, 3.5 / width) + 0.1,
    )


def latent_grids(
    language: Language,
    folder: Path | None,
    panels: Sequence[GridPanel],
    caption: str,
    *,
    reach: float,
    steps: int,
    value: str,
) -> Figure:
    """Draw grids of the latent plane side by side, with the coordinates at their axes.

    Args:
        language: of the page.
        folder: where the section kept its images.
        panels: one a grid.
        caption: what stands below.
        reach: least and greatest coordinate of the grids' images, without sign.
        steps: images along each axis.
        value: heading of the values of the grids.
    """
    # Coordinates are those of the middles of images.
    edge = reach * (1 + 1 / (steps - 1))

    def drawing(panel: GridPanel) -> Draw:
        pixels = _kept(folder, panel.file)

        def draw(axes: "Axes") -> None:
            axes.imshow(
                pixels,
                cmap="gray",
                vmin=0,
                vmax=255,
                interpolation="none",
                extent=(-edge, edge, -edge, edge),
            )
            _without_frame(axes)
            ticks = np.linspace(-reach, reach, 4)
            names = [language.short(float(tick)) for tick in ticks]
            axes.set_xticks(ticks, names)
            axes.set_yticks(ticks, names)
            # Half a phone's width has no room for what stands in brackets too.
            axes.set_title(panel.title.replace(" (", "\n("))

        return draw

    alone = len(panels) == 1
    rows = [Row(panel.title, panel.value) for panel in panels]
    return figure(
        _table(language, rows, value),
        [drawing(panel) for panel in panels],
        caption=caption,
        alternative=_spoken([(row.name, row.value) for row in rows], caption),
        width=5.2 if alone else 7.4,
        height=5.2 if alone else 2.75,
        columns=min(_MOST_COLUMNS, len(panels)),
        narrow_columns=1 if alone else 2,
        narrow_height=3.6 if alone else 2.0,
    )


def _kept(folder: Path | None, file: str) -> NDArray[Any]:
    """An image that a section kept; a white one where somebody removed it."""
    try:
        with Image.open((folder or Path()) / f"{file}.png") as image:
            return np.asarray(image.convert("L" if image.mode == "L" else "RGB"))
    except OSError:
        return np.full((28, 28), 255, np.uint8)


def _without_frame(axes: "Axes") -> None:
    for spine in axes.spines.values():
        spine.set_visible(False)


def _table(language: Language, rows: Sequence[Row], value: str) -> Table:
    columns = (Column(language.words["shown"]), Column(value, numeric=True))
    return Table(value, columns, tuple((row.name, row.value or "\u2013") for row in rows))


def _spoken(rows: Sequence[tuple[str, str]], caption: str) -> str:
    return caption + " " + "; ".join(f"{name} {value}".strip() for name, value in rows) + "."
