"""A report as one page that needs nothing else: no network, no scripts, no other file."""

import re
from typing import Any

from markupsafe import Markup, escape

from peu.reports.report import Figure, Report

_INVISIBLE = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069]"
)
_QUOTED = re.compile(r"`([^`]+)`")
_SCALE = 1.36
# What the page itself says, by the language of its text.
_WORDS = {
    "en": {"contents": "Contents", "data": "The figure's data as a table"},
    "fr": {"contents": "Sommaire", "data": "Les données de la figure en tableau"},
}
_WIDE = 400
_LINE_BREAK = re.compile(r"[\r\n\u2028\u2029]+")


def render_html(report: Report) -> str:
    """Give the whole page.

    Every text is escaped, whatever a file or a class is called; drawings are put in as they are,
    each with its own ids. A Content-Security-Policy in the page forbids it to load anything.

    Example:
        >>> from peu.reports.report import Paragraph, Report
        >>> "2 &lt; 3" in render_html(Report("Small", (Paragraph("2 < 3"),)))
        True
    """
    numbers = _Numbers()
    template = page_environment().get_template("report.html.j2")
    return str(
        template.render(
            report=report,
            drawing=numbers.drawing,
            anchor=numbers.anchor,
            words=_WORDS.get(report.language, _WORDS["en"]),
        )
    )


def page_environment() -> Any:
    """Give the templates of pages; they escape every text, and stop at one that is missing."""
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
    return templates


class _Numbers:
    """Count drawings and sections of one page, so that no two share an id."""

    def __init__(self) -> None:
        self._drawings = 0
        self._anchors: dict[int, str] = {}

    def drawing(self, figure: Figure) -> Markup:
        self._drawings += 1
        prefix = f"f{self._drawings}-"
        found = re.match(r'<svg[^>]* width="([\d.]+)"', figure.svg)
        if found is None:
            raise ValueError(
                "A figure's drawing must be an `<svg>` element with a width. "
                f"Received: {figure.svg[:40]!r}. Use `drawing.finish`."
            )
        width = float(found[1])
        shape = "wide" if width > _WIDE else "small"
        style = f'<svg class="{shape}" style="width: {_SCALE * width:.0f}px" aria-hidden="true"'
        svg = re.sub(r' id="', f' id="{prefix}', figure.svg.replace("<svg", style, 1))
        svg = re.sub(r'(url\(#|href="#)', rf"\g<1>{prefix}", svg)
        return Markup(svg)  # noqa: S704 - drawn by `figures`, whose text matplotlib escapes

    def anchor(self, section: object) -> str:
        return self._anchors.setdefault(id(section), f"s{len(self._anchors) + 1}")


def _marked(text: str) -> Markup:
    """Escape a text, and set what stands between backquotes as names and commands are set."""
    parts = [escape(readable(part)) for part in _QUOTED.split(text)]
    named = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup().join(
        each for pair in zip(parts[::2], [*named, Markup()], strict=True) for each in pair
    )


def readable(value: Any) -> Any:
    """Show characters that would be invisible or could turn the text around."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return _INVISIBLE.sub("\ufffd", _LINE_BREAK.sub(" \u23ce ", value))
