"""Marking the answers of students: the same rules as the exercise's page has in JavaScript."""

import csv
import io
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pydantic
from pydantic import Field, StringConstraints

from peu.errors import DataError
from peu.files import read_bytes
from peu.lab.exercise import Question
from peu.wording import printable, quoted

FORMAT = 1
FULL_MARK = 20
_MOST_BYTES = 1 << 20
_LONGEST_TEXT = 20_000
_GROUPED = re.compile(r"[+-]?[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]+)?")
_DOTTED = re.compile(r"[+-]?[1-9][0-9]{0,2}(\.[0-9]{3}){2,}")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.IGNORECASE)
_SPACES = re.compile(r"[\s'_\u2019]+")
_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae"})
# A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

ShortText = Annotated[str, StringConstraints(max_length=200)]


class Answer(pydantic.BaseModel):
    """What a student wrote for one question."""

    model_config = pydantic.ConfigDict(strict=True)

    numbers: Annotated[list[ShortText], Field(max_length=20)] = []
    text: Annotated[str, StringConstraints(max_length=_LONGEST_TEXT)] = ""


class StudentAnswers(pydantic.BaseModel):
    """The content of a `student.json`."""

    model_config = pydantic.ConfigDict(strict=True)

    kind: Literal["peu lab answers"]
    format: Literal[1]
    name: ShortText = ""
    answers: Annotated[dict[ShortText, Answer], Field(max_length=200)]


@dataclass(frozen=True)
class Marks:
    """The marks of one student.

    Attributes:
        name: as the student wrote it, or that of the file.
        questions: by key, in [0, 1].
    """

    name: str
    questions: Mapping[str, float]

    @property
    def total(self) -> float:
        """Of 20; every question counts the same."""
        return FULL_MARK * sum(self.questions.values()) / max(1, len(self.questions))


def read_number(text: str) -> float | None:
    """The number that a student wrote, or None.

    Example:
        >>> read_number("20 090 296"), read_number("20,090,296"), read_number("0,4")
        (20090296.0, 20090296.0, 0.4)
    """
    written = _SPACES.sub("", text).replace("\u2212", "-")
    if _GROUPED.fullmatch(written):
        written = written.replace(",", "")
    elif _DOTTED.fullmatch(written):
        written = written.replace(".", "")
    written = written.replace(",", ".")
    return float(written) if _NUMBER.fullmatch(written) else None


def makes_point(text: str, phrases: Sequence[str]) -> bool:
    """Whether a text holds one of these phrases, by the rule of `Point`."""
    words = _words(text)
    return any(all(_holds(words, each) for each in phrase.split()) for phrase in phrases)


def mark_answer(question: Question, answer: Answer | None) -> float:
    """The share of a question's numbers and points that an answer has right, in [0, 1]."""
    if answer is None:
        return 0.0
    given = [read_number(each) for each in answer.numbers]
    right = sum(
        number is not None and abs(number - asked.expected) <= asked.within
        for number, asked in zip(given, question.numbers, strict=False)
    )
    made = sum(makes_point(answer.text, point.phrases) for point in question.points)
    return (right + made) / question.worth


def mark_class(questions: Sequence[Question], paths: Sequence[Path]) -> tuple[Marks, ...]:
    """Mark the answers of a class.

    Args:
        questions: of the lab.
        paths: a `student.json` each.

    Raises:
        DataError: a file is not what the page of the exercise saves.
    """
    marked = []
    for path in paths:
        student = read_answers(path)
        by_key = {each.key: mark_answer(each, student.answers.get(each.key)) for each in questions}
        marked.append(Marks(printable(student.name).strip() or path.stem, by_key))
    return tuple(marked)


def read_answers(path: Path) -> StudentAnswers:
    """Read a `student.json`.

    Raises:
        DataError: it cannot be read, or is not what the page of the exercise saves.
    """
    try:
        content = read_bytes(path, most_bytes=_MOST_BYTES)
    except ValueError as error:
        raise _not_answers(path, "more than 1 MiB") from error
    except OSError as error:
        reason = error.strerror or error
        raise DataError(
            f"{quoted(path)} must be a file that can be read. It is not: {reason}. Give the "
            "student.json that the exercise's page saved."
        ) from error
    try:
        return StudentAnswers.model_validate(json.loads(content))
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        place = ".".join(printable(str(each))[:40] for each in first["loc"][:4]) or "the whole"
        raise _not_answers(path, f"{place}: {first['msg'][:120]}") from error
    except (ValueError, RecursionError) as error:
        raise _not_answers(path, "no JSON") from error


def marks_csv(marks: Sequence[Marks]) -> str:
    """A line a student: name, the mark of each question in [0, 1], the total of 20."""
    lines = io.StringIO()
    writer = csv.writer(lines, lineterminator="\n")
    keys = list(marks[0].questions) if marks else []
    writer.writerow(["name", *keys, "total"])
    for one in marks:
        name = f"'{one.name}" if one.name.startswith(_FORMULA) else one.name
        shares = [f"{one.questions[key]:.2f}" for key in keys]
        writer.writerow([name, *shares, f"{one.total:.2f}"])
    return lines.getvalue()


def _words(text: str) -> list[str]:
    plain = unicodedata.normalize("NFD", text.lower().translate(_LIGATURES))
    kept = "".join(each for each in plain if not unicodedata.category(each).startswith("M"))
    return re.findall(r"[a-z0-9]+", kept)


def _holds(words: Sequence[str], wanted: str) -> bool:
    if wanted == "#":
        return any(word[0] in "0123456789" for word in words)
    return any(word.startswith(wanted) for word in words)


def _not_answers(path: Path, received: str) -> DataError:
    return DataError(
        f"{quoted(path)} must be a student.json saved by the exercise's page. "
        f"Received: {received}. Ask the student to save it again."
    )
