"""Whatever a user calls images, as an `ImageDataset`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import DataError
from peu.images.arrays import array_records, sha256_of_array
from peu.images.colours import UnreadableImage
from peu.images.dataset import ImageDataset
from peu.images.decoding import check_size, to_rgb_image
from peu.images.layouts import Candidate
from peu.images.loading import load_images
from peu.images.metadata import read_records, thumbnail_of
from peu.images.records import ImageMetadata, ImageRecord

ImageLike = str | Path | Image.Image | NDArray[Any]
ImagesLike = ImageDataset | ImageLike | Iterable[ImageLike]

_SETS = {".csv", ".zip", ".npz"}


def as_images(images: ImagesLike) -> ImageDataset:
    """One or many images of any kind as a dataset.

    Args:
        images: a dataset, which is returned as it is; a folder or a set that `load_images`
            takes, whose unusable images are set aside; or one or many of: the path of an image,
            a PIL image, an array (height, width[, 1, 3 or 4 channels]), all of any size; or
            their array (n, height, width[, channels]). Values as in `eight_bits`.

    Returns:
        The images in their order. There are labels only where a folder or a set has them.

    Raises:
        DataError: an image cannot be used; the message names it.

    Example:
        >>> as_images([np.zeros((20, 30), np.uint8), Image.new("RGB", (9, 9))]).shape
        (2,)
    """
    if isinstance(images, ImageDataset):
        return images
    if isinstance(images, str | Path):
        path = Path(images).expanduser()
        if path.is_dir() or path.suffix.lower() in _SETS:
            return load_images(path, labels_required=False)
        images = [path]
    elif isinstance(images, Image.Image) or (isinstance(images, np.ndarray) and _is_one(images)):
        images = [images]
    if isinstance(images, np.ndarray) and images.dtype == np.uint8 and _is_plain(images):
        return ImageDataset("images", Path(), array_records(images, Path()))
    items = list(images)
    paths = [Path(one).expanduser() for one in items if isinstance(one, str | Path)]
    files = iter(read_records([Candidate(path, path.as_posix(), None) for path in paths]))
    records = []
    for number, item in enumerate(items, start=1):
        record = next(files) if isinstance(item, str | Path) else _in_memory(item, number)
        if isinstance(record, str):
            raise DataError(f"{_name(item, number)} must be an image: {record}")
        records.append(record)
    return ImageDataset("images", Path(), tuple(records))


def _is_one(array: NDArray[Any]) -> bool:
    return array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (1, 3, 4))


def _is_plain(arrays: NDArray[np.uint8]) -> bool:
    if arrays.ndim != 3 and (arrays.ndim != 4 or arrays.shape[3] != 3):
        return False
    check_size((arrays.shape[2], arrays.shape[1]))
    return True


def _in_memory(image: Image.Image | NDArray[Any], number: int) -> ImageRecord | str:
    try:
        rgb = to_rgb_image(image)
    except UnreadableImage as error:
        return str(error)
    array = np.asarray(rgb)
    mode = image.mode if isinstance(image, Image.Image) else "RGB"
    metadata = ImageMetadata(
        rgb.width, rgb.height, mode, "memory", sha256_of_array(array), thumbnail_of(rgb)
    )
    key = f"image {number}"
    return ImageRecord(Path(key), key, metadata, array=array)


def _name(image: ImageLike, number: int) -> str:
    return f"`{image}`" if isinstance(image, str | Path) else f"Image {number}"
