"""`peu lab --exercise` writes the page, and `--answers` marks a class into a CSV."""

import csv
import json
from pathlib import Path

import pytest

from command_line import Peu, complaint

CHEAP = ("lab", "--quick", "--digits", "digits", "--sections", "3.2", "-o", "tp")


def _student(path: Path, name: str, filters: str) -> Path:
    answers = {"3.2a": {"numbers": [filters], "text": "Sigmoïde."}}
    saved = {"kind": "peu lab answers", "format": 1, "name": name, "answers": answers}
    path.write_text(json.dumps(saved), encoding="utf-8")
    return path


@pytest.fixture
def lab(peu: Peu, tmp_path: Path) -> Path:
    ran = peu(*CHEAP, "--language", "fr", "--exercise")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == str(Path("tp", "exercise.html"))
    return tmp_path / "tp"


def test_an_exercise_is_answered_and_a_class_is_marked(lab: Path, peu: Peu, tmp_path: Path) -> None:
    assert '<html lang="fr">' in (lab / "exercise.html").read_text(encoding="utf-8")
    files = [_student(tmp_path / "ada.json", "Ada", "1"), _student(tmp_path / "b.json", "", "28")]
    marked = peu("lab", "-o", "tp", "--answers", *files)
    assert marked.exit_code == 0, marked.stderr
    assert "Ada: 10.0/20" in marked.stdout
    rows = list(csv.DictReader((lab / "marks.csv").read_text(encoding="utf-8").splitlines()))
    assert [(row["name"], row["3.2a"]) for row in rows] == [("Ada", "1.00"), ("b", "0.50")]
    told = json.loads(peu("lab", "-o", "tp", "--json", "--answers", *files).stdout)
    assert [one["total"] for one in told["students"]] == [10, 5]
    # What the exercise added belongs to the lab, which can be thrown away as a whole.
    assert peu(*CHEAP, "--seed", 1, "--overwrite").exit_code == 0


def test_what_cannot_be_marked_is_refused_in_one_line(lab: Path, peu: Peu, tmp_path: Path) -> None:
    (tmp_path / "odd.json").write_text('{"answers": [[[]]]}', encoding="utf-8")
    good = _student(tmp_path / "ada.json", "Ada", "1")
    odd = peu("lab", "-o", "tp", "--answers", good, tmp_path / "odd.json")
    assert odd.exit_code == 3
    assert "odd.json" in complaint(odd)
    assert not (lab / "marks.csv").exists()
    nowhere = peu("lab", "-o", "nowhere", "--answers", good)
    assert nowhere.exit_code == 5
    assert "folder of a lab" in complaint(nowhere)
    alone = peu("lab", "-o", "tp", good)
    assert alone.exit_code == 2
    assert "--answers" in complaint(alone)
