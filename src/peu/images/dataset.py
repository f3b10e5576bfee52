"""A set of images with labels: what every other part of peu works on."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from peu.errors import DataError
from peu.images.colours import UnreadableImage
from peu.images.content import read_content
from peu.images.decoding import decode_image, to_rgb_image
from peu.images.facts import ImageFacts, stamp_of
from peu.images.layouts import SetAside, key_of
from peu.images.loading import LoadedSet, load_set
from peu.images.pixels import stream_rows
from peu.images.resizing import resize_image
from peu.images.workers import in_order
from peu.recipes.checks import ResizeMode, check_count, check_image
from peu.wording import shown, some

__all__ = ["ImageDataset", "ImageFacts", "SetAside", "fingerprint_of", "load_dataset"]


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Hold which images there are and what is known of them; pixels come when asked for.

    Attributes:
        name: what to call the set.
        root: the folder that the images' names are relative to, or the .npz file.
        paths: where each image is; those of an .npz file exist by name only.
        labels: (n,) int64 indices into `class_names`, or None.
        class_names: sorted.
        fingerprint: SHA-256 over names, contents and labels, wherever the folder lies.
        facts: what is known of each image.
        set_aside: the files that are not used, and why.
        parts: "", "train", "validation" or "test" for each image.
        stamps: each file's size and time of change when it was read; empty where unknown.
        array: the images themselves where they are in memory, else None.
        whole: the set that this one is a part of, and the indices there; pixels are cached
            for the whole set.
    """

    name: str
    root: Path
    paths: tuple[Path, ...]
    labels: NDArray[np.int64] | None
    class_names: tuple[str, ...]
    fingerprint: str
    facts: tuple[ImageFacts, ...]
    set_aside: tuple[SetAside, ...]
    parts: tuple[str, ...]
    stamps: tuple[tuple[int, int], ...] = field(default=(), repr=False)
    array: NDArray[np.uint8] | None = field(default=None, repr=False)
    whole: "tuple[ImageDataset, NDArray[np.int64]] | None" = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.paths)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The images' names relative to the root, with forward slashes."""
        return tuple(key_of(path, self.root) for path in self.paths)

    def read(self, index: int) -> Image.Image:
        """Decode one image at its own size.

        Returns:
            Mode RGB, upright.

        Raises:
            DataError: the file was changed or removed since the set was loaded.
        """
        if self.array is not None:
            return to_rgb_image(self.array[index])
        path = self.paths[index]
        try:
            content = read_content(path)
            if hashlib.sha256(content).hexdigest() != self.facts[index].sha256:
                raise self._changed([path])
            return decode_image(content).image
        except UnreadableImage as error:
            raise self._changed([path]) from error

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
        check_image(image_size, resize_mode)
        rows = np.empty((len(self), *image_size, 3), np.uint8)
        for at, row in enumerate(self._stream(image_size, resize_mode)):
            rows[at] = row
        return rows

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
        check_image(image_size, resize_mode)
        check_count("batch_size", batch_size, "32 is a good start.")
        stream = self._stream(image_size, resize_mode)
        for start in range(0, len(self), batch_size):
            size = min(batch_size, len(self) - start)
            batch = np.empty((size, *image_size, 3), np.uint8)
            for at in range(size):
                batch[at] = next(stream)
            yield batch

    def __getitem__(self, indices: ArrayLike | slice) -> "ImageDataset":
        """Some of the images, with the same classes and cache.

        Args:
            indices: (m,) of images in this set, a boolean for each, or a slice.

        Returns:
            A set whose image `i` is this set's image `indices[i]`.
        """
        chosen = self._chosen(indices)
        whole, positions = self.whole or (self, np.arange(len(self)))
        labels = None if self.labels is None else self.labels[chosen]
        taken = chosen.tolist()
        facts = tuple(self.facts[one] for one in taken)
        keys = [self.keys[one] for one in taken]
        return ImageDataset(
            name=self.name,
            root=self.root,
            paths=tuple(self.paths[one] for one in taken),
            labels=labels,
            class_names=self.class_names,
            fingerprint=fingerprint_of(keys, facts, labels, self.class_names),
            facts=facts,
            set_aside=self.set_aside,
            parts=tuple(self.parts[one] for one in taken),
            stamps=tuple(self.stamps[one] for one in taken) if self.stamps else (),
            array=None if self.array is None else self.array[chosen],
            whole=(whole, positions[chosen]),
        )

    def _stream(
        self, image_size: tuple[int, int], resize_mode: ResizeMode
    ) -> Iterator[NDArray[np.uint8]]:
        if self.array is not None:
            return in_order(
                lambda one: self._resized(one, image_size, resize_mode), range(len(self))
            )
        self._check_unchanged()
        whole, positions = self.whole or (self, np.arange(len(self)))
        return stream_rows(
            whole.fingerprint,
            len(whole),
            positions,
            image_size,
            resize_mode,
            lambda one: whole._resized(one, image_size, resize_mode),  # noqa: SLF001 - the same class
        )

    def _resized(
        self, index: int, image_size: tuple[int, int], resize_mode: ResizeMode
    ) -> NDArray[np.uint8]:
        if self.array is not None and self.array.shape[1:3] == image_size:
            image: NDArray[np.uint8] = self.array[index]
            if image.ndim == 3:
                return image
            return np.repeat(image[:, :, None], 3, axis=2)
        return resize_image(self.read(index), image_size, resize_mode)

    def _chosen(self, indices: ArrayLike | slice) -> NDArray[np.int64]:
        if isinstance(indices, slice):
            return np.arange(len(self))[indices]
        given: NDArray[Any] = np.asarray(indices)
        if given.size == 0:
            return np.empty(0, np.int64)
        chosen: NDArray[np.int64] = np.arange(len(self))[given]
        return chosen.reshape(-1)

    def _check_unchanged(self) -> None:
        """Compare files with what was loaded; a new time of change alone is no change."""
        changed = []
        for index, path in enumerate(self.paths if self.stamps else ()):
            try:
                same = stamp_of(path) == self.stamps[index]
                if not same:
                    digest = hashlib.sha256(read_content(path)).hexdigest()
                    same = digest == self.facts[index].sha256
            except (OSError, UnreadableImage):
                same = False
            if not same:
                changed.append(path)
        if changed:
            raise self._changed(changed)

    def _changed(self, paths: Sequence[Path]) -> DataError:
        names = some([shown(key_of(path, self.root)) for path in paths])
        return DataError(
            f"Changed or removed in {shown(self.root)} since the set was read: {names}. Nothing "
            "was mixed up; run the same command again to work on the images as they are now."
        )


def load_dataset(
    source: str | Path,
    *,
    labels_required: bool = True,
    to_learn: bool = True,
) -> ImageDataset:
    """Find the images of a source, decode each once, and set aside what cannot be used.

    Args:
        source: a folder of class folders; a folder with `train/`, `val|valid|validation/` and
            `test/` of class folders; a CSV with the columns image,label; a .zip of one of
            these; an .npz of arrays.
        labels_required: ask for classes. Where False, a folder of images and a single image
            are taken too, labels are given where the source has them, and one usable image is
            enough.
        to_learn: ask for two classes or more of two images or more, one to learn from and one
            to test on. Where False, one image with a label is enough.

    Returns:
        The usable images in the order of their names. What was read is remembered: the
        next time only new files are decoded.

    Raises:
        DataError: nothing usable, too few classes or images, classes that cannot be told
            apart, or an archive that is not safe.
        ResourceError: an archive cannot be unpacked for lack of room.

    Example:
        >>> load_dataset("photos/")  # doctest: +SKIP
    """
    loaded: LoadedSet = load_set(Path(source), labels_required=labels_required, to_learn=to_learn)
    return ImageDataset(
        name=loaded.name,
        root=loaded.root,
        paths=loaded.paths,
        labels=loaded.labels,
        class_names=loaded.class_names,
        fingerprint=fingerprint_of(
            [key_of(path, loaded.root) for path in loaded.paths],
            loaded.facts,
            loaded.labels,
            loaded.class_names,
        ),
        facts=loaded.facts,
        set_aside=loaded.set_aside,
        parts=loaded.parts,
        stamps=loaded.stamps,
        array=loaded.array,
    )


def fingerprint_of(
    keys: Sequence[str],
    facts: Sequence[ImageFacts],
    labels: NDArray[np.int64] | None,
    class_names: Sequence[str],
) -> str:
    """Give the SHA-256, in hexadecimal, of which images these are and how they are labelled."""
    digest = hashlib.sha256()
    numbers: Sequence[object] = [None] * len(keys) if labels is None else labels.tolist()
    for name in class_names:
        digest.update(f"{name}\0".encode("utf-8", "surrogateescape"))
    for key, one, label in zip(keys, facts, numbers, strict=True):
        digest.update(f"\0{key}\0{one.sha256}\0{label}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
