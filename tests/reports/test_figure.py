"""Drawings are the same bytes each time, point nowhere, and bear any name."""

import dataclasses
import io
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from peu.reports import figure as module
from peu.reports.blocks import Figure
from peu.reports.figure import FIRST, SECOND, figure, page_svg, to_svg
from peu.reports.plots import spread
from peu.reports.table import Column, Table


def _figure(title: str = "title", panels: int = 2) -> Figure:
    def draw(axes: "Axes") -> None:
        axes.plot([1, 2, 3], [1, 4, 2], "o-", color=FIRST)
        axes.scatter([1, 2], [2, 2], color=SECOND, alpha=0.5)
        axes.set_title(title)

    table = Table("Values", (Column("x"), Column("y", ".1f")), ((1, 1.0), (2, 4.0), (3, 2.0)))
    return figure(table, [draw] * panels, caption="Values.")


def _drawing(title: str) -> str:
    return to_svg(_figure(title))


def test_the_alternative_text_comes_from_the_table() -> None:
    assert _figure().alternative == "Values. 1: y 1.0; 2: y 4.0; 3: y 2.0."


def test_a_page_gets_panels_side_by_side_and_a_phone_one_below_the_other() -> None:
    wide, narrow = ET.fromstring(f"<p>{page_svg(_figure(), 'salt')}</p>")
    assert (wide.get("class"), narrow.get("class")) == ("wide", "narrow")
    sizes = [
        [float(each) for each in (svg.get("viewBox") or "").split()[2:]] for svg in (wide, narrow)
    ]
    assert sizes[0][0] > 2 * sizes[1][0]
    assert sizes[1][1] == 2 * sizes[0][1]


def test_a_narrow_figure_is_drawn_once() -> None:
    small = dataclasses.replace(_figure(panels=1), width=3.0)
    assert page_svg(small, "salt").count("<svg") == 1


def test_a_png_has_the_colours_of_a_light_page() -> None:
    with Image.open(io.BytesIO(_figure().png)) as image:
        assert image.getpixel((0, 0)) == (255, 255, 255, 255)
        colours = {colour for _, colour in image.getcolors(1 << 20) or ()}
    assert (0x0B, 0x66, 0xB0, 255) in colours


def test_a_figure_is_laid_out_once_for_its_png_and_its_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    laid_out: list[Figure] = []
    real = module._draw

    def noted(plot: Figure, **more: bool) -> Any:
        laid_out.append(plot)
        return real(plot, **more)

    monkeypatch.setattr(module, "_draw", noted)
    plot = _figure()
    assert plot.png
    assert to_svg(plot) == _drawing("title")
    assert laid_out.count(plot) == 1
    # Not kept beyond that.
    assert to_svg(plot)
    assert laid_out.count(plot) == 2


def test_the_same_drawing_is_the_same_bytes() -> None:
    assert _drawing("twice") == _drawing("twice")


def test_nothing_in_it_points_outside() -> None:
    svg = _drawing("http://example.org/x.png")
    without_text = re.sub(r"<text.*?</text>", "", svg, flags=re.DOTALL)
    assert re.findall(r"https?://[^\"]*", without_text) == ["http://www.w3.org/2000/svg"]
    assert set(re.findall(r'href="(.)', svg)) == {"#"}
    assert "<style" not in svg
    assert "metadata" not in svg


def test_every_id_is_used_and_every_use_has_its_id() -> None:
    svg = _drawing("ids")
    ids = re.findall(r' id="([^"]+)"', svg)
    used = set(re.findall(r'(?:url\(#|href="#)([^")]+)', svg))
    assert len(ids) == len(set(ids))
    assert set(ids) == used != set()


def test_colours_are_the_pages() -> None:
    svg = _drawing("colours")
    assert "var(--first" in svg
    assert "var(--ink" in svg
    without_fallbacks = re.sub(r"var\(--\w+, #\w{6}\)", "", svg)
    assert FIRST not in without_fallbacks
    assert SECOND not in without_fallbacks


@pytest.mark.parametrize("title", ["$x_1$", "<script>alert(1)</script>", "アコーディオン", "a & b"])
def test_names_are_text_as_they_are(title: str) -> None:
    root = ET.fromstring(_drawing(title))
    texts = [each.text for each in root.iter() if each.tag.endswith("text")]
    assert title in texts


def test_what_xml_has_no_word_for_is_replaced() -> None:
    root = ET.fromstring(_drawing("a\x1b[31m\x00b"))
    assert "a\ufffd[31m\ufffdb" in [each.text for each in root.iter()]


def test_no_window_is_opened() -> None:
    code = (
        "import sys; from peu.reports.table import Table\n"
        "from peu.reports.figure import figure, page_svg\n"
        "page_svg(figure(Table('t', (), ()), lambda axes: None, caption='c'), 's')\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


def test_offsets_keep_within_their_row() -> None:
    offsets = spread(50, 0.4)
    assert np.abs(offsets).max() <= 0.2
    assert len(np.unique(offsets.round(4))) == 50
