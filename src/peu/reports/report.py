"""What a report is made of: a title and blocks, which any kind of page can be built from."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

Tone = Literal["verdict", "note", "warning"]


@dataclass(frozen=True)
class Span:
    """Show a value and its interval as a small bar inside a table cell.

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
        """Give the place of `value` on the bar, from 0 (left) to 100 (right)."""
        share = (value - self.minimum) / (self.maximum - self.minimum)
        return round(100 * min(1.0, max(0.0, share)), 2)


Cell = str | int | Span


@dataclass(frozen=True)
class Column:
    """Head one column of a table.

    Attributes:
        title: the heading.
        numeric: align to the right with figures of equal width.
    """

    title: str
    numeric: bool = False


@dataclass(frozen=True)
class Paragraph:
    """Say something in running text; `names` between backquotes are set as such."""

    kind: ClassVar[str] = "paragraph"

    text: str


@dataclass(frozen=True)
class Listing:
    """Say several things of one sort, one a line."""

    kind: ClassVar[str] = "listing"

    items: tuple[str, ...]


@dataclass(frozen=True)
class KeyValues:
    """Name some facts: (name, value) each."""

    kind: ClassVar[str] = "key_values"

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Table:
    """Show rows of cells; the first cell of a row is the row's heading.

    Attributes:
        caption: what the table holds; screen readers announce it.
        columns: one heading a column.
        rows: as many cells a row as there are columns.

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
                    f"Received {len(row)} in {row!r}. Give empty cells as ''."
                )


@dataclass(frozen=True)
class Figure:
    """Show a drawing, with the same in words and in numbers.

    Attributes:
        svg: one `<svg>` element as `drawing.finish` gives it; it is put into the page as it is,
            so nothing a stranger wrote may be in it unescaped.
        alternative: what the drawing shows, for who does not see it.
        caption: what stands below it.
        data: the numbers that are drawn.
        png: the same drawing as a file for other uses, or nothing.
    """

    kind: ClassVar[str] = "figure"

    svg: str
    alternative: str
    caption: str
    data: Table
    png: bytes = field(default=b"", repr=False)


@dataclass(frozen=True)
class Plate:
    """Show one image as wide as the text, every pixel of it sharp.

    Attributes:
        image: the `data:image/png;...` URI.
        alternative: what is shown, in words.
        caption: what stands below it.
    """

    kind: ClassVar[str] = "plate"

    image: str
    alternative: str
    caption: str

    def __post_init__(self) -> None:
        if not self.image.startswith("data:image/png;"):
            raise ValueError(
                "A plate must be a data URI of a PNG, so that the page needs no other file. "
                f"Received: {self.image[:40]!r}. Use `images.png_uri`."
            )


@dataclass(frozen=True)
class Image:
    """Show one image and, if there is one, a second on the same subject.

    Attributes:
        image: a `data:image/...` URI, or None where the image cannot be shown any more.
        alternative: what is shown, in words.
        title: the line right below, usually the file's name.
        lines: (name, value) facts below it.
        second: a `data:image/...` URI beside it: a heat map, a reconstruction.
        second_alternative: what the second shows, in words.
    """

    image: str | None
    alternative: str
    title: str
    lines: tuple[tuple[str, str], ...] = ()
    second: str | None = None
    second_alternative: str = ""

    def __post_init__(self) -> None:
        for uri in (self.image, self.second):
            if uri is not None and not uri.startswith(("data:image/jpeg;", "data:image/png;")):
                raise ValueError(
                    "An image of a report must be a data URI of a JPEG or PNG, so that the page "
                    f"needs no other file. Received: {uri[:40]!r}. Use `images.data_uri`."
                )


@dataclass(frozen=True)
class Gallery:
    """Show images side by side.

    Attributes:
        caption: what they have in common.
        images: in reading order.
    """

    kind: ClassVar[str] = "gallery"

    caption: str
    images: tuple[Image, ...]


@dataclass(frozen=True)
class Callout:
    """Set the most important text apart.

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
    """Keep blocks folded away until somebody wants them; print shows them all."""

    kind: ClassVar[str] = "details"

    summary: str
    blocks: tuple["Block", ...]


@dataclass(frozen=True)
class Section:
    """Put a heading over blocks; a section inside a section has the next lower heading."""

    kind: ClassVar[str] = "section"

    title: str
    blocks: tuple["Block", ...]


Block = (
    Paragraph | Listing | KeyValues | Table | Figure | Plate | Gallery | Callout | Details | Section
)


@dataclass(frozen=True)
class Report:
    """Hold a whole page.

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
