"""Images inside a page: small JPEGs as data URIs, and heat maps laid over them."""

import base64
import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.recipes.checks import ResizeMode

_QUALITY = 82
_GLOW = "inferno"


def thumbnail(image: Image.Image, longest: int = 280) -> Image.Image:
    """Give an RGB copy whose longer side has at most `longest` pixels."""
    small = image.convert("RGB")
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return small


def data_uri(image: Image.Image) -> str:
    """Give an image as the data URI of a JPEG, which an `<img>` shows without any file."""
    stream = io.BytesIO()
    image.convert("RGB").save(stream, format="JPEG", quality=_QUALITY, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def png_uri(image: Image.Image) -> str:
    """Give an image as the data URI of a PNG, which keeps every pixel as it is."""
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode("ascii")


def overlay(
    image: Image.Image,
    heatmap: Sequence[Sequence[float]],
    *,
    resize_mode: ResizeMode = "stretch",
    input_size: tuple[int, int] = (1, 1),
) -> Image.Image:
    """Lay a coarse heat map over an image, smoothly, where the model saw it.

    The model saw the image brought to `input_size`; the map is of that input. With "pad" its
    margins lie outside the image and are cut away; with "crop" the image's own margins were
    never seen and stay cold.

    Args:
        image: what is shown, upright, of any size.
        heatmap: rows of values in [0, 1]; values outside are clipped.
        resize_mode: how the image was brought to the input.
        input_size: (height, width) of the input; only its proportion counts.

    Returns:
        An RGB image of the same size: grey where cold, glowing where hot.
    """
    import matplotlib as mpl

    heat = np.clip(np.nan_to_num(np.asarray(heatmap, dtype=np.float32)), 0, 1)
    heat = _on_image(heat, image.size, resize_mode, input_size)
    grey = np.asarray(image.convert("L"), dtype=np.float32)[..., None] / 255
    glow = mpl.colormaps[_GLOW](0.15 + 0.8 * heat)[..., :3].astype(np.float32)
    strength = (0.75 * np.sqrt(heat))[..., None]
    blended = grey * (1 - strength) + glow * strength
    return Image.fromarray(np.round(255 * np.clip(blended, 0, 1)).astype(np.uint8))


def _on_image(
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
    placed = Image.new("F", (width, height), 0.0)
    placed.paste(smooth, (left, top))
    return np.clip(np.asarray(placed, dtype=np.float32), 0, 1)
