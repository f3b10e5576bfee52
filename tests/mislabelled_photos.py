"""Real photos of which one lies in another class's folder."""

import shutil
from pathlib import Path

import pytest

MOVED = "barrel/moved.jpg"
"""An anchor by its key."""
PER_CLASS = 9


def mislabelled_photos(peu_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 3 x 9 photos, the same one for every test."""
    root = tmp_path_factory.getbasetemp() / "mislabelled" / "photos"
    if root.exists():
        return root
    for name in ("anchor", "barrel", "binocular"):
        (root / name).mkdir(parents=True)
        for file in sorted((peu_data / "caltech4" / name).iterdir())[:PER_CLASS]:
            shutil.copy(file, root / name / file.name)
    sorted((root / "anchor").iterdir())[4].rename(root / MOVED)
    return root
