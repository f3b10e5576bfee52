"""Answers are marked by stated rules, and a file that is none is refused in a sentence."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import pytest

from peu.errors import DataError
from peu.lab.exercise import NumberAsked, Point, Question
from peu.lab.marking import (
    Answer,
    makes_point,
    mark_answer,
    mark_class,
    marks_csv,
    read_answers,
    read_number,
)

QUESTIONS = (
    Question("1.2a", (NumberAsked("Parameters", 20_090_296, 0),), (Point("dense", ("dense",)),)),
    Question("1.3b", (), (Point("zero", ("zero", "turn off")), Point("train", ("train",)))),
)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("20 090 296", 20_090_296),
        ("20\u202f090\u202f296", 20_090_296),
        ("20,090,296", 20_090_296),
        ("20.090.296", 20_090_296),
        ("1,568", 1568),
        ("0,568", 0.568),
        ("0.4", 0.4),
        ("\u22123", -3),
        ("1e-4", 1e-4),
        ("", None),
        ("many", None),
        ("12 images", None),
        ("1e9999", None),
        ("NaN", None),
        ("١٢", None),
    ],
)
def test_a_number_is_read_as_it_is_written(written: str, number: float | None) -> None:
    assert read_number(written) == number


@pytest.mark.parametrize(
    ("text", "phrases", "made"),
    [
        ("Des neurones sont MIS À ZÉRO", ["zero"], True),
        ("Units are turned off", ["turn off"], True),
        ("the off season", ["turn off"], False),
        ("un cœur", ["coeur"], True),
        ("inutile", ["util"], False),
        ("12 s", ["# s"], True),
        ("douze s", ["#"], False),
    ],
)
def test_a_point_is_made_by_beginnings_of_words(text: str, phrases: list[str], made: bool) -> None:
    assert makes_point(text, phrases) is made


def test_numbers_and_points_count_the_same() -> None:
    dense, dropout = QUESTIONS
    assert mark_answer(dense, None) == 0
    assert mark_answer(dense, Answer(numbers=["20090296"], text="")) == 0.5
    assert mark_answer(dense, Answer(numbers=["20090295"], text="la couche dense")) == 0.5
    assert mark_answer(dropout, Answer(text="set to zero, in training")) == 1
    tolerant = Question("1.1d", (NumberAsked("Images", 123, 3),), ())
    assert [mark_answer(tolerant, Answer(numbers=[n])) for n in ("126", "127", "")] == [1, 0, 0]


def _file(path: Path, name: str, answers: Any) -> Path:
    content = {"kind": "peu lab answers", "format": 1, "name": name, "answers": answers}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_class_becomes_a_table(tmp_path: Path) -> None:
    files = [
        _file(tmp_path / "a.json", "Ada", {"1.2a": {"numbers": ["20090296"], "text": "dense"}}),
        _file(tmp_path / "b.json", '=HYPERLINK("x")', {"9.9z": {"numbers": [], "text": "?"}}),
        _file(tmp_path / "zoé.json", " ", {"1.3b": {"numbers": [], "text": "zéro"}}),
    ]
    rows = list(csv.DictReader(marks_csv(mark_class(QUESTIONS, files)).splitlines()))
    assert [row["name"] for row in rows] == ["Ada", '\'=HYPERLINK("x")', "zoé"]
    assert [row["1.2a"] for row in rows] == ["1.00", "0.00", "0.00"]
    assert [row["total"] for row in rows] == ["10.00", "0.00", "5.00"]


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b'{"kind": "peu lab answers", "format": 1, "answers": ' + b'{"a":' * 50_000,
        b'{"format": 1, "answers": {}}',
        b'{"kind": "peu lab answers", "format": 2, "answers": {}}',
        b'{"kind": "peu lab answers", "format": 1, "answers": []}',
        b'{"kind": "peu lab answers", "format": 1, "answers": {"1.2a": {"numbers": [1]}}}',
        b'{"kind": "peu lab answers", "format": 1, "answers": {"1.2a": {"text": null}}}',
        b'{"kind": "peu lab answers", "format": 1, "name": {"a": 1}, "answers": {}}',
        b'{"kind": "peu lab answers", "format": ' + b"9" * 5_000 + b', "answers": {}}',
        b"\xff\xfe\x00",
        b'"' + b"x" * (1 << 20) + b'"',
    ],
    ids=range(12),
)
def test_what_no_page_saved_is_refused_in_a_sentence(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "student.json"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"must be a student\.json saved") as caught:
        read_answers(path)
    assert len(str(caught.value)) < 500
    assert str(caught.value).isprintable()
    assert caught.value.exit_code == 3


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.json", tmp_path):
        with pytest.raises(DataError, match="that can be read"):
            read_answers(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
def test_a_pipe_is_not_waited_for_and_a_device_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "device.json").symlink_to("/dev/zero")
    for name in ("pipe.json", "device.json"):
        with pytest.raises(DataError, match=name):
            read_answers(tmp_path / name)
