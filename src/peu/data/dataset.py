"""A set of pictures with labels: what every other part of peu works on."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from peu.data.colours import UnreadableImage
from peu.data.content import read_content
from peu.data.facts import PictureFacts, stamp_of
from peu.data.images import decode_image, to_rgb_image
from peu.data.layouts import SetAside, key_of
from peu.data.loading import LoadedSet, load_set
from peu.data.pixels import stream_rows
from peu.data.resizing import resize_image
from peu.data.wording import shown, some
from peu.data.workers import in_order
from peu.errors import DataError
from peu.progress import Progress, silent
from peu.recipes.knobs import Fit, check_count, check_image

__all__ = ["ImageDataset", "PictureFacts", "SetAside", "fingerprint_of", "load_dataset"]


@dataclass(frozen=True, eq=False)
class ImageDataset:
    """Hold which pictures there are and what is known of them; pixels come when asked for.

    Attributes:
        name: what to call the set.
        root: the folder that the pictures' names are relative to, or the .npz file.
        paths: where each picture is; those of an .npz file exist by name only.
        labels: (n,) int64 indices into `class_names`, or None.
        class_names: sorted.
        fingerprint: SHA-256 over names, contents and labels, wherever the folder lies.
        facts: what is known of each picture.
        set_aside: the files that are not used, and why.
        parts: "", "train", "validation" or "test" for each picture.
        stamps: each file's size and time of change when it was read; empty where unknown.
        array: the pictures themselves where they are in memory, else None.
        whole: the set that this one is a part of, and the indices there; pixels are cached
            for the whole set.
    """

    name: str
    root: Path
    paths: tuple[Path, ...]
    labels: NDArray[np.int64] | None
    class_names: tuple[str, ...]
    fingerprint: str
    facts: tuple[PictureFacts, ...]
    set_aside: tuple[SetAside, ...]
    parts: tuple[str, ...]
    stamps: tuple[tuple[int, int], ...] = field(default=(), repr=False)
    array: NDArray[np.uint8] | None = field(default=None, repr=False)
    whole: "tuple[ImageDataset, NDArray[np.int64]] | None" = field(default=None, repr=False)

    def __len__(self) -> int:
        return len(self.paths)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The pictures' names relative to the root, with forward slashes."""
        return tuple(key_of(path, self.root) for path in self.paths)

    def read(self, index: int) -> Image.Image:
        """Decode one picture at its own size.

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

    def pixels(
        self,
        indices: ArrayLike,
        image_size: tuple[int, int],
        fit: Fit,
        *,
        progress: Progress = silent,
    ) -> NDArray[np.uint8]:
        """Give pictures at one size, decoded once and then read from the cache.

        Args:
            indices: (n,) of pictures in this set, or a boolean for each.
            image_size: (height, width) in pixels.
            fit: "pad", "stretch" or "crop", as in `resize_image`.
            progress: told of each picture that has to be decoded.

        Returns:
            (n, height, width, 3) uint8.

        Raises:
            DataError: a file was changed or removed since the set was loaded.
            RecipeError: an impossible `image_size` or `fit`.
        """
        chosen = self._chosen(indices)
        check_image(image_size, fit)
        rows = np.empty((len(chosen), *image_size, 3), np.uint8)
        for at, row in enumerate(self._stream(chosen, image_size, fit, progress)):
            rows[at] = row
        return rows

    def batches(
        self, indices: ArrayLike, image_size: tuple[int, int], fit: Fit, batch_size: int
    ) -> Iterator[NDArray[np.uint8]]:
        """Give pictures at one size a batch at a time: a set larger than memory streams.

        Args:
            indices: as in `pixels`.
            image_size: (height, width) in pixels.
            fit: as in `pixels`.
            batch_size: pictures in a batch; the last may be smaller.

        Yields:
            (up to batch_size, height, width, 3) uint8, a new array each.

        Raises:
            DataError: a file was changed or removed since the set was loaded.
            RecipeError: an impossible `image_size`, `fit` or `batch_size`.
        """
        chosen = self._chosen(indices)
        check_image(image_size, fit)
        check_count("batch_size", batch_size, "32 is a good start.")
        stream = self._stream(chosen, image_size, fit, silent)
        for start in range(0, len(chosen), batch_size):
            size = min(batch_size, len(chosen) - start)
            batch = np.empty((size, *image_size, 3), np.uint8)
            for at in range(size):
                batch[at] = next(stream)
            yield batch

    def subset(self, indices: ArrayLike) -> "ImageDataset":
        """Give a set of some of the pictures, with the same classes, facts and cache.

        Args:
            indices: (n,) of pictures in this set, or a boolean for each.

        Returns:
            A set whose picture `i` is this set's picture `indices[i]`.
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
        self,
        chosen: NDArray[np.int64],
        image_size: tuple[int, int],
        fit: Fit,
        progress: Progress,
    ) -> Iterator[NDArray[np.uint8]]:
        if self.array is not None:
            return in_order(lambda one: self._resized(one, image_size, fit), chosen.tolist())
        self._check_unchanged(chosen.tolist())
        whole, positions = self.whole or (self, np.arange(len(self)))
        return stream_rows(
            whole.fingerprint,
            len(whole),
            positions[chosen],
            image_size,
            fit,
            lambda one: whole._resized(one, image_size, fit),  # noqa: SLF001 - the same class
            progress=progress,
        )

    def _resized(self, index: int, image_size: tuple[int, int], fit: Fit) -> NDArray[np.uint8]:
        if self.array is not None and self.array.shape[1:3] == image_size:
            picture: NDArray[np.uint8] = self.array[index]
            if picture.ndim == 3:
                return picture
            return np.repeat(picture[:, :, None], 3, axis=2)
        return resize_image(self.read(index), image_size, fit)

    def _chosen(self, indices: ArrayLike) -> NDArray[np.int64]:
        given: NDArray[Any] = np.asarray(indices)
        if given.size == 0:
            return np.empty(0, np.int64)
        chosen: NDArray[np.int64] = np.arange(len(self))[given]
        return chosen.reshape(-1)

    def _check_unchanged(self, chosen: list[int]) -> None:
        """Compare files with what was loaded; a new time of change alone is no change."""
        changed = []
        for index in chosen if self.stamps else ():
            path = self.paths[index]
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
            "was mixed up; run the same command again to work on the pictures as they are now."
        )


def load_dataset(
    source: str | Path,
    *,
    labels_required: bool = True,
    to_learn: bool = True,
    progress: Progress = silent,
) -> ImageDataset:
    """Find the pictures of a source, decode each once, and set aside what cannot be used.

    Args:
        source: a folder of class folders; a folder with `train/`, `val|valid|validation/` and
            `test/` of class folders; a CSV with the columns image,label; a .zip of one of
            these; an .npz of arrays.
        labels_required: ask for classes. Where False, a folder of pictures and a single picture
            are taken too, labels are given where the source has them, and one usable picture is
            enough.
        to_learn: ask for two classes or more of two pictures or more, one to learn from and one
            to test on. Where False, one picture with a label is enough.
        progress: told of each picture.

    Returns:
        The usable pictures in the order of their names. What was read is remembered: the
        next time only new files are decoded.

    Raises:
        DataError: nothing usable, too few classes or pictures, classes that cannot be told
            apart, or an archive that is not safe.
        ResourceError: an archive cannot be unpacked for lack of room.

    Example:
        >>> load_dataset("photos/")  # doctest: +SKIP
    """
    loaded: LoadedSet = load_set(
        Path(source), labels_required=labels_required, to_learn=to_learn, progress=progress
    )
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
    facts: Sequence[PictureFacts],
    labels: NDArray[np.int64] | None,
    class_names: Sequence[str],
) -> str:
    """Give the SHA-256, in hexadecimal, of which pictures these are and how they are labelled."""
    digest = hashlib.sha256()
    numbers: Sequence[object] = [None] * len(keys) if labels is None else labels.tolist()
    for name in class_names:
        digest.update(f"{name}\0".encode("utf-8", "surrogateescape"))
    for key, one, label in zip(keys, facts, numbers, strict=True):
        digest.update(f"\0{key}\0{one.sha256}\0{label}".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
