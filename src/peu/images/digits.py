"""Handwritten digits that need no download: those that scikit-learn brings along."""

from pathlib import Path

import numpy as np

from peu.cache_folder import cache_folder
from peu.images.kept_folder import kept_folder

_VERSION = 2
_BRIGHTEST = 16


def digits_set() -> Path:
    """The path of 1,797 grey images of digits, 8 x 8 pixels, in the cache.

    Returns:
        A path that `load_images` takes.

    Raises:
        ResourceError: the cache cannot be written.

    Source: Alpaydin and Kaynak (1998), Optical Recognition of Handwritten Digits, UCI machine
        learning repository, CC BY 4.0; the copy in scikit-learn.
    """
    return kept_folder(cache_folder() / f"digits-{_VERSION}", _write_digits) / "digits.npz"


def _write_digits(folder: Path) -> None:
    from sklearn.datasets import load_digits

    digits = load_digits()
    pixels = np.rint(digits.images * (255 / _BRIGHTEST)).astype(np.uint8)
    np.savez(folder / "digits.npz", x=pixels, y=digits.target.astype(np.int64))
