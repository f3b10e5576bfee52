"""What is computed from images, kept by image: the cache is a convenience, never a condition."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from peu.cache_folder import cache_folder
from peu.files import canonical_json, sha256_of_text
from peu.images.array_store import ArrayStore
from peu.images.decoding import DECODING
from peu.progress import report, showing

if TYPE_CHECKING:
    from peu.images.dataset import ImageDataset

MAX_CACHE_BYTES = 16 << 30


class SharedArrays(Protocol):
    """Arrays that several machines share, each found by its store's name and its image's hash."""

    def read(self, store: str, images: Sequence[str]) -> Mapping[str, NDArray[Any]]:
        """Those of the images' arrays that are there."""

    def write(self, store: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Give arrays to the others."""


_shared: ContextVar[SharedArrays | None] = ContextVar("shared arrays", default=None)


def store_of(key: tuple[Any, ...]) -> ArrayStore:
    """The store of what is computed in one way, which `key` and the rules of decoding name."""
    name = sha256_of_text(canonical_json([DECODING, *key]))[:32]
    return ArrayStore(cache_folder() / "arrays" / f"{name}.sqlite")


@contextlib.contextmanager
def sharing_arrays(shared: SharedArrays) -> Iterator[None]:
    """Look for arrays there too before they are computed, and give away those that are.

    Args:
        shared: a cluster's.
    """
    token = _shared.set(shared)
    try:
        yield
    finally:
        _shared.reset(token)


def cached(
    images: "ImageDataset",
    key: tuple[Any, ...],
    compute: "Callable[[ImageDataset], NDArray[Any]]",
    *,
    phase: str,
    batch_size: int = 32,
) -> NDArray[Any]:
    """One array for each image, computed only for images that were never seen before.

    Arrays are kept by the image's hash, so that folds, recipes, a folder that grew and another
    folder with the same images share them. Rows that are damaged, or of another dtype or shape
    than what is computed now, are computed again. A cache that cannot be read or written costs
    time alone, as does a set too large for it (16 GiB in all, and at most half of the free disk).

    Args:
        images: the images, n.
        key: whatever `compute` depends on besides the image: a name, the image size, settings,
            a version, the hash of a network; strings, numbers and tuples of them. The rules of
            decoding are always part of it.
        compute: from m images to (m, ...); what it gives for an image must not depend on the
            images beside it.
        phase: what is computed, in a few words, for the display of progress. Nothing is reported
            where nothing is computed, and what `compute` reports is not shown.
        batch_size: images that `compute` is given at a time, at most.

    Returns:
        (n, ...), in the dtype of `compute`.
    """
    if len(images) == 0:
        return compute(images)
    place = {image: at for at, image in enumerate(dict.fromkeys(images.hashes))}
    if len(place) < len(images):
        _, first = np.unique(images.hashes, return_index=True)
        rows = cached(images[np.sort(first)], key, compute, phase=phase, batch_size=batch_size)
        return np.asarray(rows[[place[image] for image in images.hashes]])

    store = store_of(key)
    rows = np.empty(0)
    waiting = dict.fromkeys(range(len(images)))
    for image, array in _stored(store, images.hashes):
        if len(waiting) == len(images):
            rows = np.empty((len(images), *array.shape), array.dtype)
        if _kind(rows) == _kind(array[None]):
            rows[place[image]] = array
            del waiting[place[image]]
    if not waiting:
        return rows

    missing, done, keep = list(waiting), 0, False
    while done < len(missing):
        report(phase, done, len(missing))
        part = missing[done : done + batch_size]
        with showing(None):
            arrays = compute(images[part])
        if done == 0:
            if _kind(rows) != _kind(arrays):
                rows = np.empty((len(images), *arrays.shape[1:]), arrays.dtype)
                missing = part + [at for at in range(len(images)) if at not in set(part)]
            keep = _make_room_for(store, arrays[0].nbytes * len(missing))
        rows[part] = arrays
        made = dict(zip([images.hashes[at] for at in part], arrays, strict=True))
        keep = keep and store.write(made)
        _share(store, made)
        done += len(part)
    report(phase, done, done)
    remove_least_used(store.path.parent, MAX_CACHE_BYTES)
    return rows


def _stored(store: ArrayStore, images: Sequence[str]) -> Iterator[tuple[str, NDArray[Any]]]:
    """The arrays that are here, then those that other machines have."""
    found = set()
    for image, array in store.read(images):
        found.add(image)
        yield image, array
    with contextlib.suppress(OSError):
        os.utime(store.path)
    shared, missing = _shared.get(), [image for image in images if image not in found]
    if shared is not None and missing:
        arrays = shared.read(store.path.stem, missing)
        if arrays and _make_room_for(store, sum(each.nbytes for each in arrays.values())):
            store.write(arrays)
        yield from arrays.items()


def _share(store: ArrayStore, arrays: Mapping[str, NDArray[Any]]) -> None:
    shared = _shared.get()
    if shared is not None:
        shared.write(store.path.stem, arrays)


def fits_in_cache(size: int) -> bool:
    """Whether the cache would take so many bytes."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return size <= min(MAX_CACHE_BYTES, shutil.disk_usage(folder).free // 2)
    except OSError:
        return False


def remove_least_used(folder: Path, limit_bytes: int) -> None:
    """Remove the files of a cache folder that were used least lately, down to a limit.

    Args:
        folder: a folder of plain files.
        limit_bytes: how much may stay.
    """
    try:
        entries = [(entry, entry.stat()) for entry in os.scandir(folder) if entry.is_file()]
    except OSError:
        return
    entries.sort(key=lambda pair: pair[1].st_mtime, reverse=True)
    kept = 0
    for entry, status in entries:
        kept += status.st_size
        if kept > limit_bytes:
            Path(entry.path).unlink(missing_ok=True)


def _kind(rows: NDArray[Any]) -> tuple[Any, ...]:
    return rows.dtype, *rows.shape[1:]


def _make_room_for(store: ArrayStore, size: int) -> bool:
    """Whether a store may grow by so many bytes; one that would grow too large begins anew."""
    if not fits_in_cache(size):
        return False
    with contextlib.suppress(OSError):
        if store.path.stat().st_size + size > MAX_CACHE_BYTES:
            store.discard()
    return True
