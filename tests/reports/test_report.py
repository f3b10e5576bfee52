"""Blocks refuse what no page could show."""

import pytest

from peu.reports.report import Column, Image, Span, Table


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
