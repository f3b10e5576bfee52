"""The blocks of a report: a page of any kind is a title and some of these."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from peu.reports.table import Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Tone = Literal["verdict", "note", "warning"]


@dataclass(frozen=True)
class Paragraph:
    """Running text; names between backquotes are set in a fixed-width font."""

    kind: ClassVar[str] = "paragraph"

    text: str


@dataclass(frozen=True)
class Code:
    """Lines of code, set as they are."""

    kind: ClassVar[str] = "code"

    text: str


@dataclass(frozen=True)
class Listing:
    """A bulleted list; an empty one shows nothing."""

    kind: ClassVar[str] = "listing"

    items: tuple[str, ...]


@dataclass(frozen=True)
class KeyValues:
    """A list of (name, value) pairs."""

    kind: ClassVar[str] = "key_values"

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, eq=False)
class Figure:
    """A plot, in words and as a table too; `figure.figure` makes one and describes its fields."""

    kind: ClassVar[str] = "figure"

    table: Table
    panels: tuple[Callable[["Axes"], None], ...] = field(repr=False)
    caption: str
    alternative: str = field(repr=False)
    width: float
    height: float
    columns: int
    narrow_columns: int
    narrow_height: float

    @property
    def png(self) -> bytes:
        """The plot as a PNG in the colours of a light page, for slides and papers."""
        from peu.reports.figure import to_png

        return to_png(self)

    def _repr_html_(self) -> str:
        from peu.reports.figure import to_svg

        return to_svg(self, salt=self.caption)


@dataclass(frozen=True)
class Plate:
    """One image as wide as the text, every pixel of it sharp.

    Attributes:
        image: the `data:image/png;...` URI.
        alternative: what is shown, in words.
        caption: what stands below it.
    """

    kind: ClassVar[str] = "plate"

    image: str = field(repr=False)
    alternative: str
    caption: str

    def __post_init__(self) -> None:
        if not self.image.startswith("data:image/png;"):
            raise ValueError(
                "A plate must be a data URI of a PNG, so that the page needs no other file. "
                f"Received: {self.image[:40]!r}. Use `thumbnails.png_uri`."
            )


@dataclass(frozen=True)
class Image:
    """An image of a gallery, with a second one beside it if there is one.

    Attributes:
        image: a `data:image/...` URI, or None where the image cannot be shown any more.
        alternative: what is shown, in words.
        title: the line right below, usually the file's name.
        lines: (name, value) pairs below it.
        second: a `data:image/...` URI beside it: a heat map, a reconstruction.
        second_alternative: what the second shows, in words.
    """

    image: str | None = field(repr=False)
    alternative: str
    title: str
    lines: tuple[tuple[str, str], ...] = ()
    second: str | None = field(default=None, repr=False)
    second_alternative: str = ""

    def __post_init__(self) -> None:
        for uri in (self.image, self.second):
            if uri is not None and not uri.startswith(("data:image/jpeg;", "data:image/png;")):
                raise ValueError(
                    "An image of a report must be a data URI of a JPEG or PNG, so that the page "
                    f"needs no other file. Received: {uri[:40]!r}. Use `thumbnails.jpeg_uri`."
                )


@dataclass(frozen=True)
class Gallery:
    """Images side by side.

    Attributes:
        caption: what they have in common.
        images: in reading order.
    """

    kind: ClassVar[str] = "gallery"

    caption: str
    images: tuple[Image, ...] = field(repr=False)


@dataclass(frozen=True)
class Callout:
    """A box for the text that matters most.

    Attributes:
        title: a word or two.
        text: the text itself; may be empty where there are items.
        tone: "verdict" for the answer, "warning" for what needs care, "note" for the rest.
        facts: (name, value) of the few numbers that matter most, shown large.
        items: what belongs to it, one a line.
    """

    kind: ClassVar[str] = "callout"

    title: str
    text: str
    tone: Tone = "note"
    facts: tuple[tuple[str, str], ...] = ()
    items: tuple[str, ...] = ()


@dataclass(frozen=True)
class Details:
    """Blocks that are folded away on screen; print shows them. Without blocks, nothing."""

    kind: ClassVar[str] = "details"

    summary: str
    blocks: tuple["Block", ...] = field(repr=False)


@dataclass(frozen=True)
class Section:
    """Blocks under a heading; a section inside a section has the next lower heading."""

    kind: ClassVar[str] = "section"

    title: str
    blocks: tuple["Block", ...] = field(repr=False)


Block = (
    Paragraph
    | Code
    | Listing
    | KeyValues
    | Table
    | Figure
    | Plate
    | Gallery
    | Callout
    | Details
    | Section
)


@dataclass(frozen=True)
class Report:
    """A whole page.

    Attributes:
        title: the page's heading.
        blocks: what follows, in order.
        language: BCP 47 tag of the text.
        subtitle: a line below the heading.
        footer: the last line of the page.
    """

    title: str
    blocks: tuple[Block, ...]
    language: str = "en"
    subtitle: str = ""
    footer: str = ""

    def _repr_html_(self) -> str:
        from html import escape

        from peu.reports.html import render_html

        page = escape(render_html(self), quote=True)
        return f'<iframe srcdoc="{page}" sandbox style="width: 100%; height: 40rem"></iframe>'

    def __repr__(self) -> str:
        return f"Report({self.title[:200]!r}, {len(self.blocks)} blocks)"
