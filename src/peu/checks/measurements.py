"""What is measured of each image's pixels and file: light, sharpness, borders, compression."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.images.cache import cached
from peu.images.dataset import ImageDataset

_VERSION = 1
_SIDE = 256
_PATCH = 0.06
"""Side of a corner, and width of a border, as a share of the shorter side."""
_NOT_JPEG = 0.0


@dataclass(frozen=True, eq=False)
class Measurements:
    """Figures of n images; colours and grey values from 0 to 255.

    Attributes:
        corners: (n, 12) mean colour of the corners: top left and right, bottom left and right.
        borders: (n, 12) mean colour along the top, bottom, left and right border.
        colour: (n, 6) mean colour and its standard deviation.
        dark: (n,) grey value that 95 % of the pixels stay below.
        contrast: (n,) standard deviation of the grey values.
        blur: (n,) from 0 (sharp) to 1 (blurred), after Crete et al. (2007); NaN where it was not
            measured.
        quantisation: (n,) mean of the JPEG quantisation table, which falls as quality rises; 0 for
            what is no JPEG.
    """

    corners: NDArray[np.float32]
    borders: NDArray[np.float32]
    colour: NDArray[np.float32]
    dark: NDArray[np.float32]
    contrast: NDArray[np.float32]
    blur: NDArray[np.float32]
    quantisation: NDArray[np.float32]


def measure(images: ImageDataset, *, sharpness: bool = True) -> Measurements:
    """Measure every image, or read what was measured before.

    Args:
        images: n images.
        sharpness: measure blur too, which takes most of the time.

    Raises:
        DataError: a file was changed or removed since the set was loaded.

    Source: Crete, Dolmiere, Ladret and Nicolas (2007), "The blur effect".
    """
    rows = cached(
        images,
        ("measurements", _VERSION) if sharpness else ("colour measurements", _VERSION),
        lambda batch: np.stack(
            [_measured(batch, at, sharpness=sharpness) for at in range(len(batch))]
        ),
        phase="Measuring images",
    )
    return Measurements(
        rows[:, :12],
        rows[:, 12:24],
        rows[:, 24:30],
        rows[:, 30],
        rows[:, 31],
        rows[:, 32],
        rows[:, 33],
    )


def _measured(images: ImageDataset, at: int, *, sharpness: bool) -> NDArray[np.float32]:
    # A large photo decoded at a part of its size keeps its colours, not its sharpness.
    image = images.read(at, shorter=None if sharpness else _SIDE)
    scale = min(1.0, _SIDE / max(image.size))
    size = max(8, round(image.width * scale)), max(8, round(image.height * scale))
    small = image.resize(size, Image.Resampling.BOX)
    pixels = np.asarray(small, np.float32)
    grey = np.asarray(small.convert("L"), np.float32)
    contrast = float(grey.std())
    blur = _blur(grey, contrast) if sharpness else np.nan
    patch = max(2, round(_PATCH * min(grey.shape)))
    ends = (slice(None, patch), slice(-patch, None))
    corners = [pixels[rows, columns].mean(axis=(0, 1)) for rows in ends for columns in ends]
    borders = [pixels[rows].mean(axis=(0, 1)) for rows in ends]
    borders += [pixels[:, columns].mean(axis=(0, 1)) for columns in ends]
    values = [
        *corners,
        *borders,
        pixels.mean(axis=(0, 1)),
        pixels.std(axis=(0, 1)),
        [np.percentile(grey, 95), contrast, blur, _quantisation(images, at)],
    ]
    return np.concatenate(values).astype(np.float32)


def _blur(grey: NDArray[np.float32], contrast: float) -> float:
    from skimage.measure import blur_effect

    return float(blur_effect(grey / 255)) if contrast > 1 else 1.0


def _quantisation(images: ImageDataset, at: int) -> float:
    record = images.records[at]
    if record.array is not None or record.metadata.format not in ("JPEG", "MPO"):
        return _NOT_JPEG
    try:
        with Image.open(record.path) as opened:
            tables = getattr(opened, "quantization", {})
    except (OSError, ValueError):
        return _NOT_JPEG
    return float(np.mean(tables[0])) if tables else _NOT_JPEG
