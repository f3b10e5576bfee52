"""`peu lab --exercise` writes the page, and `--answers` marks a class into a CSV."""

import csv
import json
from pathlib import Path

from command_line import Peu, complaint
from peu.lab.exercise import questions_of

CHEAP = ("lab", "--quick", "--digits", "digits", "--sections", "3.3", "-o", "tp")


def _student(path: Path, name: str, parameters: str) -> Path:
    answers = {"3.3a": {"numbers": [parameters], "text": "De l'image à sa reconstruction."}}
    saved = {"kind": "peu lab answers", "format": 1, "name": name, "answers": answers}
    path.write_text(json.dumps(saved), encoding="utf-8")
    return path


def test_an_exercise_is_answered_and_a_class_is_marked(peu: Peu, tmp_path: Path) -> None:
    ran = peu(*CHEAP, "--language", "fr", "--exercise")
    assert ran.exit_code == 0, ran.stderr
    assert ran.stdout.splitlines()[-1] == str(Path("tp", "exercise.html"))
    assert '<html lang="fr">' in (tmp_path / "tp" / "exercise.html").read_text(encoding="utf-8")
    (question,) = questions_of(tmp_path / "tp", "fr")
    right = f"{question.numbers[0].expected:.0f}"
    ada, other = (
        _student(tmp_path / "ada.json", "Ada", right),
        _student(tmp_path / "b.json", "", "28"),
    )

    marked = peu("lab", "-o", "tp", "--answers", ada, other)
    assert marked.exit_code == 0, marked.stderr
    assert "Ada: 20.0/20" in marked.stdout
    table = tmp_path / "tp" / "marks.csv"
    rows = list(csv.DictReader(table.read_text(encoding="utf-8").splitlines()))
    assert [(row["name"], row["3.3a"]) for row in rows] == [("Ada", "1.00"), ("b", "0.50")]
    told = json.loads(peu("lab", "-o", "tp", "--json", "--answers", ada, other).stdout)
    assert [one["total"] for one in told["students"]] == [20, 10]

    table.unlink()
    (tmp_path / "odd.json").write_text('{"answers": [[[]]]}', encoding="utf-8")
    odd = peu("lab", "-o", "tp", "--answers", ada, tmp_path / "odd.json")
    assert odd.exit_code == 3
    assert "odd.json" in complaint(odd)
    assert not table.exists()
    # What the exercise added belongs to the lab, which can be thrown away as a whole.
    assert peu(*CHEAP, "--seed", 1, "--overwrite").exit_code == 0


def test_marking_wants_a_lab_and_its_option(peu: Peu, tmp_path: Path) -> None:
    student = _student(tmp_path / "ada.json", "Ada", "1")
    nowhere = peu("lab", "-o", "nowhere", "--answers", student)
    assert nowhere.exit_code == 5
    assert "folder of a lab" in complaint(nowhere)
    alone = peu("lab", "-o", "tp", student)
    assert alone.exit_code == 2
    assert "--answers" in complaint(alone)
