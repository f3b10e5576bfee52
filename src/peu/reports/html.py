"""A report as one page that needs nothing else: no network, no scripts, no other file."""

import functools
import itertools
import re
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup, escape

from peu.reports.blocks import Block, Report
from peu.reports.figure import page_svg

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
_LINE_BREAK = re.compile(r"[\r\n\u2028\u2029]+")
_QUOTED = re.compile(r"`([^`]+)`")
_BREAKABLE = re.compile(r"(?<=[/_\-\u2212])|(?=\.)")
# The page's own words, by the language of its text.
_WORDS = {
    "en": {"contents": "Contents", "data": "The figure's data as a table"},
    "fr": {"contents": "Sommaire", "data": "Les données de la figure en tableau"},
}


def render_html(report: Report) -> str:
    """The whole page.

    Every text is escaped, whatever a file or a class is called; plots are put in as they are,
    each with its own ids. A Content-Security-Policy in the page forbids it to load anything.

    Example:
        >>> from peu.reports.blocks import Paragraph, Report
        >>> "2 &lt; 3" in render_html(Report("Small", (Paragraph("2 < 3"),)))
        True
    """
    anchors: dict[int, str] = {}
    plots = itertools.count(1)
    return str(
        page_environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            anchor=lambda section: anchors.setdefault(id(section), f"s{len(anchors) + 1}"),
            # matplotlib has escaped the text in it.
            svg=lambda figure: Markup(page_svg(figure, f"plot {next(plots)}")),  # noqa: S704
            words=_WORDS.get(report.language, _WORDS["en"]),
        )
    )


def render_blocks(blocks: Sequence[Block], *, language: str, salt: str, level: int = 4) -> str:
    """Some blocks as they are on a page, without the page; its style sheet is `report.css`.

    Args:
        blocks: in their order.
        language: BCP 47 tag of the text.
        salt: text that no other blocks of the page have; ids are derived from it.
        level: of the headings of sections among them.
    """
    numbers, report = itertools.count(1), Report("", (), language=language)
    return str(
        page_environment()
        .get_template("blocks.html.j2")
        .render(
            blocks=blocks,
            level=level,
            report=report,
            anchor=lambda section: f"{salt}-{id(section)}",
            svg=lambda figure: Markup(page_svg(figure, f"{salt} {next(numbers)}")),  # noqa: S704
            words=_WORDS.get(language, _WORDS["en"]),
        )
    )


@functools.cache
def page_environment() -> Any:
    """The Jinja2 environment of all pages; it escapes every text and allows no undefined name."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("peu.reports"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=readable,
    )
    templates.filters["marked"] = _marked
    templates.filters["breakable"] = _breakable
    templates.filters["lines"] = _lines
    return templates


def readable(value: Any) -> Any:
    """Replace characters that are invisible or reverse the text; line breaks become visible."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return _INVISIBLE.sub("\ufffd", _LINE_BREAK.sub(" \u23ce ", value))


def _marked(text: str) -> Markup:
    """Escape a text, and set what stands between backquotes in a fixed-width font."""
    parts = [escape(readable(part)) for part in _QUOTED.split(text)]
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup().join(parts)


def _lines(text: str) -> Markup:
    """Escape a text, and keep its line breaks."""
    return Markup("\n").join(readable(line) for line in text.split("\n"))


def _breakable(name: str) -> Markup:
    """Escape a name, and let lines break after a slash, dash or underscore and before a dot."""
    return Markup("<wbr>").join(_BREAKABLE.split(readable(name)))
