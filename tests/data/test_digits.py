"""The digits that need no download."""

from pathlib import Path

import numpy as np
import pytest

from peu.data import catalog
from peu.data.catalog import open_dataset, open_mnist_or_digits
from peu.data.digits import digits_set
from peu.errors import ResourceError


def test_the_digits_are_whole_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEU_CACHE", str(tmp_path))
    path = digits_set()
    written = path.stat().st_mtime_ns
    assert digits_set().stat().st_mtime_ns == written
    digits = open_dataset("digits")
    assert digits.name == "digits"
    assert digits.class_names == tuple("0123456789")
    assert digits.array is not None
    assert digits.array.shape == (1797, 8, 8)
    assert np.unique(digits.array).size == 17


def test_without_mnist_the_digits_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> Path:
        raise ResourceError("no network")

    monkeypatch.setattr(catalog, "fetch", missing)
    assert open_mnist_or_digits().name == "digits"
