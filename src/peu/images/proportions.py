"""Images in their own proportions, for networks that take any multiple of 32."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

MULTIPLE = 32
LONGEST = 448


def proportional_size(size: tuple[int, int], shorter: int) -> tuple[int, int]:
    """Size for a network that takes any multiple of 32: nothing padded, nothing cut off.

    Args:
        size: (width, height) of the image, in pixels.
        shorter: what the shorter side is resized to, about.

    Returns:
        (width, height), multiples of 32 from 32 to 448.

    Example:
        >>> proportional_size((300, 200), 256)
        (384, 256)
    """
    scale = shorter / min(size)
    width, height = (
        min(LONGEST, max(MULTIPLE, round(side * scale / MULTIPLE) * MULTIPLE)) for side in size
    )
    return width, height


def resize_proportionally(image: Image.Image, shorter: int) -> NDArray[np.uint8]:
    """Resize an RGB image to `proportional_size`: (height, width, 3).

    In two passes, across and then down, rounded after each: left to itself, Pillow 13 takes the
    cheaper order, and where the filter overshoots black or white the order shows.
    """
    width, height = proportional_size(image.size, shorter)
    across = image.resize((width, image.height), Image.Resampling.BICUBIC)
    return np.asarray(across.resize((width, height), Image.Resampling.BICUBIC), np.uint8)
