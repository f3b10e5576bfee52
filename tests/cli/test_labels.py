"""`peu labels` lists what looks wrong in a run or in images, and writes a corrected table."""

import json
from pathlib import Path

import pytest

from command_line import SMALL_HOG, Peu, complaint
from mislabelled_photos import MOVED, mislabelled_photos
from peu.files import with_checksum, write_json
from peu.images.loading import load_images


@pytest.fixture
def mislabelled(peu_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mislabelled_photos(peu_data, tmp_path_factory)


def test_images_are_looked_through_and_corrected(mislabelled: Path, peu: Peu) -> None:
    shown = peu("labels", mislabelled, "--json", "--quiet")
    assert shown.exit_code == 0
    found = json.loads(shown.stdout)
    assert found["format"] == 1
    assert found["checked"] == 27
    assert found["suspects"][0]["image"] == MOVED
    assert found["suspects"][0]["suggested"] == "anchor"

    fixed = peu("labels", "fix", mislabelled, "--only", MOVED, "-o", "fixed.csv")
    assert fixed.exit_code == 0
    corrected = load_images("fixed.csv")
    at = [path.name for path in corrected.paths].index("moved.jpg")
    assert corrected.y[at] == "anchor"
    assert (mislabelled / MOVED).exists()

    again = peu("labels", "fix", mislabelled, "-o", "fixed.csv")
    assert again.exit_code == 5
    assert "--overwrite" in complaint(again)


def test_a_run_keeps_its_suspects_and_refuses_other_images(
    mislabelled: Path, tmp_path: Path, peu: Peu
) -> None:
    options = ("--quick", "--recipes", "hog", *SMALL_HOG, "--quiet")
    assert peu("compare", mislabelled, *options, "-o", "run").exit_code == 0
    report = json.loads((tmp_path / "run" / "report.json").read_text("utf-8"))
    shown = peu("labels", "run", "--json")
    assert json.loads(shown.stdout)["suspects"] == report["label_errors"]["suspects"]
    assert peu("labels", "fix", "run", "-o", "all.csv").exit_code == 0
    assert len(load_images("all.csv")) == 27

    report["dataset"]["fingerprint"] = "of others"
    write_json(tmp_path / "run" / "report.json", report)
    refused = peu("labels", "fix", "run", "-o", "others.csv")
    assert refused.exit_code == 3
    assert "damaged" in complaint(refused)
    del report["sha256"]
    write_json(tmp_path / "run" / "report.json", with_checksum(report))
    refused = peu("labels", "fix", "run", "-o", "others.csv")
    assert refused.exit_code == 3
    assert "not what they were" in complaint(refused)


@pytest.mark.parametrize("content", ["{}", "[", "[]"])
def test_a_damaged_run_is_one_line(content: str, tmp_path: Path, peu: Peu) -> None:
    (tmp_path / "report.json").write_text(content, "utf-8")
    refused = peu("labels", tmp_path)
    assert refused.exit_code == 3
    assert "older version" in complaint(refused)
