"""Features computed once for a picture set, kept on disk, and shared by folds and recipes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.data.cache import cache_folder
from peu.data.dataset import ImageDataset
from peu.data.images import DECODING
from peu.errors import ResourceError
from peu.files import canonical_json, replacing, sha256_of_text
from peu.progress import Progress, silent
from peu.recipes.knobs import Fit

BATCH = 32


def cached_features(
    dataset: ImageDataset,
    image_size: tuple[int, int],
    fit: Fit,
    *,
    identity: str,
    compute: Callable[[NDArray[np.uint8]], NDArray[Any]],
    progress: Progress = silent,
    stage: str = "Extracting features",
) -> NDArray[Any]:
    """Give the features of every picture of a set, computing them only the first time.

    Args:
        dataset: the pictures; their fingerprint is part of the cache's key.
        image_size: (height, width) in pixels.
        fit: how pictures are brought there.
        identity: changes whenever `compute` would give other numbers.
        compute: from pixels (m, height, width, 3) to features (m, d).
        progress: told of every batch.
        stage: what the progress is called.

    Returns:
        (n, d), in the dtype of `compute`.
    """
    key = sha256_of_text(
        canonical_json([DECODING, dataset.fingerprint, list(image_size), fit, identity])
    )
    path = cache_folder() / "features" / f"{key}.npy"
    stored = _read(path, len(dataset))
    if stored is not None:
        return stored
    rows = []
    done = 0
    for pixels in dataset.batches(np.arange(len(dataset)), image_size, fit, BATCH):
        progress(stage, done, len(dataset))
        rows.append(compute(pixels))
        done += len(pixels)
    progress(stage, done, len(dataset))
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
