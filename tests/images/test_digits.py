"""The digits that need no download."""

from pathlib import Path

import numpy as np
import pytest

from peu.images.digits import digits_set
from peu.images.loading import load_images


def test_the_digits_are_whole_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEU_CACHE", str(tmp_path))
    path = digits_set()
    written = path.stat().st_mtime_ns
    assert digits_set().stat().st_mtime_ns == written
    digits = load_images("digits")
    assert digits.name == "digits"
    assert digits.class_names == tuple("0123456789")
    assert digits.array is not None
    assert digits.array.shape == (1797, 8, 8)
    assert np.unique(digits.array).size == 17
