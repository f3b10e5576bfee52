"""Handwritten digits that need no download: those that scikit-learn brings along."""

from pathlib import Path

import numpy as np

from peu.files import replacing
from peu.images.cache import cache_folder

_VERSION = 1
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
    path = cache_folder() / f"digits-{_VERSION}.npz"
    if not path.is_file():
        from sklearn.datasets import load_digits

        digits = load_digits()
        pixels = np.rint(digits.images * (255 / _BRIGHTEST)).astype(np.uint8)
        with replacing(path) as draft, draft.open("wb") as stream:
            np.savez(stream, x=pixels, y=digits.target.astype(np.int64))
    return path
