"""What the exercise asks: one declaration for the page and for the marking of a class."""

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from peu.errors import ResourceError
from peu.lab.findings import read_result
from peu.lab.language import Language
from peu.lab.run import read_settings
from peu.lab.sections import SECTIONS
from peu.translations.language import LanguageCode

_KEY = re.compile(r"(\d\.\d)([a-z])")


@dataclass(frozen=True)
class NumberAsked:
    """A number that an answer has to give.

    Attributes:
        label: what is asked for.
        expected: the right number.
        within: how far an answer may be from it.
    """

    label: str
    expected: float
    within: float


@dataclass(frozen=True)
class Point:
    """A point that a text has to make.

    Attributes:
        text: the point, in words.
        phrases: the text has to hold one of these: all its words, each as the beginning of a
            word of the text, without accents or capitals; "#" is a number in digits.
    """

    text: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """A question of the exercise.

    Attributes:
        key: section and letter, as "1.2a".
        numbers: that it asks for.
        points: that its text has to make.
    """

    key: str
    numbers: tuple[NumberAsked, ...]
    points: tuple[Point, ...]

    @property
    def section(self) -> str:
        """Section of the sheet."""
        return self.key[:-1]

    @property
    def worth(self) -> int:
        """Numbers and points, each of which counts the same."""
        return len(self.numbers) + len(self.points)


def exercise_words(code: LanguageCode) -> dict[str, str]:
    """The short texts of the exercise's page in one language."""
    language = Language(code)
    return {name: language.spaced(text) for name, text in _declared()["words"][code].items()}


def lab_settings_of(folder: Path) -> dict[str, Any]:
    """Settings of the lab in a folder, as it ran.

    Raises:
        ResourceError: no lab is there.
    """
    settings = read_settings(folder)
    if not isinstance(settings, dict):
        raise ResourceError(
            f"`{folder}` must be the folder of a lab. It is not. Run `peu lab` first."
        )
    return settings


def questions_of(folder: Path, code: LanguageCode) -> tuple[Question, ...]:
    """Questions of the sections that ran in a lab, with what was measured as expected numbers.

    A number that a section did not measure is not asked for, nor is a question without any
    number or point.

    Args:
        folder: of the lab.
        code: language of labels and points.

    Raises:
        ResourceError: no lab is there.
    """
    lab_settings_of(folder)
    language, asked = Language(code), []
    for section in SECTIONS:
        result = read_result(folder, section.key, section.findings)
        if result is None:
            continue
        for key, declared in _declared().items():
            if (found := _KEY.fullmatch(key)) and found[1] == section.key:
                question = _question(key, declared, result.findings, language)
                asked += [question] if question.worth else []
    return tuple(asked)


def _question(key: str, declared: Any, findings: object, language: Language) -> Question:
    numbers = [
        NumberAsked(language.spaced(one[language.code]), float(expected), float(one["within"]))
        for one in declared.get("numbers", ())
        if (expected := _expected(one["is"], findings)) is not None
    ]
    points = [
        Point(language.spaced(one[language.code]), tuple(one["any"]))
        for one in declared.get("points", ())
    ]
    return Question(key, tuple(numbers), tuple(points))


def _expected(declared: float | str, findings: object) -> float | None:
    """The number itself, or what the section's findings hold at that path."""
    if not isinstance(declared, str):
        return declared
    found: Any = findings
    for step in declared.split("."):
        if isinstance(found, Mapping):
            found = found.get(step)
        elif isinstance(found, tuple | list):
            found = found[int(step)] if int(step) < len(found) else None
        else:
            found = getattr(found, step, None)
    return float(found) if isinstance(found, int | float) else None


@functools.cache
def _declared() -> dict[str, Any]:
    source = files("peu.lab") / "templates" / "exercise.toml"
    return tomllib.loads(source.read_text("utf-8"))
