"""Cleaned copies of image files: each under its own name, and nothing overwritten unasked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from peu.autoencoders.denoise import denoise, plain_grey, to_bytes
from peu.autoencoders.passes import ONCE
from peu.errors import DataError, ResourceError
from peu.files import replacing
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.progress import report
from peu.wording import shown

_STAGE = "Denoising"
_SAVED_AS: dict[str, tuple[str, dict[str, Any]]] = {
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
    """Name an image and its cleaned copy; `reason` says why there is none.

    Attributes:
        source: the image.
        target: the copy, or None.
        reason: one line, or "".
    """

    source: Path
    target: Path | None
    reason: str = ""


def targets_of(
    datasets: list[ImageDataset], output: Path, *, overwrite: bool
) -> list[tuple[Path, ...]]:
    """Choose where every cleaned copy goes, before anything is computed.

    Names and subfolders are kept. A file of a kind that is not written, a GIF for one, gets
    ".png" behind its name.

    Args:
        datasets: the images; each set's names are relative to its own root.
        output: the folder of the copies.
        overwrite: replace copies that are there. An image itself is never replaced.

    Returns:
        One path for each image of each set.

    Raises:
        DataError: two images would have the same copy, or a copy would replace an image.
        ResourceError: a copy is there already.
    """
    chosen = [tuple(_target(output, key) for key in dataset.keys) for dataset in datasets]
    taken: set[Path] = set()
    for dataset, targets in zip(datasets, chosen, strict=True):
        for source, target in zip(dataset.paths, targets, strict=True):
            if target in taken:
                raise DataError(
                    f"Two images would both be written to {shown(target)}. Give folders of "
                    "different names one by one, each with another --output."
                )
            taken.add(target)
            if not target.exists():
                continue
            if source.exists() and target.samefile(source):
                raise DataError(
                    f"A cleaned copy must not replace its image: {shown(source)}. Choose "
                    "another folder with --output."
                )
            if not overwrite:
                raise ResourceError(
                    f"{shown(target)} must not exist yet: nothing is overwritten unasked. Choose "
                    "another folder with --output, or say --overwrite."
                )
    return chosen


def write_cleaned(
    model: Autoencoder,
    dataset: ImageDataset,
    targets: tuple[Path, ...],
    *,
    plain: bool = False,
) -> Iterator[CleanedFile]:
    """Clean every image of a set and write it, one at a time.

    Args:
        model: a denoiser.
        dataset: the images, at their own sizes.
        targets: of `targets_of`.
        plain: run the network once, as it is.

    Yields:
        One entry an image; a file that changed or went away meanwhile is set aside.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    passes = ONCE if plain else None
    report(_STAGE, 0, len(targets))
    for number, target in enumerate(targets):
        source = dataset.paths[number]
        try:
            image = np.asarray(dataset.read(number))
        except DataError as error:
            yield CleanedFile(source, None, str(error))
        else:
            cleaned = to_bytes(denoise(model, plain_grey(image), passes=passes))
            _save(cleaned, target)
            yield CleanedFile(source, target)
        report(_STAGE, number + 1, len(targets))


def _target(output: Path, key: str) -> Path:
    path = output / key
    return path if path.suffix.lower() in _SAVED_AS else path.with_name(path.name + ".png")


def _save(pixels: np.ndarray[Any, np.dtype[np.uint8]], target: Path) -> None:
    kind, settings = _SAVED_AS[target.suffix.lower()]
    image = Image.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    with replacing(target) as draft:
        image.save(draft, format=kind, **settings)
