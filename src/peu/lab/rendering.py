"""A template in Markdown and a section's numbers become the blocks of a report.

A template is one document a language: `# title`, what was done, and `## a. question` with its
answer, once a question. Paragraphs are separated by blank lines. Beside plain text it may hold

- `{{ image("name", "caption") }}`, an image that the step kept, and charts (`CHARTS`);
- pipe tables with `| --- | ---: |` below their heading and `: caption` at their end; without a
  heading a table of two columns is a list of names and values;
- `> [!warning] title` (or note, verdict) and lines that begin with `>`, a box; lines that begin
  with `> |` are its figures, with `> -` its points;
- `{{ sheet_errs }}` and lines that begin with `> -`, the box of where the sheet errs;
- lines that begin with `- `, a list; `### title`, what follows is folded away.
"""

import functools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from PIL import Image

from peu.lab.charts import Panel, curves, intervals, scatter, training_curves
from peu.lab.diagrams import Stage, stages
from peu.lab.image_charts import GridPanel, Row, image_rows, latent_grids
from peu.lab.language import Language
from peu.reports.blocks import Block, Callout, Details, KeyValues, Listing, Paragraph, Plate, Tone
from peu.reports.table import Column, Table
from peu.reports.thumbnails import png_uri
from peu.translations.language import LanguageCode, french_signs

# Each takes the language and returns a block; a template calls it without the language.
CHARTS: dict[str, Callable[..., Block]] = {
    "curves": curves,
    "intervals": intervals,
    "scatter": scatter,
    "stages": stages,
    "training_curves": training_curves,
}
# Each takes the folder of the images that the section kept, too.
IMAGE_CHARTS: dict[str, Callable[..., Block]] = {
    "image_rows": image_rows,
    "latent_grids": latent_grids,
}
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_PART = re.compile(r"^## (\w+)\. (.+)$", re.MULTILINE)
_PLACED = re.compile("\0(\\d+)\0")
_ALERT = re.compile(r"\[!(verdict|note|warning)\] (.+)")
# Data must not begin a paragraph or a cell of its own.
_INLINE = str.maketrans({"\n": " ", "|": "\u2502"})


@dataclass(frozen=True)
class Part:
    """A heading of a document and the blocks below it."""

    heading: str
    blocks: tuple[Block, ...]

    @property
    def text(self) -> str:
        """The running text alone."""
        return " ".join(block.text for block in self.blocks if isinstance(block, Paragraph))


@dataclass(frozen=True)
class Document:
    """A rendered template.

    Attributes:
        title: its first heading.
        opening: the blocks before the first part.
        parts: by the letter of the question, or the name before the dot of the heading.
    """

    title: str
    opening: tuple[Block, ...]
    parts: Mapping[str, Part]

    @property
    def blocks(self) -> tuple[Block, ...]:
        """All blocks, in the order of the page."""
        return (*self.opening, *(block for part in self.parts.values() for block in part.blocks))


def outline(language: Language, name: str) -> tuple[str, dict[str, str]]:
    """Read the title and the headings of a template by their key, without rendering it."""
    source = (files("peu.lab") / "templates" / language.code / f"{name}.md.j2").read_text("utf-8")
    headings = {key: language.spaced(heading) for key, heading in _PART.findall(source)}
    return language.spaced("".join(_TITLE.findall(source)[:1])), headings


def render(
    language: Language, name: str, values: Mapping[str, Any], images: Path | None = None
) -> Document:
    """Render a template.

    Args:
        language: of the template.
        name: of its file, without ".md.j2".
        values: what it may use; a name that is missing is an error.
        images: folder of the images that the section kept.

    Raises:
        jinja2.UndefinedError: the template uses a value that is not there.
    """
    placed: list[Block] = []

    def placing(make: Callable[..., Block]) -> Callable[..., str]:
        def place(*args: Any, **kwargs: Any) -> str:
            placed.append(make(*args, **kwargs))
            return f"\0{len(placed) - 1}\0"

        return place

    charts = {name: placing(functools.partial(chart, language)) for name, chart in CHARTS.items()}
    charts |= {
        name: placing(functools.partial(chart, language, images))
        for name, chart in IMAGE_CHARTS.items()
    }
    text = (
        _environment(language.code)
        .get_template(f"{name}.md.j2")
        .render(
            **values,
            **charts,
            image=placing(functools.partial(kept_image, images)),
            panel=Panel,
            row=Row,
            grid_panel=GridPanel,
            stage=Stage,
            sheet_errs=f"> [!note] {language.words['sheet_errs']}",
        )
    )
    title = "".join(_TITLE.findall(text)[:1])
    opening, *rest = _PART.split(_TITLE.sub("", text, count=1))
    return Document(
        title,
        _blocks(opening, placed),
        {
            key: Part(heading, _blocks(body, placed))
            for key, heading, body in zip(rest[::3], rest[1::3], rest[2::3], strict=True)
        },
    )


def values_of(findings: object) -> dict[str, Any]:
    """List the fields and properties of a step's findings, for its template."""
    return {name: getattr(findings, name) for name in dir(findings) if not name.startswith("_")}


class _FrenchSigns(Extension):
    """Set French signs in a template's own text, never in data."""

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        for token in stream:
            if token.type in ("data", "string"):
                yield Token(token.lineno, token.type, french_signs(str(token.value)))
            else:
                yield token


@functools.cache
def _environment(code: LanguageCode) -> jinja2.Environment:
    language = Language(code)
    environment = jinja2.Environment(  # noqa: S701 - Markdown; the report escapes every text
        loader=jinja2.PackageLoader("peu.lab", f"templates/{code}"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=lambda value: value.translate(_INLINE) if isinstance(value, str) else value,
        extensions=["jinja2.ext.do", *([_FrenchSigns] if code == "fr" else [])],
    )
    numbers = ("number", "short", "count", "percent", "points", "seconds", "shape", "listed")
    environment.filters |= {
        name: getattr(language, name) for name in (*numbers, "plural", "array_shape")
    }
    environment.filters["code"] = lambda name: f"`{name}`"
    # Jinja's own `map` takes the names of filters alone, not macros.
    environment.filters["written"] = lambda items, macro: [macro(item) for item in items]
    return environment


def _blocks(text: str, placed: Sequence[Block]) -> tuple[Block, ...]:
    """Turn Markdown into blocks; what follows a `###` heading is folded away under it."""
    plain, *folded = re.split(r"^### (.+)$", text, flags=re.MULTILINE)
    paragraphs = re.split(r"\n[ \t]*\n", _PLACED.sub("\n\n\\g<0>\n\n", plain))
    lines = [[line.strip(" \t") for line in each.split("\n")] for each in paragraphs]
    blocks = [_block([line for line in each if line], placed) for each in lines if any(each)]
    details = zip(folded[::2], folded[1::2], strict=True)
    return (*blocks, *(Details(title, _blocks(body, placed)) for title, body in details))


def _block(lines: Sequence[str], placed: Sequence[Block]) -> Block:
    if found := _PLACED.fullmatch(lines[0]):
        return placed[int(found[1])]
    if lines[0].startswith("|"):
        return _table(lines)
    if lines[0].startswith("> [!"):
        return _callout([line.removeprefix(">").strip(" ") for line in lines])
    if all(line.startswith("- ") for line in lines):
        return Listing(tuple(line[2:] for line in lines))
    return Paragraph(_joined(lines))


def _table(lines: Sequence[str]) -> Block:
    rows = [_cells(line) for line in lines if line.startswith("|")]
    if len(rows) < 2 or not set("".join(rows[1])) <= set("-:"):
        return KeyValues(tuple((row[0], row[1]) for row in rows))
    return Table(
        caption=_joined([line for line in lines if not line.startswith("|")]).removeprefix(": "),
        columns=tuple(
            Column(title, numeric=rule.endswith(":"))
            for title, rule in zip(rows[0], rows[1], strict=True)
        ),
        rows=tuple(rows[2:]),
    )


def _callout(lines: Sequence[str]) -> Block:
    found = _ALERT.fullmatch(lines[0])
    if found is None:
        return Paragraph(_joined(lines))
    tone: Tone = found[1]  # type: ignore[assignment]
    return Callout(
        found[2],
        _joined([line for line in lines[1:] if not line.startswith(("|", "- "))]),
        tone=tone,
        items=tuple(line.removeprefix("- ") for line in lines[1:] if line.startswith("- ")),
        facts=tuple(
            (cells[0], cells[1])
            for cells in (_cells(line) for line in lines[1:] if line.startswith("|"))
        ),
    )


def _cells(line: str) -> tuple[str, ...]:
    return tuple(cell.strip(" ") for cell in line.strip("|").split("|"))


def _joined(lines: Sequence[str]) -> str:
    return re.sub(r"[ \t]+", " ", " ".join(lines))


def kept_image(folder: Path | None, name: str, caption: str) -> Plate:
    """Show an image that a section kept; a white one where somebody removed it."""
    try:
        with Image.open((folder or Path()) / f"{name}.png") as image:
            uri = png_uri(image.convert("RGB"))
    except OSError:
        uri = png_uri(Image.new("RGB", (1, 1), (255, 255, 255)))
    return Plate(uri, alternative=caption, caption=caption)
