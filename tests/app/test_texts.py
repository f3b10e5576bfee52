import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import peu.app
from peu.app.texts import Texts, catalogue, preferred_language

SOURCE = Path(str(peu.app.__file__)).parent


def gaps(text: Any) -> set[str]:
    forms = text if isinstance(text, list) else [text]
    return {name for form in forms for _, name, _, _ in Formatter().parse(form) if name}


def test_both_languages_have_the_same_texts_with_the_same_gaps() -> None:
    english, french = catalogue("en"), catalogue("fr")
    assert english.keys() == french.keys()
    for key in english:
        assert isinstance(english[key], list) == isinstance(french[key], list), key
        assert gaps(english[key]) == gaps(french[key]), key


def test_every_text_that_is_asked_for_is_there() -> None:
    asked = {
        key
        for file in SOURCE.rglob("*.py")
        for key in re.findall(r'texts?\(\s*"([a-z_]+\.[a-z_-]+)"', file.read_text("utf-8"))
    }
    assert len(asked) > 30
    assert asked <= catalogue("en").keys()


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("fr", "fr"),
        ("fr-CH, en;q=0.5", "fr"),
        ("en;q=0.5, fr;q=0.9", "fr"),
        ("de, en-GB", "en"),
        ("de", "en"),
        ("fr;q=0, en", "en"),
        ("fr;q=x", "en"),
        ("", "en"),
    ],
)
def test_the_browsers_language_is_taken(header: str, language: str) -> None:
    assert preferred_language(header) == language


def test_numbers_decide_between_singular_and_plural() -> None:
    assert Texts("en")("images.added", n=0) == "0 images were added."
    assert Texts("fr")("images.added", n=0) == "0 image ajoutée."
    assert Texts("en")("images.added", n=1200) == "1,200 images were added."


def test_names_that_look_like_gaps_are_shown_as_they_are() -> None:
    assert Texts("fr")("images.rename_title", name="{n} ?") == "Renommer {n} ?"
