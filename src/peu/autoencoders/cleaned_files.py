"""Denoised copies of image files, each under its own name."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.autoencoders.denoiser import Denoiser
from peu.errors import DataError, ResourceError
from peu.files import replacing
from peu.images.dataset import ImageDataset
from peu.progress import report
from peu.wording import quoted

_PHASE = "Denoising"
_FORMATS: dict[str, tuple[str, dict[str, Any]]] = {
    ".jpg": ("JPEG", {"quality": 95}),
    ".jpeg": ("JPEG", {"quality": 95}),
    ".png": ("PNG", {}),
    ".tif": ("TIFF", {"compression": "tiff_deflate"}),
    ".tiff": ("TIFF", {"compression": "tiff_deflate"}),
    ".bmp": ("BMP", {}),
    ".webp": ("WEBP", {"lossless": True}),
}


@dataclass(frozen=True)
class CleanedFile:
    """An image and its denoised copy, or the reason why there is none.

    Attributes:
        source: the image.
        target: the copy, or None.
        reason: one line, or "".
    """

    source: Path
    target: Path | None
    reason: str = ""


def choose_targets(
    datasets: list[ImageDataset], output: Path, *, overwrite: bool
) -> list[tuple[Path, ...]]:
    """Choose the path of every copy, before anything is computed.

    Names and subfolders are kept. A file in a format that is not written, such as GIF, gets
    ".png" after its name.

    Args:
        datasets: the images; names are relative to each dataset's root.
        output: the folder of the copies.
        overwrite: replace existing copies. An image itself is never replaced.

    Returns:
        One path for each image of each dataset.

    Raises:
        DataError: two images would have the same copy, or a copy would replace an image.
        ResourceError: a copy already exists.
    """
    chosen = [tuple(_target(output, key) for key in dataset.keys) for dataset in datasets]
    used: set[Path] = set()
    for dataset, targets in zip(datasets, chosen, strict=True):
        for source, target in zip(dataset.paths, targets, strict=True):
            if target in used:
                raise DataError(
                    f"Two images would both be written to {quoted(target)}. Give folders of "
                    "different names one by one, each with another --output."
                )
            used.add(target)
            if not target.exists():
                continue
            if source.exists() and target.samefile(source):
                raise DataError(
                    f"A denoised copy must not replace its image: {quoted(source)}. Choose "
                    "another folder with --output."
                )
            if not overwrite:
                raise ResourceError(
                    f"{quoted(target)} already exists. Choose another folder with --output, or "
                    "pass --overwrite."
                )
    return chosen


def write_cleaned(
    denoiser: Denoiser,
    dataset: ImageDataset,
    targets: tuple[Path, ...],
    *,
    once: bool = False,
) -> Iterator[CleanedFile]:
    """Denoise every image of a dataset and write it, one at a time.

    Args:
        denoiser: fitted.
        dataset: the images, at their own sizes.
        targets: from `choose_targets`.
        once: run the network once, as in `Denoiser.denoise`.

    Yields:
        One entry per image; a file that has changed or disappeared is set aside.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    report(_PHASE, 0, len(targets))
    for number, target in enumerate(targets):
        source = dataset.paths[number]
        try:
            image = np.asarray(dataset.read(number))
        except DataError as error:
            yield CleanedFile(source, None, str(error))
        else:
            intensities = denoiser.denoise(without_colour(image), once=once)
            _save(np.rint(255 * intensities).astype(np.uint8), target)
            yield CleanedFile(source, target)
        report(_PHASE, number + 1, len(targets))


def without_colour(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Reduce (height, width, 3) to (height, width, 1) where all channels are the same."""
    red = pixels[..., :1]
    return red if np.array_equal(np.repeat(red, 3, axis=2), pixels) else pixels


def _target(output: Path, key: str) -> Path:
    path = output / key
    return path if path.suffix.lower() in _FORMATS else path.with_name(path.name + ".png")


def _save(pixels: NDArray[np.uint8], target: Path) -> None:
    kind, settings = _FORMATS[target.suffix.lower()]
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    with replacing(target) as draft:
        image.save(draft, format=kind, **settings)
