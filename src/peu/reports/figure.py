"""Plots of a report: one function turns a table and a way to plot it into a block."""

import contextlib
import io
import math
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary
from xml.etree import ElementTree as ET

from peu.reports.blocks import Figure
from peu.reports.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

Draw = Callable[["Axes"], None]

# The colours of a light page. In an SVG each becomes the page's CSS variable of that name, so
# that one drawing serves light and dark; draw with nothing else that text or lines consist of.
INK, MUTED, GRID = "#1d1f23", "#5a606a", "#dfdcd6"
FIRST, SECOND, THIRD = "#0b66b0", "#a84c08", "#8b3fb0"
_VARIABLES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    FIRST: "first",
    SECOND: "second",
    THIRD: "third",
}
WIDTH = 7.4
"""Inches that a page has room for."""
_NARROW = 3.5
"""Inches that a phone of 375 pixels has room for, at `_SCALE`."""
_SCALE = 1.36
"""CSS pixels for a point, so that text of 10 points reads like the page's own."""
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.axisbelow": True,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.formatter.useoffset": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "legend.fontsize": 9.0,
    "legend.frameon": False,
    "legend.handlelength": 3.0,
    "legend.labelcolor": INK,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.major.size": 0.0,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0.0,
}
_COLOUR = re.compile(r"#[0-9a-f]{6}")
# Names may hold what XML has no word for.
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
# Layouts that the next SVG of their figures takes: to lay one out takes longer than to write it.
_laid_out: "WeakKeyDictionary[Figure, Canvas]" = WeakKeyDictionary()
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"


def figure(
    table: Table,
    draw: Draw | Sequence[Draw],
    *,
    caption: str,
    alternative: str = "",
    height: float = 3.0,
    width: float = WIDTH,
    columns: int | None = None,
    narrow_columns: int = 1,
    narrow_height: float | None = None,
) -> Figure:
    """A figure: data table, alternative text, and a plot for light and dark, page and phone.

    Args:
        table: the numbers that are plotted.
        draw: plots into the matplotlib axes it is given; several fill one panel each. It is
            called once for each size that is needed, so it must plot the same every time.
        caption: text below the plot.
        alternative: the plot in words; the table's first rows if empty.
        height: of one row of panels, in inches.
        width: of the whole on a wide page, in inches.
        columns: panels side by side on a wide page; all of them if None.
        narrow_columns: panels side by side on a phone.
        narrow_height: of one row of panels on a phone; as `height` if None.

    Example:
        >>> from peu.reports.table import Column
        >>> table = Table("Images", (Column("Class"), Column("n")), (("cat", 3), ("dog", 2)))
        >>> plot = figure(table, lambda axes: axes.bar(["cat", "dog"], [3, 2]), caption="Images.")
        >>> plot.alternative
        'Images. cat: n 3; dog: n 2.'
    """
    panels = tuple(draw) if isinstance(draw, Sequence) else (draw,)
    return Figure(
        table=table,
        panels=panels,
        caption=caption,
        alternative=alternative or table.sentence(),
        width=width,
        height=height,
        columns=columns or len(panels),
        narrow_columns=min(narrow_columns, len(panels)),
        narrow_height=narrow_height or height,
    )


def page_svg(plot: Figure, salt: str) -> str:
    """The `<svg>` elements of a figure: one for wide pages, one for phones where they differ.

    Args:
        plot: the figure.
        salt: text that no other figure of the page has; ids are derived from it.
    """
    wide = to_svg(plot, salt=salt)
    return wide if _fits_phones(plot) else wide + to_svg(plot, narrow=True, salt=f"{salt} narrow")


def to_svg(plot: Figure, *, narrow: bool = False, salt: str = "peu") -> str:
    """A figure as one `<svg>` element for a page; the same bytes for the same figure.

    Text stays text in the page's font, colours are the page's CSS variables, and nothing in
    it points outside.

    Args:
        plot: the figure.
        narrow: for a phone instead of a wide page; also the element's CSS class.
        salt: text that no other figure of the page has; ids are derived from it.
    """
    stream = io.StringIO()
    with _style(salt):
        canvas = (None if narrow else _laid_out.pop(plot, None)) or _draw(plot, narrow=narrow)
        canvas.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    style_class = "narrow" if narrow else "only" if _fits_phones(plot) else "wide"
    return _inline(stream.getvalue(), style_class)


def to_png(plot: Figure) -> bytes:
    """A figure as a PNG of 200 dots an inch in the colours of a light page."""
    stream = io.BytesIO()
    with _style():
        canvas = _draw(plot)
        canvas.savefig(
            stream, format="png", dpi=200, facecolor="white", metadata={"Software": None}
        )
    # A report writes its PNG files first, and then the same figures into its page.
    _laid_out[plot] = canvas
    return stream.getvalue()


@contextlib.contextmanager
def _style(salt: str = "peu") -> Iterator[None]:
    """Plot with this module's settings, whatever the user's own matplotlib settings are."""
    import matplotlib.style

    settings = _SETTINGS | {"svg.hashsalt": salt}
    with matplotlib.style.context(["default", settings]), warnings.catch_warnings():
        # The browser has letters that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from")
        yield


def _fits_phones(plot: Figure) -> bool:
    return plot.width <= _NARROW and plot.columns == plot.narrow_columns


def _draw(plot: Figure, *, narrow: bool = False) -> "Canvas":
    from matplotlib.figure import Figure as Canvas

    width, height, columns = plot.width, plot.height, plot.columns
    if narrow:
        width, height, columns = min(width, _NARROW), plot.narrow_height, plot.narrow_columns
    rows = math.ceil(len(plot.panels) / columns)
    canvas = Canvas(figsize=(width, rows * height), layout="constrained")
    every_axes = list(canvas.subplots(rows, columns, squeeze=False).flat)
    for axes, draw in zip(every_axes, plot.panels, strict=False):
        draw(axes)
    for axes in every_axes[len(plot.panels) :]:
        axes.set_axis_off()
    # Laid out once, here: saving would draw the whole figure a second time for its layout.
    if engine := canvas.get_layout_engine():
        engine.execute(canvas)
        canvas.set_layout_engine(None)
    return canvas


def _inline(svg: str, style_class: str) -> str:
    """Make colours variables; drop styles, metadata and ids that a page must not get twice."""
    root = ET.fromstring(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", svg))  # noqa: S314 - written by matplotlib just now
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    for element in root.iter():
        for name in ("metadata", "style"):
            for child in element.findall(f"{{{_SVG}}}{name}"):
                element.remove(child)
        if element.get("id") not in used:
            element.attrib.pop("id", None)
        if style := element.get("style"):
            element.set("style", _COLOUR.sub(_as_variable, style))
        if link := element.attrib.pop(f"{{{_XLINK}}}href", None):
            element.set("href", link)
    width, height = (
        float(root.attrib.pop(name).removesuffix("pt")) for name in ("width", "height")
    )
    root.attrib.pop("version", None)
    root.set("class", style_class)
    root.set("style", f"width: {_SCALE * width:.0f}px; aspect-ratio: {width:g} / {height:g}")
    root.set("aria-hidden", "true")
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _as_variable(colour: re.Match[str]) -> str:
    name = _VARIABLES.get(colour[0])
    return f"var(--{name}, {colour[0]})" if name else colour[0]
