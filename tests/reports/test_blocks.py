"""Blocks refuse what no page could show."""

import pytest

from peu.reports.blocks import Gallery, Image, Paragraph, Report, Section
from peu.reports.table import Column, Span, Table


def test_a_row_has_a_cell_for_every_column() -> None:
    with pytest.raises(ValueError, match="2 cells, one a column"):
        Table("t", (Column("a"), Column("b")), (("1",),))


@pytest.mark.parametrize("uri", ["image.jpg", "http://a.b/c.jpg", "data:text/html;base64,AAAA"])
def test_an_image_needs_no_other_file(uri: str) -> None:
    with pytest.raises(ValueError, match="data URI"):
        Image(uri, "x", "x")
    with pytest.raises(ValueError, match="data URI"):
        Image(None, "x", "x", second=uri)


def test_a_span_stays_on_its_bar() -> None:
    span = Span("0.75", 0.2, 0.75, 1.2, minimum=0.5)
    assert span.percent(span.low) == 0
    assert span.percent(span.value) == 50
    assert span.percent(span.high) == 100


def test_blocks_that_hold_much_are_short_when_printed() -> None:
    table = Table("t" * 400, (Column("a"),), (("x" * 1000,),) * 100)
    image = Image("data:image/png;base64," + "A" * 5000, "alternative", "title")
    report = Report("r" * 400, (Section("s", (table, Gallery("g", (image,)))),) * 20)
    for block in (table, image, report, *report.blocks):
        assert len(repr(block)) < 500


def test_a_report_shows_itself_in_a_notebook() -> None:
    shown = Report("<title>", (Paragraph("text"),))._repr_html_()
    assert shown.startswith("<iframe srcdoc=")
    assert "<title>" not in shown


def test_a_table_reads_itself_out_and_counts_the_rest() -> None:
    table = Table(
        "Numbers", (Column("n"), Column("half", ".1f")), tuple((n, n / 2) for n in range(5))
    )
    assert table.sentence(2) == "Numbers. 0: half 0.0; 1: half 0.5; and 3 more rows."


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, ""), (float("nan"), "\u2013"), (-0.0001, "0.00"), ("a", "a"), (2, "2.00")],
)
def test_a_column_formats_its_cells(cell: str | float | None, text: str) -> None:
    assert Column("c", ".2f").text(cell) == text
