"""A report in French: every text of its blocks and plots, by the catalogues of `translations`."""

import dataclasses
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from peu.reports.blocks import Code, Figure, Report
from peu.reports.table import Cell, Column, Span, Table
from peu.reports.wording import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Say = Callable[[str], str]
"""Says an English text in another language."""

_AXIS_LABEL = 16
_COLON = "\u00a0: "
# Fields of blocks: a text, texts, pairs of a name and a text, other blocks.
_TEXTS = {
    "alternative", "caption", "footer", "second_alternative", "subtitle", "summary", "text",
    "title",
}  # fmt: skip
_LISTS, _PAIRS, _PARTS = {"items"}, {"facts", "lines", "pairs"}, {"blocks", "images"}


def names_of_users(*names: str) -> frozenset[str]:
    """Names that stay as they are, also where an axis has no room for the whole."""
    return frozenset(
        short for name in names for short in (name, label(name), label(name, _AXIS_LABEL))
    )


def translated_report(report: Report, say: Say, language: str) -> Report:
    """A report in another language.

    Args:
        report: in English.
        say: says a text of it in that language.
        language: BCP 47 tag of it.

    Returns:
        The same report; its plots translate what they write when they are drawn.
    """
    translated: Report = _translated(report, say)
    return dataclasses.replace(translated, language=language)


def _translated(part: Any, say: Say) -> Any:
    """A block, or what a block consists of: each text of it, by the name of its field."""
    if isinstance(part, Code):
        return part
    if isinstance(part, Table):
        return _table(part, say)
    if isinstance(part, Figure):
        return _figure(part, say)
    changes: dict[str, Any] = {}
    for field in dataclasses.fields(part):
        value = getattr(part, field.name)
        if field.name in _TEXTS:
            changes[field.name] = say(value)
        elif field.name in _LISTS:
            changes[field.name] = tuple(map(say, value))
        elif field.name in _PAIRS:
            changes[field.name] = tuple((say(name), say(text)) for name, text in value)
        elif field.name in _PARTS:
            changes[field.name] = tuple(_translated(one, say) for one in value)
    return dataclasses.replace(part, **changes)


def _table(table: Table, say: Say) -> Table:
    """Numbers become text here, with the signs of the language."""

    def written(column: Column, cell: Cell) -> Cell:
        if isinstance(cell, Span):
            return dataclasses.replace(cell, text=say(cell.text))
        return say(column.text(cell))

    return Table(
        caption=say(table.caption),
        columns=tuple(
            Column(say(column.title), numeric=column.right_aligned) for column in table.columns
        ),
        rows=tuple(
            tuple(written(*each) for each in zip(table.columns, row, strict=True))
            for row in table.rows
        ),
    )


def _figure(figure: Figure, say: Say) -> Figure:
    table = _table(figure.table, say)
    alternative = figure.alternative
    if alternative == figure.table.sentence():
        spoken = table.sentence(colon=_COLON, rest=say("and {} more rows"))
    else:
        spoken = say(alternative)
    return dataclasses.replace(
        figure,
        table=table,
        panels=tuple(_panel(draw, say) for draw in figure.panels),
        caption=say(figure.caption),
        alternative=spoken,
    )


def _panel(draw: Callable[["Axes"], None], say: Say) -> Callable[["Axes"], None]:
    def drawn(axes: "Axes") -> None:
        draw(axes)
        for text in _texts(axes):
            if text.get_text():
                text.set_text(say(text.get_text()))
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(_formatter(axis.get_major_formatter(), say))

    return drawn


def _texts(axes: "Axes") -> Iterator[Any]:
    yield from (axes.title, axes._left_title, axes._right_title)  # type: ignore[attr-defined] # noqa: SLF001 - titles stand at the left
    yield from (axes.xaxis.label, axes.yaxis.label)
    yield from axes.texts
    legend = axes.get_legend()
    if legend is not None:
        yield from legend.get_texts()


def _formatter(inner: Any, say: Say) -> Any:
    """A formatter of ticks that translates what another one writes."""
    from matplotlib.ticker import Formatter

    class Translated(Formatter):
        def __call__(self, x: float, pos: int | None = None) -> str:
            return say(inner(x, pos))

        def format_ticks(self, values: Any) -> list[str]:
            return [say(text) if text else text for text in inner.format_ticks(values)]

        def set_locs(self, locs: Any) -> None:
            inner.set_locs(locs)

    return Translated()
