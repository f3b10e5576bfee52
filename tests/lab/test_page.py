"""The page answers every question of the sheet, in both languages, from what was measured."""

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest

from peu.errors import ResourceError
from peu.lab.findings import Findings, read_findings, write_findings
from peu.lab.language import LANGUAGES, Language, LanguageCode
from peu.lab.page import tell_section, write_lab
from peu.lab.questions import QUESTIONS
from peu.lab.sections import SECTIONS
from peu.reports.report import Paragraph

# What the sheet asks in each section, counted on the sheet itself.
ASKED = {
    "1.1": 5,
    "1.2": 3,
    "1.3": 4,
    "1.4": 4,
    "1.5": 8,
    "1.6": 4,
    "1.7": 1,
    "2.1": 2,
    "2.2": 2,
    "2.3": 2,
    "3.1": 4,
    "3.2": 2,
    "3.3": 1,
    "3.4": 6,
}


ToldLab = dict[str, tuple[dict[str, Any], str]]


def _answered(numbers: dict[str, Any]) -> dict[str, str]:
    return {
        one["key"]: one["answer"] for section in numbers["sections"] for one in section["questions"]
    }


def test_the_sheets_questions_are_all_there() -> None:
    assert {key: sum(one.section == key for one in QUESTIONS) for key in ASKED} == ASKED
    assert len({one.key for one in QUESTIONS}) == len(QUESTIONS) == sum(ASKED.values())
    assert tuple(ASKED) == tuple(section.key for section in SECTIONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_has_its_answer(told: ToldLab, language: LanguageCode) -> None:
    numbers, page = told[language]
    answers = _answered(numbers)
    assert set(answers) == {question.key for question in QUESTIONS}
    assert [key for key, answer in answers.items() if len(answer) < 40] == []
    assert f'<html lang="{language}">' in page
    shown, say = html.unescape(page), Language(language)
    for question in QUESTIONS:
        assert f">{say(question.french, question.english)}</h3>" in shown
    assert ">None<" not in page
    assert "nan" not in " ".join(answers.values()).lower().split()


def test_each_language_keeps_to_itself(told: ToldLab) -> None:
    french, english = (
        " ".join(_answered(told[language][0]).values()).lower() for language in LANGUAGES
    )
    assert not re.search(r"\b(the|with|which|images)\b", french)
    assert not re.search(r"\b(le|les|avec|une|images)\b", english)


def test_numbers_are_the_measured_ones(told: ToldLab) -> None:
    numbers, _ = told["en"]
    facts = {section["section"]: section["facts"] for section in numbers["sections"]}
    answers = _answered(numbers)
    trial = facts["1.2"]["trial"]
    assert f"({trial['correct']}/{trial['tested']};" in answers["1.2c"]
    assert "20,090,296" in answers["1.2a"]
    assert "138,357,544" in answers["1.5b"]
    assert "block5_pool" in answers["1.5d"]
    for key in ("2.2", "3.1", "3.2", "3.3"):
        assert facts[key]["calculated"] == facts[key]["displayed"]


def test_the_assembled_network_answers_as_features_and_mlp_did(told: ToldLab) -> None:
    numbers, _ = told["en"]
    facts = {section["section"]: section["facts"] for section in numbers["sections"]}
    mlp, assembled = facts["1.5"]["trials"]["mlp"], facts["1.6"]
    assert assembled["assembled_correct"] == mlp["correct"]
    assert assembled["largest_difference"] < 1e-5
    before = assembled["trials"]["always"]["phases"][0]
    assert before["log_loss"] == pytest.approx(mlp["log_loss"], rel=1e-4)


def test_a_kl_weight_of_one_is_told_to_leave_the_map_empty(told: ToldLab) -> None:
    answers = _answered(told["en"][0])
    assert "With 1 no dimension is active" in answers["3.4b"]
    assert "Why not 1" in answers["3.4f"]


def _answers(section: str, findings: Findings, language: LanguageCode, lab: Path) -> str:
    one = next(each for each in SECTIONS if each.key == section)
    told = tell_section(one, findings, Language(language), lab)
    return " ".join(
        block.text
        for blocks in told.answers.values()
        for block in blocks
        if isinstance(block, Paragraph)
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_section_that_failed_says_why_instead(lab: Path, language: LanguageCode) -> None:
    for section in SECTIONS:
        failed = Findings(section=section.key, facts={}, seconds=0.1, failed="No room. Make some.")
        said = _answers(section.key, failed, language, lab)
        assert said.count("No room. Make some.") == ASKED[section.key]


def _with(lab: Path, section: str, **changes: Any) -> Findings:
    found = read_findings(lab, section)
    assert found is not None
    return Findings(section=section, facts={**found.facts, **changes}, seconds=1.0)


def test_answers_follow_the_figures_and_not_the_textbook(lab: Path) -> None:
    diverged = _with(lab, "1.2", trial=None, diverged="It grew.", learning_rate=1.0)
    assert "It diverges: a learning rate of 1" in _answers("1.2", diverged, "en", lab)
    assert "Il diverge" in _answers("1.2", diverged, "fr", lab)

    empty = _with(lab, "3.4", active=0, asked=1.0, grid_spread=0.0001)
    said = _answers("3.4", empty, "en", lab)
    assert "There are none: all images give the same output" in said
    assert "It is empty: the 100 images of the grid are the same" in said

    nowhere = {"elbo": -1.0, "mse": 0.1, "kl": [0.0, 0.0], "active": 0, "neighbours": 0.1}
    judged = {"distance": 9.0, "confident": 0.0, "covered": 0, "classes": 10}
    trials = [
        {"asked": asked, "kl_weight": at, "seconds": 1.0, "notes": [], **nowhere, **judged}
        for asked, at in ((1.0, 1.0), ("auto", 1e-5))
    ]
    study = {"trials": trials, "best": {"elbo": 1.0, "samples": None, "neighbours": None}}
    short = _with(lab, "3.4", active=0, asked="auto", ended=1e-5, grid_spread=0.0, study=study)
    said = _answers("3.4", short, "en", lab)
    assert "The kl_weight (auto) would allow more: training was too short." in said
    assert "nothing to choose between" in said
    assert "(nothing more)" in said
    assert "is too large" not in said
    large = _with(lab, "3.4", active=0, asked=1.0, ended=1.0, grid_spread=0.0)
    assert "This kl_weight (1) is too large." in _answers("3.4", large, "en", lab)

    refused = _with(lab, "1.1", parted={"refused": "One class."}, class_names=["one"])
    said = _answers("1.1", refused, "en", lab)
    assert "There is no X_train here" in said
    assert "no classifier can be learnt" in said

    learnt = read_findings(lab, "2.3")
    assert learnt is not None
    plain = {**learnt.facts["plain"], "collapsed": False}
    assert "did learn this time" in _answers("2.3", _with(lab, "2.3", plain=plain), "en", lab)
    plain = {**plain, "collapsed": True, "output_mean": 0.0001}
    assert "that of black" in _answers("2.3", _with(lab, "2.3", plain=plain), "en", lab)

    bare = _with(lab, "1.5", unavailable="No weights. Name a file.")
    said = _answers("1.5", bare, "en", lab)
    assert said.count("No weights. Name a file.") == 4
    assert "138,357,544" in said


def test_a_page_needs_no_network_and_a_lab(told: ToldLab, tmp_path: Path) -> None:
    _, page = told["fr"]
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    with pytest.raises(ResourceError, match="must be the folder of a lab"):
        write_lab(tmp_path)


def test_a_page_of_some_sections_holds_those(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.json").write_bytes((lab / "lab.json").read_bytes())
    found = read_findings(lab, "2.2")
    assert found is not None
    write_findings(tmp_path, found)
    write_lab(tmp_path, language="en")
    numbers = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [section["section"] for section in numbers["sections"]] == ["2.2"]
    assert capsys.readouterr().out == ""


def test_settings_that_diverge_are_said_to(lab: Path) -> None:
    found = read_findings(lab, "1.3")
    assert found is not None
    best = {"best": found.facts["trials"]["best"]}
    rows = [{**found.facts["rows"][0], "name": "dropout 0.5", "settings": {**found.facts["base"]}}]
    rows[0]["settings"]["dropout"] = 0.5
    changed = _with(lab, "1.3", trials=best, rows=rows, best="dropout 0.5", failed=["base"])
    for language, diverged in (("en", "diverged"), ("fr", "divergé")):
        said = _answers("1.3", changed, language, lab)  # type: ignore[arg-type]
        assert said.count(diverged) == 2
