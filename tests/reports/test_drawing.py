"""Drawings are the same bytes each time, point nowhere, and bear any name."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.reports.drawing import FIRST, canvas, finish, label, number, spread, styled


def _drawing(title: str) -> str:
    with styled():
        figure, (axes, _) = canvas(4, 3, columns=2)
        axes.plot([1, 2, 3], [1, 4, 2], "o-", color=FIRST)
        axes.set_title(title)
        return finish(figure)


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
    assert not re.findall(r"#0101\d\d", svg)


@pytest.mark.parametrize("title", ["$x_1$", "<script>alert(1)</script>", "アコーディオン", "a & b"])
def test_names_are_text_as_they_are(title: str) -> None:
    root = ET.fromstring(_drawing(title))
    texts = [each.text for each in root.iter() if each.tag.endswith("text")]
    assert title in texts


def test_no_window_is_opened() -> None:
    code = (
        "import sys; from peu.reports.drawing import canvas, finish, styled\n"
        "with styled(): finish(canvas(2, 2)[0])\n"
        "sys.exit('matplotlib.pyplot' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0


@given(st.text())
def test_labels_are_short_lines(text: str) -> None:
    short = label(text)
    assert 1 <= len(short) <= 24
    assert short.isprintable()
    assert label(short) == short


def test_numbers() -> None:
    assert number(0.98649) == "0.986"
    assert number(-2.04, 1) == "\u22122.0"
    assert number(-0.0001) == "0.000"
    assert number(float("nan")) == number(float("inf")) == "\u2013"


def test_offsets_keep_within_their_row() -> None:
    offsets = spread(50, 0.4)
    assert np.abs(offsets).max() <= 0.2
    assert len(np.unique(offsets.round(4))) == 50
