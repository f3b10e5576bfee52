"""Features computed once for an image set, kept on disk, and shared by folds and recipes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import ResourceError
from peu.files import canonical_json, replacing, sha256_of_text
from peu.images.cache import cache_folder
from peu.images.dataset import ImageDataset
from peu.images.decoding import DECODING
from peu.progress import report
from peu.recipes.checks import ResizeMode

BATCH = 32


def cached_features(
    dataset: ImageDataset,
    image_size: tuple[int, int],
    resize_mode: ResizeMode,
    *,
    identity: str,
    compute: Callable[[NDArray[np.uint8]], NDArray[Any]],
    stage: str = "Extracting features",
) -> NDArray[Any]:
    """Give the features of every image of a set, computing them only the first time.

    Args:
        dataset: the images; their fingerprint is part of the cache's key.
        image_size: (height, width) in pixels.
        resize_mode: how images are brought there.
        identity: changes whenever `compute` would give other numbers.
        compute: from pixels (m, height, width, 3) to features (m, d).
        stage: what it is called.

    Returns:
        (n, d), in the dtype of `compute`.
    """
    key = sha256_of_text(
        canonical_json([DECODING, dataset.fingerprint, list(image_size), resize_mode, identity])
    )
    path = cache_folder() / "features" / f"{key}.npy"
    stored = _read(path, len(dataset))
    if stored is not None:
        return stored
    rows = []
    done = 0
    for pixels in dataset.batches(image_size, resize_mode, BATCH):
        report(stage, done, len(dataset))
        rows.append(compute(pixels))
        done += len(pixels)
    report(stage, done, len(dataset))
    features = np.concatenate(rows)
    _write(path, features)
    return features


def _read(path: Path, count: int) -> NDArray[Any] | None:
    try:
        stored = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return stored if stored.ndim == 2 and len(stored) == count else None


def _write(path: Path, features: NDArray[Any]) -> None:
    try:
        with replacing(path) as draft:
            np.save(draft, features, allow_pickle=False)
    except ResourceError:
        # A full disk costs the next run some seconds, and this one nothing.
        return
