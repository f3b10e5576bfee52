"""The forms in which a predictor takes images."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import DataError
from peu.images.decoding import decode_image, to_rgb_image

if TYPE_CHECKING:
    from peu.images.dataset import ImageDataset

ImageLike = str | Path | Image.Image | NDArray[Any]
Images: TypeAlias = "ImageDataset | ImageLike | Iterable[ImageLike]"


def opened(images: Images, *, shorter: int | None = None) -> Iterator[Image.Image]:
    """Open images one after the other, upright and in RGB.

    Args:
        images: a dataset, a folder, or paths, PIL images or arrays, one or many.
        shorter: what the shorter side is resized to afterwards, as in `decode_image`.

    Raises:
        DataError: an image cannot be used; the message names it.
    """
    from peu.images.dataset import ImageDataset

    if isinstance(images, ImageDataset):
        yield from images.read_all(shorter=shorter)
        return
    if isinstance(images, (str, Path)) and Path(images).is_dir():
        from peu.images.loading import load_images

        dataset = load_images(images, labels_required=False, to_learn=False)
        yield from dataset.read_all(shorter=shorter)
        return
    for number, image in enumerate(_listed(images), start=1):
        try:
            if isinstance(image, (str, Path)):
                yield decode_image(Path(image), shorter=shorter).image
            else:
                yield to_rgb_image(image)
        except DataError as error:
            name = f"`{image}`" if isinstance(image, (str, Path)) else f"Image {number}"
            raise DataError(f"{name} must be an image: {error}") from error


def _listed(images: ImageLike | Iterable[ImageLike]) -> Sequence[ImageLike]:
    if isinstance(images, (str, Path, Image.Image)):
        return [images]
    if isinstance(images, np.ndarray) and images.ndim in (2, 3):
        return [images]
    return list(images)
