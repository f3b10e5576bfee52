"""Any image to one size: padded, stretched or cropped, and averaged where it shrinks."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.recipes.checks import ResizeMode, check_choice


def resize_image(
    image: Image.Image, image_size: tuple[int, int], resize_mode: ResizeMode
) -> NDArray[np.uint8]:
    """Bring an RGB image to a size, averaging over the pixels that fall together.

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
    check_choice("resize_mode", resize_mode, ResizeMode)
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


def _pixels(
    image: Image.Image,
    size: tuple[int, int],
    box: tuple[float, float, float, float] | None = None,
) -> NDArray[np.uint8]:
    # Pillow widens its filter by the scale, so that shrinking averages and does not alias.
    resized = image.resize(size, Image.Resampling.BILINEAR, box=box)
    return np.array(resized, dtype=np.uint8)
