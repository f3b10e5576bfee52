"""Texts that cannot steer a terminal."""

import json

import pytest

from peu.wording import printable, printable_json

STEERING = ("\x9b31m", "\x1b[2J", "\x7f", "\x85", "\u202e", "\u200b", "\U000e0001")


@pytest.mark.parametrize("text", [*STEERING, "é", "日本", "a b", 'a"\\\n', "😀"])
def test_json_that_is_escaped_stays_the_same_value(text: str) -> None:
    written = printable_json(json.dumps({text: [text, 1.5]}, ensure_ascii=False, indent=2))
    assert json.loads(written) == {text: [text, 1.5]}
    assert all(letter.isprintable() for letter in written.replace("\n", ""))
    assert (text in written) == text.isprintable()


def test_half_characters_become_question_marks() -> None:
    assert json.loads(printable_json(json.dumps("a\udcff", ensure_ascii=False))) == "a?"


@pytest.mark.parametrize("text", STEERING)
def test_lines_are_escaped(text: str) -> None:
    assert printable(f"a{text}").isprintable()
