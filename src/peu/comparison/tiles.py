"""Images side by side in one image file."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.files import replacing


def write_tiles(path: Path, pixels: NDArray[np.generic]) -> None:
    """Write rows of equally large images as one PNG, without a gap between them.

    Args:
        path: of the file; it is replaced, and its folder made if missing.
        pixels: (rows, columns, height, width, channels), 1 channel or 3; what lies outside 0 to
            255 is clipped.

    Raises:
        DiskError: the disk is full or cannot be written.
    """
    rows, columns, height, width, channels = pixels.shape
    whole = pixels.swapaxes(1, 2).reshape(rows * height, columns * width, channels)
    image = np.rint(np.clip(whole.astype(np.float32), 0, 255)).astype(np.uint8)
    with replacing(path) as draft:
        Image.fromarray(image[..., 0] if channels == 1 else image).save(draft, format="PNG")
