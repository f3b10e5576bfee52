"""The exercise asks every question of the sheet, and expects what was measured."""

import re
from pathlib import Path

import pytest

from peu.errors import ResourceError
from peu.lab.exercise import _declared, exercise_words, questions_of
from peu.lab.findings import read_result
from peu.lab.language import Language
from peu.lab.marking import makes_point
from peu.lab.page import render_section
from peu.lab.rendering import outline
from peu.lab.sections import SECTIONS
from peu.lab.steps import transfer
from peu.translations.language import LANGUAGES, LanguageCode

DECLARED = {key: each for key, each in _declared().items() if key != "words"}


def test_every_question_of_the_page_is_declared_once() -> None:
    asked = {
        section.key + letter
        for section in SECTIONS
        for letter in outline(Language("fr"), section.key)[1]
    }
    assert set(DECLARED) == asked


@pytest.mark.parametrize("key", DECLARED)
def test_a_point_is_made_by_its_own_words(key: str) -> None:
    for point in DECLARED[key].get("points", ()):
        assert makes_point(point["fr"], point["any"])
        assert makes_point(point["en"], point["any"])
        assert not makes_point("", point["any"])
        for phrase in point["any"]:
            assert re.fullmatch(r"([a-z0-9]+|#)( ([a-z0-9]+|#))*", phrase)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_answers_of_the_page_make_most_points(code: LanguageCode, example_lab: Path) -> None:
    questions = {each.key: each for each in questions_of(example_lab, code)}
    made = []
    for section in SECTIONS:
        result = read_result(example_lab, section.key, section.findings)
        assert result is not None
        document = render_section(section, result, Language(code), example_lab)
        for letter, part in document.parts.items():
            points = questions[section.key + letter].points
            made += [makes_point(part.text, point.phrases) for point in points]
    assert sum(made) / len(made) > 0.85


def test_every_number_that_is_asked_for_was_measured(example_lab: Path) -> None:
    for code in LANGUAGES:
        questions = {each.key: each for each in questions_of(example_lab, code)}
        assert set(questions) == set(DECLARED)
        for key, declared in DECLARED.items():
            assert len(questions[key].numbers) == len(declared.get("numbers", ()))
            assert all(number.label for number in questions[key].numbers)
    assert [number.expected for number in questions["2.2b"].numbers][2:] == [32]
    assert questions["1.2a"].numbers[0].within == 0


def test_facts_of_vgg16_are_those_of_its_graph(example_lab: Path) -> None:
    found = read_result(example_lab, "1.5", transfer.Findings)
    assert found is not None
    assert found.findings is not None
    vgg = found.findings.vgg
    expected = {
        each.key: [one.expected for one in each.numbers] for each in questions_of(example_lab, "en")
    }
    assert expected["1.5a"] == [len(vgg), sum(layer.parameters > 0 for layer in vgg)]
    assert expected["1.5b"] == [sum(layer.parameters for layer in vgg)]
    assert expected["1.5c"] == [vgg[-1].output[0]]
    height, width, channels = found.findings.last_map.output
    assert expected["1.5e"] == [height * width * channels]
    assert expected["1.5f"] == [(height * width * channels + 1) * 100 + 101 * 4]
    block5 = [layer.parameters for layer in vgg if layer.name.startswith("block5")]
    assert expected["1.6b"] == [sum(block5)]


def test_both_languages_have_the_same_words() -> None:
    french, english = exercise_words("fr"), exercise_words("en")
    assert french.keys() == english.keys()
    for name, text in french.items():
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", english[name])


def test_a_folder_without_a_lab_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ResourceError, match="folder of a lab"):
        questions_of(tmp_path, "fr")
