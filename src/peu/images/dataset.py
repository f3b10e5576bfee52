"""A set of images: what every other part of peu works on."""

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import DataError, check_setting
from peu.images.cache import cached, fits_in_cache
from peu.images.colours import UnreadableImage
from peu.images.content import read_content
from peu.images.decoding import decode_image, to_rgb_image
from peu.images.duplicates import duplicate_groups
from peu.images.large_images import LARGE_PIXELS, one_large_at_a_time
from peu.images.metadata import stamp_of
from peu.images.records import ImageMetadata, ImageRecord, SetAside
from peu.images.resizing import ResizeMode, check_image_size, resize_image
from peu.images.workers import in_order
from peu.progress import showing
from peu.wording import first_few, quoted


@dataclass(frozen=True, eq=False, repr=False)
class ImageDataset:
    """Images with or without labels; pixels are read when they are asked for.

    A dataset can be indexed like an array of shape (n,), with the same classes and cache behind
    each slice, so that scikit-learn can cut it into folds:
    `cross_val_score(recipe, images, images.y, groups=images.groups, cv=StratifiedGroupKFold(5))`.
    A `cv` that knows no groups ignores them.

    Attributes:
        name: what to call the set.
        root: the folder that the images' names are relative to, or the .npz file.
        records: one for each image: where it is and what is known of it.
        labels: (n,) int64 indices into `class_names`, or None.
        class_names: sorted.
        set_aside: the files that are not used, and why.
        whole: the set that this one is a slice of.
    """

    name: str
    root: Path
    records: tuple[ImageRecord, ...]
    labels: NDArray[np.int64] | None = None
    class_names: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    whole: "ImageDataset | None" = None

    def __len__(self) -> int:
        return len(self.records)

    def __getitem__(self, indices: Any) -> "ImageDataset":
        """Some of the images, with the same classes and cache.

        Args:
            indices: (m,) of images in this set, a boolean for each, or a slice; also followed by
                an ellipsis, as scikit-learn writes it.

        Returns:
            A set whose image `i` is this set's image `indices[i]`.
        """
        if isinstance(indices, tuple) and len(indices) == 2 and indices[1] is Ellipsis:
            indices = indices[0]
        if not isinstance(indices, slice):
            indices = np.asarray(indices)
            if indices.size == 0:
                indices = indices.astype(np.int64)
        chosen = np.arange(len(self))[indices].reshape(-1)
        return replace(
            self,
            records=tuple(self.records[at] for at in chosen.tolist()),
            labels=None if self.labels is None else self.labels[chosen],
            whole=self if self.whole is None else self.whole,
        )

    def __repr__(self) -> str:
        from peu.images.display import describe_in_a_line

        return describe_in_a_line(self)

    def _repr_html_(self) -> str:
        from peu.images.display import describe_in_html

        return describe_in_html(self)

    @property
    def shape(self) -> tuple[int]:
        """(n,), as of an array of n images."""
        return (len(self),)

    @cached_property
    def paths(self) -> tuple[Path, ...]:
        """Where each image is."""
        return tuple(one.path for one in self.records)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The images' names relative to the root, with forward slashes."""
        return tuple(one.key for one in self.records)

    @cached_property
    def metadata(self) -> tuple[ImageMetadata, ...]:
        """What is known of each image without its pixels."""
        return tuple(one.metadata for one in self.records)

    @cached_property
    def hashes(self) -> tuple[str, ...]:
        """The SHA-256 of each image, in hexadecimal."""
        return tuple(one.metadata.sha256 for one in self.records)

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """The part each image's folder makes: "", "train", "validation" or "test"."""
        return tuple(one.part for one in self.records)

    @cached_property
    def y(self) -> NDArray[np.str_]:
        """The class name of each image (n,), as scikit-learn wants targets.

        Raises:
            DataError: the images have no labels.
        """
        if self.labels is None:
            raise DataError(
                f"Expected labels in {quoted(self.name)}; it has none. Put the images of each "
                "class into a folder of its own."
            )
        return np.array(self.class_names, np.str_)[self.labels]

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        """The near-duplicate group of each image (n,): copies of one image share a number.

        They are found once for a whole set; slices have the numbers of the set they come from.
        """
        if self.whole is None:
            return duplicate_groups(self)
        number = dict(zip(self.whole.hashes, self.whole.groups.tolist(), strict=True))
        return np.array([number[one] for one in self.hashes], np.int64)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256, in hexadecimal, over names, contents and labels, wherever the folder lies."""
        digest = hashlib.sha256()
        labels = [None] * len(self) if self.labels is None else self.labels.tolist()
        for name in self.class_names:
            digest.update(f"{name}\0".encode("utf-8", "surrogateescape"))
        for key, image, label in zip(self.keys, self.hashes, labels, strict=True):
            digest.update(f"\0{key}\0{image}\0{label}".encode("utf-8", "surrogateescape"))
        return digest.hexdigest()

    @property
    def array(self) -> NDArray[np.uint8] | None:
        """The images as one array where all are in memory and of one shape, else None.

        (n, height, width) grey or (n, height, width, 3) RGB.
        """
        arrays = [one.array for one in self.records if one.array is not None]
        if len(arrays) < len(self) or len({one.shape for one in arrays}) != 1:
            return None
        return np.stack(arrays)

    def read(self, index: int, *, shorter: int | None = None) -> Image.Image:
        """Decode one image at its own size.

        Args:
            index: of the image.
            shorter: what its shorter side is resized to afterwards, so that a large JPEG can be
                decoded at less than its size; see `decode_image`.

        Returns:
            Mode RGB, upright.

        Raises:
            DataError: the file was changed or removed since the set was loaded.
        """
        record = self.records[index]
        if record.array is not None:
            return to_rgb_image(record.array)
        try:
            if record.content is None:
                content = read_content(record.path)
            else:
                content = record.content.tobytes()
            if hashlib.sha256(content).hexdigest() != record.metadata.sha256:
                raise self._changed([record])
            return decode_image(content, shorter=shorter).image
        except UnreadableImage as error:
            raise self._changed([record]) from error

    def read_all(self, *, shorter: int | None = None) -> Iterator[Image.Image]:
        """Decode all images in threads, in order; as `read` does.

        Large images that are not reduced come one after the other: those that wait take memory.
        """
        if shorter is None and any(_is_large(one) for one in self.records):
            return map(self.read, range(len(self)))
        return in_order(lambda at: self._read_alone(at, shorter), range(len(self)))

    def _read_alone(self, index: int, shorter: int | None) -> Image.Image:
        with one_large_at_a_time():
            return self.read(index, shorter=shorter)

    def pixels(self, image_size: tuple[int, int], resize_mode: ResizeMode) -> NDArray[np.uint8]:
        """All images at one size, decoded once and then read from the cache.

        Args:
            image_size: (height, width) in pixels.
            resize_mode: "pad", "stretch" or "crop", as in `resize_image`.

        Returns:
            (n, height, width, 3) uint8.

        Raises:
            DataError: a file was changed or removed since the set was loaded.
            RecipeError: an impossible `image_size` or `resize_mode`.
        """
        check_image_size(image_size, resize_mode)
        # Resizing from memory takes no longer than reading from a disk.
        if all(one.array is not None for one in self.records):
            return self._decoded(image_size, resize_mode)
        self._check_unchanged()
        return cached(
            self,
            ("pixels", image_size, resize_mode),
            lambda part: part._decoded(image_size, resize_mode),  # noqa: SLF001 - the same class
            phase="Decoding images",
        )

    def batches(
        self, image_size: tuple[int, int], resize_mode: ResizeMode, batch_size: int
    ) -> Iterator[NDArray[np.uint8]]:
        """All images at one size, a batch at a time: a set larger than memory streams.

        Args:
            image_size: (height, width) in pixels.
            resize_mode: as in `pixels`.
            batch_size: images in a batch; the last may be smaller.

        Yields:
            (up to batch_size, height, width, 3) uint8, a new array each.

        Raises:
            DataError: a file was changed or removed since the set was loaded.
            RecipeError: an impossible `image_size`, `resize_mode` or `batch_size`.
        """
        check_image_size(image_size, resize_mode)
        check_setting(
            "batch_size",
            holds=batch_size >= 1,
            expected="a whole number, 1 or more",
            received=batch_size,
            advice="32 is a good start.",
        )
        keep = fits_in_cache(3 * len(self) * math.prod(image_size))
        for start in range(0, len(self), batch_size):
            part = self[start : start + batch_size]
            with showing(None):
                pixels = part.pixels if keep else part._decoded  # noqa: SLF001 - the same class
                batch = pixels(image_size, resize_mode)
            yield batch

    def _decoded(self, image_size: tuple[int, int], resize_mode: ResizeMode) -> NDArray[np.uint8]:
        array = self.array
        if array is not None and array.shape[1:3] == image_size:
            return array if array.ndim == 4 else np.repeat(array[..., None], 3, axis=3)

        def resized(index: int) -> NDArray[np.uint8]:
            shorter = max(image_size) if _is_large(self.records[index]) else None
            with one_large_at_a_time():
                return resize_image(self.read(index, shorter=shorter), image_size, resize_mode)

        rows = np.empty((len(self), *image_size, 3), np.uint8)
        for at, row in enumerate(in_order(resized, range(len(self)))):
            rows[at] = row
        return rows

    def _check_unchanged(self) -> None:
        """Compare files with what was loaded; a new time of change alone is no change."""
        changed = []
        for record in self.records:
            try:
                same = record.stamp is None or stamp_of(record.path) == record.stamp
                if not same:
                    digest = hashlib.sha256(read_content(record.path)).hexdigest()
                    same = digest == record.metadata.sha256
            except (OSError, UnreadableImage):
                same = False
            if not same:
                changed.append(record)
        if changed:
            raise self._changed(changed)

    def _changed(self, records: Sequence[ImageRecord]) -> DataError:
        return DataError(
            f"Changed or removed in {quoted(self.name)} since the set was read: "
            f"{first_few([quoted(one.key) for one in records])}. Nothing was mixed up; run the "
            "same command again to work on the images as they are now."
        )


def _is_large(record: ImageRecord) -> bool:
    return record.metadata.width * record.metadata.height > LARGE_PIXELS
