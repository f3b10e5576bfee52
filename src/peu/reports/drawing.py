"""From matplotlib to an SVG that lives inside a page: its colours, its text, its bytes."""

import contextlib
import io
import math
import re
import unicodedata
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Canvas

# Stand-ins that matplotlib draws with; the page gives each its colour, light or dark.
INK = "#010100"
MUTED = "#010101"
GRID = "#010102"
FIRST = "#010103"
SECOND = "#010104"
THIRD = "#010105"
_VARIABLES = {
    INK: "var(--ink, currentColor)",
    MUTED: "var(--muted, currentColor)",
    GRID: "var(--grid, #8888)",
    FIRST: "var(--first, #0b66b0)",
    SECOND: "var(--second, #a84c08)",
    THIRD: "var(--third, #8b3fb0)",
}
_LIGHT = {
    INK: "#1d1f23",
    MUTED: "#5a606a",
    GRID: "#dfdcd6",
    FIRST: "#0b66b0",
    SECOND: "#a84c08",
    THIRD: "#8b3fb0",
}
_SETTINGS: dict[str, Any] = {
    "svg.fonttype": "none",
    "svg.hashsalt": "peu",
    "font.family": "sans-serif",
    "font.size": 10.0,
    "text.color": INK,
    "text.parse_math": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.linewidth": 0.8,
    "axes.formatter.useoffset": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": MUTED,
    "xtick.labelcolor": INK,
    "xtick.major.size": 0.0,
    "ytick.color": MUTED,
    "ytick.labelcolor": INK,
    "ytick.major.size": 0.0,
}
_LONGEST_LABEL = 24


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Draw with the settings of this module, whatever the user's own matplotlib settings are.

    Example:
        >>> with styled():
        ...     figure, (axes,) = canvas(4, 3)
        ...     _ = axes.plot([1, 2, 3], color=FIRST)
        ...     svg = finish(figure)
    """
    import matplotlib.style

    with matplotlib.style.context(["default", _SETTINGS]), warnings.catch_warnings():
        # The browser has letters that matplotlib's own font lacks.
        warnings.filterwarnings("ignore", message=r"(?s)Glyph .* missing from")
        yield


def canvas(
    width: float, height: float, columns: int = 1, rows: int = 1
) -> tuple["Canvas", tuple["Axes", ...]]:
    """Open an empty figure within `styled`; no window, no global state of pyplot.

    Args:
        width: in inches of 72 points; the page scales a figure down, never up.
        height: in inches.
        columns: axes side by side.
        rows: axes below each other.

    Returns:
        The figure and its axes, from left to right, row by row.
    """
    from matplotlib.figure import Figure as Canvas

    figure = Canvas(figsize=(width, height), layout="constrained")
    return figure, tuple(figure.subplots(rows, columns, squeeze=False).flat)


def finish(figure: "Canvas") -> str:
    """Give the figure as one `<svg>` element, the same bytes for the same drawing.

    Text stays text, in the page's own font; colours are the page's CSS variables, so that one
    drawing serves a light page, a dark page and paper; nothing in it points outside.
    """
    stream = io.StringIO()
    figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    return _inline(stream.getvalue())


def raster(figure: "Canvas") -> bytes:
    """Give the figure as a PNG in the colours of a light page, for slides and other papers."""
    stream = io.BytesIO()
    for artist in figure.findobj():
        for kind in ("color", "facecolor", "edgecolor", "markerfacecolor", "markeredgecolor"):
            _recolour(artist, kind)
    figure.savefig(stream, format="png", dpi=200, facecolor="white", metadata={"Software": None})
    return stream.getvalue()


def label(text: str, longest: int = _LONGEST_LABEL) -> str:
    """Give a name a form that fits beside an axis: one line, no control characters, not long.

    Example:
        >>> label("a very long name of a class of images")
        'a very long name of a c…'
    """
    clean = "".join(
        " " if character.isspace() or unicodedata.category(character)[0] == "C" else character
        for character in text
    )
    clean = " ".join(clean.split()) or "?"
    return clean if len(clean) <= longest else clean[: longest - 1] + "…"


def number(value: float, digits: int = 3) -> str:
    """Give a number with so many decimals, with a true minus sign; nothing for NaN."""
    if not math.isfinite(value):
        return "\u2013"
    text = f"{value:.{digits}f}"
    return "0." + "0" * digits if float(text) == 0 and digits else text.replace("-", "\u2212")


def spread(count: int, height: float) -> NDArray[np.float64]:
    """Give small vertical offsets that keep dots of one row apart, the same every time."""
    golden = (np.arange(count, dtype=np.float64) * 0.618033988749895) % 1.0
    return np.asarray((golden - 0.5) * height, dtype=np.float64)


def _recolour(artist: Any, kind: str) -> None:
    """Put real colours in the place of stand-ins."""
    from matplotlib.colors import to_hex, to_rgba

    read, write = (getattr(artist, f"{verb}_{kind}", None) for verb in ("get", "set"))
    if read is None or write is None:
        return
    colours = read()
    if isinstance(colours, str):
        rows = [] if colours in ("none", "auto") else [to_rgba(colours)]
    else:
        rows = [tuple(row) for row in np.atleast_2d(np.asarray(colours, dtype=object))]
    found = [to_hex(row) for row in rows if len(row) in (3, 4)]
    if any(each in _LIGHT for each in found):
        write(
            [
                to_rgba(_LIGHT.get(each, each), row[-1])
                for each, row in zip(found, rows, strict=True)
            ]
            if len(found) > 1
            else to_rgba(_LIGHT[found[0]], rows[0][-1] if len(rows[0]) == 4 else 1)
        )


def _inline(svg: str) -> str:
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r"\s*<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\s*<style .*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r' xmlns:xlink="[^"]*"| version="1.1"', "", svg, count=2)
    svg = svg.replace("xlink:href=", "href=")
    svg = re.sub(r"font: ([\d.]+)px [^;\"]*", r"font-size: \1px", svg)
    svg = re.sub(r"font: (\d+) ([\d.]+)px [^;\"]*", r"font-weight: \1; font-size: \2px", svg)
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    svg = re.sub(r' id="([^"]+)"', lambda hit: hit[0] if hit[1] in used else "", svg)
    for sentinel, variable in _VARIABLES.items():
        svg = svg.replace(sentinel, variable)
    width, height = re.findall(r'(?:width|height)="([\d.]+)pt"', svg)[:2]
    svg = svg.replace(f'width="{width}pt"', f'width="{float(width):g}"', 1)
    return svg.replace(f'height="{height}pt"', f'height="{float(height):g}"', 1)
