"""Training and test arrays of an auto-encoder, from a dataset."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.duplicates import duplicate_groups
from peu.images.image_size import Channels
from peu.images.resizing import ResizeMode
from peu.images.splits import predefined_split
from peu.seeds import child_seed

_DEFAULT_SIDE = 64
_LARGEST_OWN_SIDE = 64
_SMALLEST_SIDE = 8
_MOST_GROUPED = 20_000
_LUMINANCE = np.array([299, 587, 114], np.uint32)


@dataclass(frozen=True, eq=False, kw_only=True)
class ImageSet:
    """Training and test images of an auto-encoder, as arrays.

    Attributes:
        train: (n, height, width, channels) uint8.
        test: (m, height, width, channels) uint8; nothing is learnt or chosen on them.
        train_indices: (n,) of the images in the dataset.
        test_indices: (m,) of the images in the dataset.
        tested_on: where the test images come from, in words.
    """

    train: NDArray[np.uint8]
    test: NDArray[np.uint8]
    train_indices: NDArray[np.int64]
    test_indices: NDArray[np.int64]
    tested_on: str

    @property
    def image_size(self) -> tuple[int, int]:
        """The (height, width) in pixels of every image."""
        height, width = self.train.shape[1:3]
        return height, width

    @property
    def channels(self) -> int:
        """1 for grey, 3 for red, green and blue."""
        return int(self.train.shape[3])


def image_set(
    dataset: ImageDataset,
    *,
    image_size: tuple[int, int] | None = None,
    resize_mode: ResizeMode = "crop",
    channels: Channels = "auto",
    multiple: int = 4,
    test_share: float = 0.2,
    seed: int = 0,
) -> ImageSet:
    """Bring images to one size and number of channels, and split them.

    Args:
        dataset: images, with or without labels.
        image_size: (height, width) in pixels; None takes the images' own size where all have
            the same and no side is above 64, else 64 x 64.
        resize_mode: how an image of another shape is brought there.
        channels: "auto" is grey where every image is grey, whatever its file says.
        multiple: what the sides of a size that is not given must be divisible by.
        test_share: held out where the set has no test images of its own, in (0, 1).
        seed: of what is held out.

    Returns:
        The images, in the order of the dataset.

    Raises:
        DataError: fewer than two different images, or a file that changed.
    """
    train, test, tested_on = split_images(dataset, test_share, seed)
    size = image_size or default_image_size(dataset, multiple)
    pixels = image_pixels(dataset, size, resize_mode, channels)
    return ImageSet(
        train=pixels[train],
        test=pixels[test],
        train_indices=train,
        test_indices=test,
        tested_on=tested_on,
    )


def default_image_size(dataset: ImageDataset, multiple: int) -> tuple[int, int]:
    """The images' own (height, width) where they share a small one, else 64 x 64."""
    sizes = {(one.height, one.width) for one in dataset.metadata}
    if len(sizes) > 1 or max(*next(iter(sizes))) > _LARGEST_OWN_SIDE:
        return _DEFAULT_SIDE, _DEFAULT_SIDE
    least = max(_SMALLEST_SIDE, multiple)
    height, width = (max(least, side // multiple * multiple) for side in sizes.pop())
    return height, width


def image_pixels(
    dataset: ImageDataset,
    image_size: tuple[int, int],
    resize_mode: ResizeMode,
    channels: Channels = "auto",
) -> NDArray[np.uint8]:
    """All images of a dataset at one size, grey or in colour.

    Args:
        dataset: the images.
        image_size: (height, width) in pixels.
        resize_mode: how an image of another shape is brought there.
        channels: "grey", "colour", or "auto": grey where no image has a colour.

    Returns:
        (n, height, width, 1 or 3) uint8.
    """
    array = dataset.array
    if array is not None and array.ndim == 3 and array.shape[1:3] == image_size:
        if channels == "colour":
            return np.repeat(array[..., None], 3, axis=3)
        return array[..., None]
    pixels = dataset.pixels(image_size, resize_mode)
    if channels == "colour" or (channels == "auto" and not is_grey(pixels)):
        return pixels
    return to_grey(pixels)


def is_grey(pixels: NDArray[np.uint8]) -> bool:
    """Whether red, green and blue are the same everywhere."""
    red, green, blue = (pixels[..., at] for at in range(3))
    return bool(np.array_equal(red, green) and np.array_equal(red, blue))


def to_grey(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Luminance (ITU-R BT.601) of pixels (n, ..., 3), as (n, ..., 1)."""
    grey = np.empty((*pixels.shape[:-1], 1), np.uint8)
    for row, image in zip(grey, pixels, strict=True):
        row[..., 0] = (image.astype(np.uint32) @ _LUMINANCE + 500) // 1000
    return grey


def split_images(
    dataset: ImageDataset, test_share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], str]:
    """Choose training and test images; copies of one image are on one side.

    Returns:
        Indices of the training images, of the test images, and where the latter come from, in
        words.

    Raises:
        DataError: fewer than two different images.
    """
    predefined = predefined_split(dataset)
    if predefined is not None:
        return predefined.train, predefined.test, "the set's own test images"
    # In a very large dataset of small images, copies are rare and finding them takes long.
    few = len(dataset) <= _MOST_GROUPED
    groups = duplicate_groups(dataset) if few else np.arange(len(dataset))
    names = np.unique(groups)
    if len(names) < 2:
        raise DataError(
            "Expected at least two different images, one to learn from and one to test on. "
            f"Received {len(dataset)} that show the same. Add images."
        )
    held_out = max(1, min(len(names) - 1, round(test_share * len(names))))
    generator = np.random.default_rng(child_seed(seed, "held out"))
    chosen = np.isin(groups, generator.permutation(names)[:held_out])
    test = np.flatnonzero(chosen)
    share = 100 * len(test) / len(dataset)
    words = f"{len(test)} image{'s' * (len(test) > 1)} ({share:.0f}%) held out at random"
    return np.flatnonzero(~chosen), test, words
