"""A denoiser at work on pictures of any size, in bounded memory."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError
from peu.fitted.autoencoder import Autoencoder
from peu.recipes.denoising import Denoising

TILE = 512
_MARGIN_STEPS = 12
_PIXELS_AT_ONCE = 1 << 20
_NETWORK = "denoiser"


def load_denoiser(folder: str | Path) -> Autoencoder:
    """Load a saved denoiser.

    Raises:
        BundleError: no bundle, damaged, or another kind of model.
    """
    model = Autoencoder.load(folder)
    if not isinstance(model.recipe, Denoising):
        raise BundleError(
            f"`{folder}` must hold a denoiser. Received: {model.recipe.kind}. Name a folder that "
            "`peu denoise train` wrote."
        )
    return model


def denoise(model: Autoencoder, pixels: NDArray[Any], *, tile: int = TILE) -> NDArray[np.float32]:
    """Take the noise out of one picture.

    A large picture is cleaned in tiles that overlap by more than the network looks around, so
    that no seams appear and memory does not grow with the picture. A colour picture is cleaned
    channel by channel where the network learnt from grey ones.

    Args:
        model: a denoiser.
        pixels: (height, width, 1 or 3), of 0 to 255.
        tile: longest side in pixels that the network sees at once, without the overlap.

    Returns:
        Intensities of the same shape, in [0, 1].
    """
    stride = model.recipe.stride
    height, width, channels = pixels.shape
    padded = np.pad(pixels, ((0, -height % stride), (0, -width % stride), (0, 0)), mode="symmetric")
    margin = _MARGIN_STEPS * stride
    step = max(stride, tile // stride * stride)
    clean = np.empty((height, width, channels), np.float32)
    for top in range(0, height, step):
        for left in range(0, width, step):
            first_row, first_column = max(0, top - margin), max(0, left - margin)
            seen = padded[first_row : top + step + margin, first_column : left + step + margin]
            cleaned = _run(model, seen[None])[0]
            part = clean[top : top + step, left : left + step]
            start_row, start_column = top - first_row, left - first_column
            part[...] = cleaned[
                start_row : start_row + part.shape[0],
                start_column : start_column + part.shape[1],
            ]
    return clean


def denoise_batch(model: Autoencoder, pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Take the noise out of pictures of one size that the network can halve.

    Args:
        model: a denoiser.
        pixels: (n, height, width, 1 or 3), of 0 to 255.

    Returns:
        Intensities of the same shape, in [0, 1].
    """
    return _run(model, pixels)


def _run(model: Autoencoder, pixels: NDArray[Any]) -> NDArray[np.float32]:
    """Run the network on what it knows: each channel as a grey picture, or grey as a colour."""
    count, height, width, channels = pixels.shape
    at_once = max(1, _PIXELS_AT_ONCE // (height * width))
    if channels == model.channels:
        clean = model.run(_NETWORK, pixels, at_once)
    elif model.channels == 1:
        apart = np.moveaxis(pixels, 3, 1).reshape(-1, height, width, 1)
        cleaned = model.run(_NETWORK, apart, at_once)
        clean = np.moveaxis(cleaned.reshape(count, channels, height, width), 1, 3)
    else:
        coloured = model.run(_NETWORK, np.repeat(pixels, 3, axis=3), at_once)
        clean = coloured.mean(axis=3, keepdims=True)
    return np.clip(clean, 0, 1)


def to_bytes(intensities: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Round intensities of 0 to 1 to pixels of 0 to 255."""
    return np.rint(255 * intensities).astype(np.uint8)


def plain_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Give (height, width, 1) where red, green and blue of (height, width, 3) are the same."""
    red = pixels[..., :1]
    return red if np.array_equal(np.repeat(red, 3, axis=2), pixels) else pixels
