"""Resizing to a fixed size: padded, stretched or cropped, averaged where it shrinks."""

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import check_setting

ResizeMode = Literal["pad", "stretch", "crop"]


def resize_image(
    image: Image.Image, image_size: tuple[int, int], resize_mode: ResizeMode
) -> NDArray[np.uint8]:
    """Resize an RGB image, averaging over the pixels that fall together.

    Args:
        image: mode RGB.
        image_size: (height, width) in pixels.
        resize_mode: "pad" keeps the whole image and its shape, and fills the rest by drawing the
            image's own edge on outwards: no filling is better in general
            (`benchmarks/padding.py`), and this one adds no line to the image; "stretch" keeps
            the whole image but not its shape; "crop" keeps the shape and cuts the longer side
            evenly.

    Returns:
        (height, width, 3) uint8.

    Raises:
        RecipeError: an unknown `resize_mode`.
    """
    _check_resize_mode(resize_mode)
    height, width = image_size
    if resize_mode == "stretch":
        return _pixels(image, (width, height))
    across, down = width / image.width, height / image.height
    if resize_mode == "crop":
        scale = max(across, down)
        left = (image.width - width / scale) / 2
        top = (image.height - height / scale) / 2
        left, top = max(left, 0), max(top, 0)
        box = (left, top, image.width - left, image.height - top)
        return _pixels(image, (width, height), box)
    scale = min(across, down)
    inner_width = min(width, max(1, round(image.width * scale)))
    inner_height = min(height, max(1, round(image.height * scale)))
    inner = _pixels(image, (inner_width, inner_height))
    if inner.shape[:2] == (height, width):
        return inner
    above, before = (height - inner_height) // 2, (width - inner_width) // 2
    below, after = height - inner_height - above, width - inner_width - before
    return np.pad(inner, ((above, below), (before, after), (0, 0)), mode="edge")


def check_image_size(image_size: object, resize_mode: object) -> None:
    """Refuse an image size out of all proportion, or an unknown way to reach it.

    Raises:
        RecipeError: `image_size` is not (height, width) of 8 to 2048 pixels each, or
            `resize_mode` is not one of `ResizeMode`.
    """
    check_setting(
        "image_size",
        holds=isinstance(image_size, tuple)
        and len(image_size) == 2
        and all(isinstance(side, int) and 8 <= side <= 2048 for side in image_size),
        expected="(height, width), each a whole number from 8 to 2048 pixels",
        received=image_size,
        advice="224 is what most backbones were trained on.",
    )
    _check_resize_mode(resize_mode)


def _check_resize_mode(resize_mode: object) -> None:
    modes = get_args(ResizeMode)
    check_setting(
        "resize_mode",
        holds=resize_mode in modes,
        expected=f"one of {', '.join(modes)}",
        received=resize_mode,
        advice="Choose one of these.",
    )


def _pixels(
    image: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float] | None = None,
) -> NDArray[np.uint8]:
    # Pillow widens its filter by the scale, so that shrinking averages and does not alias.
    resized = image.resize(size, Image.Resampling.BILINEAR, box=box)
    return np.array(resized, dtype=np.uint8)
