"""Resizing modes, and one image read whole: decoded and resized."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from broken_images import drawing
from peu.errors import RecipeError
from peu.images.decoding import (
    read_image,
    resize_image,
)

DRAWING = Image.fromarray(drawing())


@given(
    size=st.tuples(st.integers(8, 90), st.integers(8, 90)),
    target=st.tuples(st.integers(8, 64), st.integers(8, 64)),
    resize_mode=st.sampled_from(["pad", "stretch", "crop"]),
)
@settings(deadline=None)
def test_every_fit_gives_the_size_that_was_asked_for(
    size: tuple[int, int], target: tuple[int, int], resize_mode: str
) -> None:
    pixels = resize_image(Image.new("RGB", size, (10, 200, 30)), target, resize_mode)  # type: ignore[arg-type]

    assert pixels.shape == (*target, 3)
    assert pixels.dtype == np.uint8
    assert (pixels == (10, 200, 30)).all()


def test_padding_keeps_the_whole_image_and_its_shape() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste("black", (10, 5, 30, 15))

    pixels = resize_image(image, (40, 40), "pad")

    assert np.array_equal(pixels[10:30], np.asarray(image))
    assert (pixels[:10] == 255).all()
    assert (pixels[30:] == 255).all()


def test_cropping_takes_the_middle() -> None:
    image = Image.new("RGB", (60, 20), "red")
    image.paste("blue", (20, 0, 40, 20))

    pixels = resize_image(image, (20, 20), "crop")

    assert (pixels[:, 2:-2] == (0, 0, 255)).all()


def test_shrinking_averages() -> None:
    checks = np.indices((64, 64)).sum(axis=0) % 2 * np.uint8(255)
    image = Image.fromarray(checks.astype(np.uint8)).convert("RGB")

    pixels = resize_image(image, (8, 8), "stretch")

    assert np.abs(pixels.astype(int) - 127).max() <= 6


def test_an_unknown_fit_is_refused() -> None:
    with pytest.raises(RecipeError, match="resize_mode"):
        resize_image(DRAWING, (8, 8), "squash")  # type: ignore[arg-type]


def test_reading_is_decoding_and_resizing(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    DRAWING.save(path)

    assert np.array_equal(read_image(path, (30, 40), "pad"), np.asarray(DRAWING))
