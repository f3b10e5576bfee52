"""Heat maps laid over the image that a model was shown."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.images.resizing import ResizeMode

_COLOURS = "inferno"


def overlay(
    image: Image.Image,
    heatmap: Sequence[Sequence[float]],
    *,
    resize_mode: ResizeMode = "stretch",
    input_size: tuple[int, int] = (1, 1),
) -> Image.Image:
    """Blend a coarse heat map into an image, smoothly, at the place the model saw.

    The map is of the model's input, the image resized to `input_size`. With "pad" the map's
    margins lie outside the image and are cut away; with "crop" the model never saw the image's
    margins, which stay cold.

    Args:
        image: upright, of any size.
        heatmap: rows of values in [0, 1]; values outside are clipped.
        resize_mode: how the image was resized for the model.
        input_size: (height, width) of the model's input; only their ratio counts.

    Returns:
        An RGB image of the same size: grey where cold, bright colours where hot.
    """
    import matplotlib as mpl

    heat = np.clip(np.nan_to_num(np.asarray(heatmap, dtype=np.float32)), 0, 1)
    heat = _placed(heat, image.size, resize_mode, input_size)
    grey = np.asarray(image.convert("L"), dtype=np.float32)[..., None] / 255
    glow = mpl.colormaps[_COLOURS](0.15 + 0.8 * heat)[..., :3].astype(np.float32)
    strength = (0.75 * np.sqrt(heat))[..., None]
    blended = grey * (1 - strength) + glow * strength
    return Image.fromarray(np.round(255 * np.clip(blended, 0, 1)).astype(np.uint8))


def _placed(
    heat: NDArray[np.float32],
    size: tuple[int, int],
    resize_mode: ResizeMode,
    input_size: tuple[int, int],
) -> NDArray[np.float32]:
    width, height = size
    input_height, input_width = input_size
    ratio = (width / height) / (input_width / input_height)
    wide, high = width, height
    if resize_mode == "pad":
        wide, high = (width, round(height * ratio)) if ratio > 1 else (round(width / ratio), height)
    elif resize_mode == "crop":
        wide, high = (round(width / ratio), height) if ratio > 1 else (width, round(height * ratio))
    smooth = Image.fromarray(heat).resize((max(1, wide), max(1, high)), Image.Resampling.BICUBIC)
    left, top = (width - smooth.width) // 2, (height - smooth.height) // 2
    whole = Image.new("F", (width, height), 0.0)
    whole.paste(smooth, (left, top))
    return np.clip(np.asarray(whole, dtype=np.float32), 0, 1)
