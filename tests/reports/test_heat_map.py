"""Heat maps lie where the model saw the image."""

import base64
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from peu.images.resizing import ResizeMode
from peu.reports.heat_map import overlay
from peu.reports.thumbnails import jpeg_uri, thumbnail

HOT_TOP = ((1.0, 1.0), (1.0, 1.0), (0.0, 0.0), (0.0, 0.0))


def _colourfulness(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image, dtype=np.int64)
    spread: np.ndarray = pixels.max(axis=2) - pixels.min(axis=2)
    return spread


def test_a_data_uri_is_the_image() -> None:
    image = Image.new("RGB", (30, 20), (200, 30, 30))
    head, content = jpeg_uri(image).split(",")
    assert head == "data:image/jpeg;base64"
    again = Image.open(io.BytesIO(base64.b64decode(content)))
    assert again.size == (30, 20)
    assert np.abs(np.asarray(again, dtype=int) - np.asarray(image, dtype=int)).max() < 12


def test_a_thumbnail_keeps_its_proportions_and_the_original() -> None:
    image = Image.new("L", (1000, 500))
    assert thumbnail(image, 100).size == (100, 50)
    assert thumbnail(image, 100).mode == "RGB"
    assert image.size == (1000, 500)
    assert thumbnail(Image.new("RGB", (10, 5)), 100).size == (10, 5)


def test_a_stretched_map_covers_the_image() -> None:
    glow = _colourfulness(overlay(Image.new("RGB", (80, 40), "grey"), HOT_TOP))
    assert glow[:12].min() > 30
    assert glow[-12:].max() == 0


def test_padding_is_cut_away() -> None:
    # Of an 80 x 40 image in a square, the map's outer quarters lie on the padding.
    image = Image.new("RGB", (80, 40), "grey")
    outside = ((1.0,), (0.0,), (0.0,), (0.0,), (0.0,), (0.0,), (0.0,), (1.0,))
    assert _colourfulness(overlay(image, outside, resize_mode="pad")).max() == 0
    assert _colourfulness(overlay(image, outside, resize_mode="stretch")).max() > 30


def test_what_a_crop_left_out_stays_cold() -> None:
    glow = _colourfulness(
        overlay(Image.new("RGB", (80, 40), "grey"), ((1.0,),), resize_mode="crop")
    )
    assert glow[:, :18].max() == glow[:, -18:].max() == 0
    assert glow[:, 22:58].min() > 30


@settings(max_examples=30, deadline=None)
@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    resize_mode=st.sampled_from(["pad", "stretch", "crop"]),
    input_size=st.tuples(st.integers(8, 300), st.integers(8, 300)),
)
def test_an_overlay_has_the_images_size(
    width: int, height: int, resize_mode: ResizeMode, input_size: tuple[int, int]
) -> None:
    image = Image.new("RGB", (width, height), "white")
    heat = ((float("nan"), 2.0), (-1.0, 0.5))
    assert overlay(image, heat, resize_mode=resize_mode, input_size=input_size).size == (
        width,
        height,
    )


@pytest.mark.parametrize("mode", ["L", "RGBA", "CMYK", "1"])
def test_any_mode_can_be_shown(mode: str) -> None:
    assert jpeg_uri(Image.new(mode, (8, 8))).startswith("data:image/jpeg")
