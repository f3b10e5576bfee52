"""The blocks of a report: a page of any kind is a title and some of these."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Literal

from peu.reports.wording import formatted

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PHONE_LETTERS = 38
_MOST_CARDS = 30

Tone = Literal["verdict", "note", "warning"]


@dataclass(frozen=True)
class Span:
    """A table cell that draws a value and its interval as a small bar.

    Attributes:
        text: what the cell says; the bar only repeats it.
        low: lower end of the interval.
        value: the value itself.
        high: upper end of the interval.
        minimum: value at the left edge of the bar.
        maximum: value at the right edge of the bar, above `minimum`.
    """

    text: str
    low: float
    value: float
    high: float
    minimum: float = 0.0
    maximum: float = 1.0

    def percent(self, value: float) -> float:
        """Position of `value` on the bar, from 0 (left) to 100 (right)."""
        share = (value - self.minimum) / (self.maximum - self.minimum)
        return round(100 * min(1.0, max(0.0, share)), 2)


Cell = str | int | float | Span | None


@dataclass(frozen=True)
class Column:
    """The heading of a table column, and how its cells are written.

    Attributes:
        title: the heading.
        format: format specification of the column's numbers, such as ".3f".
        numeric: align to the right; implied by `format`.
    """

    title: str
    format: str = ""
    numeric: bool = False

    @property
    def right_aligned(self) -> bool:
        """Whether cells are aligned to the right, with digits of equal width."""
        return self.numeric or bool(self.format)

    def text(self, cell: Cell) -> str:
        """A cell in words: "" for None, a dash for NaN and infinity.

        Example:
            >>> Column("Difference", ".2f").text(-0.126)
            '\u22120.13'
        """
        if isinstance(cell, Span):
            return cell.text
        if cell is None or isinstance(cell, str):
            return cell or ""
        return formatted(cell, self.format)


def numbers(*titles: str, format: str = ".3f") -> tuple[Column, ...]:  # noqa: A002 - as in Column
    """Columns of numbers that are written alike."""
    return tuple(Column(title, format) for title in titles)


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


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first cell of a row is the row's heading.

    Attributes:
        caption: what the table shows; screen readers announce it.
        columns: one for each cell of a row.
        rows: numbers as they are, which the columns format; None for an empty cell.

    Raises:
        ValueError: a row has another number of cells than there are columns.
    """

    kind: ClassVar[str] = "table"

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(
                    f"Every row must have {len(self.columns)} cells, one a column. "
                    f"Received {len(row)} in {row!r}. Write None for an empty cell."
                )

    @property
    def too_wide_for_phones(self) -> bool:
        """Whether a phone shows a card for each row, because rows are wider than it."""
        letters = 0
        for column, cells in zip(self.columns, zip(*self.rows, strict=True), strict=False):
            texts = [column.text(cell) for cell in cells]
            # Numbers stay on one line, text wraps between words.
            parts = texts if column.right_aligned else " ".join(texts).split()
            letters += max(map(len, [*parts, *column.title.split()]))
        return letters > _PHONE_LETTERS and len(self.rows) <= _MOST_CARDS

    def __repr__(self) -> str:
        return f"Table({self.caption[:200]!r}, {len(self.rows)} rows x {len(self.columns)} columns)"

    def sentence(self, most: int = 8) -> str:
        """The first rows as one sentence, for readers who do not see a plot of them.

        Args:
            most: rows that are read out; the others are counted.

        Example:
            >>> Table("Images", (Column("Class"), Column("n")), (("cat", 3), ("dog", 2))).sentence()
            'Images. cat: n 3; dog: n 2.'
        """
        spoken = "; ".join(
            f"{self.columns[0].text(heading)}: "
            + ", ".join(
                f"{column.title} {column.text(cell)}"
                for column, cell in zip(self.columns[1:], cells, strict=True)
                if cell not in (None, "")
            )
            for heading, *cells in self.rows[:most]
        )
        rest = len(self.rows) - most
        return f"{self.caption}. {spoken}{f'; and {rest} more rows' if rest > 0 else ''}."


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
