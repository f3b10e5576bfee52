"""Images and labels in an .npz file of NumPy arrays."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError
from peu.images.colours import UnreadableImage, eight_bits
from peu.images.dataset import ImageDataset
from peu.images.decoding import MAX_PIXELS, MIN_SIDE
from peu.images.layouts import check_class_names
from peu.images.records import THUMBNAIL_SIDE, ImageMetadata, ImageRecord
from peu.npz import array_names, read_npz
from peu.progress import report
from peu.wording import first_few, quoted

_MAX_BYTES = 8 << 30
_CHUNK = 2048
_KEYS = "x and y, or x_train, y_train, x_test and y_test"


def load_arrays(path: Path, *, labels_required: bool) -> ImageDataset:
    """Read an .npz file of images.

    Args:
        path: the file. Its arrays are named `x` and `y`, or `x_train`, `y_train`, `x_test`
            and `y_test`. Images are (n, height, width) or (n, height, width, 1, 3 or 4
            channels), with values as in `eight_bits`; labels are (n,) whole numbers or texts.
        labels_required: refuse a file without labels.

    Returns:
        The images as uint8, training images first.

    Raises:
        DataError: not such a file, Python objects inside, or shapes that do not match.
    """
    try:
        names = array_names(path, most_bytes=_MAX_BYTES)
        arrays = read_npz(
            path, [name for name in names if name[:1] in ("x", "y")], most_bytes=_MAX_BYTES
        )
    except MemoryError:
        raise
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DataError(
            f"{quoted(path)} is not a readable .npz of plain arrays: {reason}. Expected {_KEYS}, "
            "saved by numpy.savez without Python objects."
        ) from error
    if "x" in arrays:
        parts = {"": ("x", "y")}
    else:
        wanted = {"train": ("x_train", "y_train"), "test": ("x_test", "y_test")}
        parts = {part: keys for part, keys in wanted.items() if keys[0] in arrays}
    if not parts:
        found = first_few([quoted(name) for name in names]) or "nothing"
        raise DataError(f"Expected the arrays {_KEYS} in {quoted(path)}; found {found}.")
    images = [_images(path, x, arrays[x]) for x, _ in parts.values()]
    if len({one.shape[1:] for one in images}) != 1:
        shapes = " and ".join(str(one.shape) for one in images)
        raise DataError(f"The images of {quoted(path)} differ in shape: {shapes}.")
    labelled = all(y in arrays for _, y in parts.values())
    if labels_required and not labelled:
        raise DataError(f"Expected labels in {quoted(path)}: the arrays {_KEYS}.")
    labels: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] = ()
    if labelled:
        given = [
            _labels(path, y, arrays[y], len(one))
            for (_, y), one in zip(parts.values(), images, strict=True)
        ]
        values, labels = np.unique(np.concatenate(given), return_inverse=True)
        labels = labels.astype(np.int64)
        class_names = tuple(str(value) for value in values.tolist())
        check_class_names(class_names, path)
    owners = [part for part, one in zip(parts, images, strict=True) for _ in range(len(one))]
    if not owners:
        raise DataError(f"Expected images in {quoted(path)}; its arrays are empty.")
    return ImageDataset(
        name=path.stem,
        root=path,
        records=array_records(np.concatenate(images), path, owners),
        labels=labels,
        class_names=class_names,
    )


def array_records(
    images: NDArray[np.uint8], root: Path, parts: Sequence[str] | None = None
) -> tuple[ImageRecord, ...]:
    """Describe images in memory, thousands at a time.

    Args:
        images: (n, height, width) or (n, height, width, 3) uint8.
        root: the file that the images' names are made of.
        parts: (n,) "", "train" or "test" for each image; None where there are none.

    Returns:
        One record an image.
    """
    height, width = images.shape[1:3]
    mode = "L" if images.ndim == 3 else "RGB"
    down, across = _averaging(height), _averaging(width)
    records: list[ImageRecord] = []
    for start in range(0, len(images), _CHUNK):
        chunk = np.ascontiguousarray(images[start : start + _CHUNK])
        rows = (_grey(chunk).reshape(-1, width) @ across.T).reshape(len(chunk), height, -1)
        small = np.rint(down @ rows).astype(np.uint8)
        for image, thumbnail in zip(chunk, small, strict=True):
            digest = sha256_of_array(image)
            metadata = ImageMetadata(width, height, mode, "npz", digest, thumbnail.tobytes())
            key = f"{len(records):05d}.png"
            part = parts[len(records)] if parts else ""
            records.append(ImageRecord(root / key, key, metadata, part, array=image))
        report("Reading images", len(records), len(images))
    return tuple(records)


def sha256_of_array(image: NDArray[np.uint8]) -> str:
    """The SHA-256, in hexadecimal, of an image's shape and values."""
    digest = hashlib.sha256(repr(image.shape).encode())
    digest.update(image.tobytes())
    return digest.hexdigest()


def _images(path: Path, name: str, values: NDArray[Any]) -> NDArray[np.uint8]:
    shape = values.shape
    fits = len(shape) == 3 or (len(shape) == 4 and shape[3] in (1, 3, 4))
    if not fits or min(shape[1:3]) < MIN_SIDE or shape[1] * shape[2] > MAX_PIXELS:
        raise DataError(
            f"Expected `{name}` of {quoted(path)} to be (images, height, width), or with 1, 3 or "
            f"4 channels behind, sides of {MIN_SIDE} pixels or more; received shape {shape}."
        )
    try:
        pixels, _ = eight_bits(values) if values.dtype.kind != "i" else _whole_numbers(values)
    except UnreadableImage as error:
        raise DataError(f"`{name}` of {quoted(path)} cannot be used: {error}.") from error
    if pixels.ndim == 4 and pixels.shape[3] == 1:
        return pixels[:, :, :, 0]
    if pixels.ndim == 4 and pixels.shape[3] == 4:
        return _on_white(pixels)
    return pixels


def _whole_numbers(values: NDArray[Any]) -> tuple[NDArray[np.uint8], str | None]:
    """Signed whole numbers of 0 to 255 stay as they are: NumPy makes int64 of any list."""
    if values.size and values.min() >= 0 and values.max() <= 255:
        return values.astype(np.uint8), None
    return eight_bits(values)


def _on_white(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    flat = np.empty((*pixels.shape[:3], 3), np.uint8)
    for at, image in enumerate(pixels):
        alpha = image[:, :, 3:].astype(np.float32) / 255
        flat[at] = np.rint(image[:, :, :3] * alpha + 255 * (1 - alpha))
    return flat


def _labels(path: Path, name: str, values: NDArray[Any], count: int) -> NDArray[Any]:
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.shape != (count,) or values.dtype.kind not in "iubU":
        raise DataError(
            f"Expected `{name}` of {quoted(path)} to be one whole number or text for each of its "
            f"{count} images; received {values.dtype} of shape {values.shape}. One-hot rows "
            "become numbers by `y.argmax(axis=1)`."
        )
    return values


def _grey(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    if images.ndim == 3:
        return images.astype(np.float32)
    return images.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def _averaging(side: int) -> NDArray[np.float32]:
    """The (32, side) matrix whose rows take the mean over equal stretches of `side`."""
    edges = np.linspace(0, side, THUMBNAIL_SIDE + 1)
    starts, ends = edges[:-1, None], edges[1:, None]
    pixel = np.arange(side)[None, :]
    overlap = np.clip(np.minimum(ends, pixel + 1) - np.maximum(starts, pixel), 0, None)
    means: NDArray[np.float32] = (overlap / overlap.sum(axis=1, keepdims=True)).astype(np.float32)
    return means
