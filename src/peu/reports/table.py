"""Tables of a report: cells, columns, and how they are read out."""

from dataclasses import dataclass
from typing import ClassVar

from peu.reports.wording import formatted

_PHONE_LETTERS = 38
_MOST_CARDS = 30


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

    def sentence(self, most: int = 8, *, colon: str = ": ", rest: str = "and {} more rows") -> str:
        """The first rows as one sentence, for readers who do not see a plot of them.

        Args:
            most: rows that are read out; the others are counted.
            colon: after the heading of a row, for other languages.
            rest: says how many are not read out.

        Example:
            >>> Table("Images", (Column("Class"), Column("n")), (("cat", 3), ("dog", 2))).sentence()
            'Images. cat: n 3; dog: n 2.'
        """
        spoken = "; ".join(
            f"{self.columns[0].text(heading)}{colon}"
            + ", ".join(
                f"{column.title} {column.text(cell)}"
                for column, cell in zip(self.columns[1:], cells, strict=True)
                if cell not in (None, "")
            )
            for heading, *cells in self.rows[:most]
        )
        left = len(self.rows) - most
        return f"{self.caption}. {spoken}{f'; {rest.format(left)}' if left > 0 else ''}."
