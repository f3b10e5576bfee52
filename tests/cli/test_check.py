"""`peu check` says what is wrong, and moves files only when told to."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import Peu, complaint


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Noise in two classes, a blank image and one that is broken."""
    rng = np.random.default_rng(0)
    for name in "ab":
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(3):
            pixels = rng.integers(0, 256, (50, 60, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    Image.new("RGB", (60, 50)).save(tmp_path / "photos" / "a" / "blank.png")
    (tmp_path / "photos" / "b" / "broken.jpg").write_bytes(b"nothing")
    return tmp_path / "photos"


def test_findings_are_printed_and_files_move_and_come_back(photos: Path, peu: Peu) -> None:
    result = peu("check", photos, "-o", "report", "--move-to", "out", "--json", "--quiet")
    assert result.exit_code == 0
    found = json.loads(result.stdout)
    assert found["format"] == 1
    assert {one["kind"] for one in found["findings"]} >= {"unreadable", "blank", "classes"}
    assert {one["name"] for one in found["moved"]} == {"a/blank.png", "b/broken.jpg"}
    assert Path("report/report.html").is_file()
    again = peu("check", photos)
    assert "blank" not in again.stdout
    assert "too few images" in again.stdout
    undone = peu("check", "--undo", "out")
    assert undone.exit_code == 0
    assert (photos / "a" / "blank.png").exists()


@pytest.mark.usefixtures("few_samples")
def test_what_cannot_be_checked_is_one_line(photos: Path, peu: Peu) -> None:
    for arguments, code in (
        ((), 2),
        (("--undo", "out", photos), 2),
        (("--undo", "out"), 3),
        (("nowhere",), 3),
        ((photos, "--move-to", photos / "out"), 3),
        (("samples", "--move-to", "out"), 3),
    ):
        result = peu("check", *arguments, "--quiet")
        assert result.exit_code == code
        complaint(result)
