"""The rules by which any image becomes red, green and blue of 8 bits each."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import DataError

_CHUNK = 1 << 18
_TWELVE_BITS = 4095
_SIXTEEN_BITS = 65535
_ON_WHITE = "partly transparent: laid on white"


class UnreadableImage(DataError):  # noqa: N818 - it is what is set aside, not a fault
    """An image cannot be used; the message is the reason, in one line."""


def eight_bits(values: NDArray[np.generic]) -> tuple[NDArray[np.uint8], str | None]:
    """Scale pixel values of any depth to 0 to 255.

    The rules look at one image at a time and never stretch its contrast, so brightness can
    still be compared between images. Values of 0 to 4095 in 16 bits are what 12-bit
    cameras write: over the full range they would be all but black.

    Args:
        values: pixels of any shape. Booleans are black and white; uint8 stays; other whole
            numbers are 12-bit where none is above 4095, else 16-bit; floats are 0 to 1 where
            none is above 1, else 0 to 255.

    Returns:
        The same shape in uint8, and what was done, or None where nothing was.

    Raises:
        UnreadableImage: values outside these ranges, or not a number.

    Example:
        >>> eight_bits(np.array([0, 65535], np.uint16))[0].tolist()
        [0, 255]
    """
    if values.dtype == np.uint8:
        return values.astype(np.uint8, copy=False), None
    if values.dtype == np.bool_:
        return values.astype(np.uint8) * np.uint8(255), None
    kind = values.dtype.kind
    if kind not in "iuf":
        raise UnreadableImage(f"its values are {values.dtype}, not numbers")
    if values.size == 0:
        return values.astype(np.uint8), None
    if kind == "f" and not np.isfinite(values).all():
        raise UnreadableImage("some of its values are not finite numbers (NaN or infinity)")
    low, high = float(values.min()), float(values.max())
    if kind == "f":
        limit, depth = (1, "floats of 0 to 1") if high <= 1 else (255, "floats of 0 to 255")
    elif high <= _TWELVE_BITS:
        limit, depth = _TWELVE_BITS, "12 bits in 16"
    else:
        limit, depth = _SIXTEEN_BITS, "16 bits"
    if low < 0 or high > limit:
        raise UnreadableImage(
            f"its values go from {low:g} to {high:g}: whole numbers of 0 to 65535, or fractions "
            "of 0 to 1 or 0 to 255, are read"
        )
    scale = np.float32(255 / limit)
    flat = values.reshape(-1)
    scaled = np.empty(flat.shape, np.uint8)
    for part in _slices(len(flat), _CHUNK):
        scaled[part] = np.rint(flat[part].astype(np.float32) * scale)
    return scaled.reshape(values.shape), f"{depth}: scaled to 8 bits"


def to_rgb(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    """Convert a loaded image of any mode to RGB, without turning it.

    Grey, palette and black-and-white images become RGB as they look; transparency is laid
    on white, as on a page; CMYK is converted by Pillow's plain formula; colour profiles are
    not applied; `eight_bits` says how deeper images are scaled.

    Returns:
        The image in mode RGB, and notes on what was lost or assumed.

    Raises:
        UnreadableImage: no rule covers the image's mode or values.
    """
    if image.mode == "RGB" and "transparency" not in image.info:
        return image, ()
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        grey, note = eight_bits(np.asarray(image))
        return Image.fromarray(grey).convert("RGB"), (note,) if note else ()
    if image.has_transparency_data:
        return _on_white(image)
    if image.mode == "CMYK":
        return image.convert("RGB"), ("CMYK: converted by the plain formula",)
    return image.convert("RGB"), ()


def _on_white(image: Image.Image) -> tuple[Image.Image, tuple[str, ...]]:
    page = Image.new("RGB", image.size)
    seen_through = False
    for rows in _slices(image.height, max(1, _CHUNK // image.width)):
        layer = image.crop((0, rows.start, image.width, rows.stop)).convert("RGBA")
        seen_through |= layer.getchannel("A").getextrema()[0] != 255
        white = Image.new("RGBA", layer.size, "white")
        white.alpha_composite(layer)
        page.paste(white.convert("RGB"), (0, rows.start))
    return page, (_ON_WHITE,) if seen_through else ()


def _slices(count: int, step: int) -> Iterator[slice]:
    """Slices of `step` each: what is computed meanwhile takes the memory of one."""
    for start in range(0, count, step):
        yield slice(start, min(start + step, count))
