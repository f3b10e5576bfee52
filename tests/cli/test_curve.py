"""`peu curve` measures with fewer images, says how many are missing, and writes a page."""

import json
from pathlib import Path

import pytest
from PIL import Image

from command_line import Peu, complaint

QUICK = ("--recipes", "hog", "--set", "hog.colour=never", "--set", "hog.kernel=linear")
FOLDS = ("--folds", "4", "--repeats", "1")


def test_a_curve_is_measured_once_and_asked_again(photos: Path, peu: Peu, tmp_path: Path) -> None:
    first = peu("curve", photos, *QUICK, *FOLDS, "-o", "run", "--target", "0.9")
    assert first.exit_code == 0, first.stderr
    assert "hog: " in first.stdout
    assert "16/16 hog" in first.stderr
    assert (tmp_path / "run" / "report.html").is_file()
    again = peu("curve", photos, *QUICK, *FOLDS, "-o", "run", "--target", "0.6", "--json", "-q")
    assert again.stderr == ""
    assert json.loads(again.stdout)["target"] == 0.6
    # A comparison is another run: it must not replace this one's report.
    other = peu("compare", photos, *QUICK, *FOLDS, "-o", "run")
    assert other.exit_code == 5
    assert "--overwrite" in complaint(other)


@pytest.mark.parametrize("per_class", [2, 3])
def test_too_few_images_are_one_line_and_leave_nothing(
    per_class: int, peu: Peu, tmp_path: Path
) -> None:
    for at, name in enumerate(("a", "b")):
        (tmp_path / "few" / name).mkdir(parents=True)
        for number in range(per_class):
            colour = (80 * at, 60 * number, 255 - 70 * number)
            gradient = Image.linear_gradient("L").resize((40 + 9 * number, 40))
            image = Image.merge(
                "RGB", [gradient.point(lambda v, c=c: (v + c) % 256) for c in colour]
            )
            image.save(tmp_path / "few" / name / f"{number}.png")
    refused = peu("curve", "few", "--folds", per_class, "-o", "run")
    assert refused.exit_code == 3
    assert "Add images" in complaint(refused)
    assert not (tmp_path / "run").exists()


def test_one_class_and_an_impossible_target_are_one_line(
    photos: Path, peu: Peu, tmp_path: Path
) -> None:
    assert peu("curve", photos, "--target", "95").exit_code == 2
    assert peu("curve", photos / "anchor").exit_code == 3
