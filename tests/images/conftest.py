"""Images that the tests of this folder share."""

from pathlib import Path

import pytest

from broken_images import write_classes


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_classes(tmp_path / "photos", {"cat": 3, "dog": 2})
