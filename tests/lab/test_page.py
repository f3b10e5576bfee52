"""The page answers every question of the sheet, in both languages, from what was measured."""

import html
import importlib
import json
import re
import shutil
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from peu.errors import ResourceError
from peu.lab.findings import SectionResult, read_result, write_result
from peu.lab.language import Language
from peu.lab.page import render_section, write_lab
from peu.lab.rendering import outline
from peu.lab.sections import SECTIONS
from peu.reports.blocks import Block, Details
from peu.reports.pdf import print_page
from peu.translations.language import LANGUAGES, LanguageCode

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


Pages = dict[str, tuple[dict[str, Any], str]]


def _answered(numbers: dict[str, Any]) -> dict[str, str]:
    return {
        one["key"]: one["answer"] for section in numbers["sections"] for one in section["questions"]
    }


def _questions(language: LanguageCode) -> dict[str, str]:
    return {
        section.key + letter: question
        for section in SECTIONS
        for letter, question in outline(Language(language), section.key)[1].items()
    }


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_of_the_sheet_is_asked(language: LanguageCode) -> None:
    asked = [key[:-1] for key in _questions(language)]
    assert {key: asked.count(key) for key in ASKED} == ASKED
    assert tuple(ASKED) == tuple(section.key for section in SECTIONS)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_has_its_answer(pages: Pages, language: LanguageCode) -> None:
    numbers, page = pages[language]
    answers = _answered(numbers)
    questions = _questions(language)
    assert set(answers) == set(questions)
    assert [key for key, answer in answers.items() if len(answer) < 40] == []
    assert f'<html lang="{language}">' in page
    shown = html.unescape(page)
    for key, question in questions.items():
        assert f">{key[-1]}. {question}</h3>" in shown
    assert ">None<" not in page
    assert "nan" not in " ".join(answers.values()).lower().split()


def test_each_language_keeps_to_itself(pages: Pages) -> None:
    french, english = (
        " ".join(_answered(pages[language][0]).values()).lower() for language in LANGUAGES
    )
    assert not re.search(r"\b(the|with|which|from)\b", french)
    assert not re.search(r"\b(le|les|avec|une)\b", english)


def test_numbers_are_the_measured_ones(pages: Pages) -> None:
    numbers, _ = pages["en"]
    facts = {section["section"]: section["findings"] for section in numbers["sections"]}
    answers = _answered(numbers)
    trial = facts["1.2"]["trial"]
    assert f"({trial['correct']}/{trial['tested']};" in answers["1.2c"]
    assert "20,090,296" in answers["1.2a"]
    assert "138,357,544" in answers["1.5b"]
    assert "block5_pool" in answers["1.5d"]
    for key in ("2.2", "3.1", "3.2", "3.3"):
        layers = facts[key]["count"]["layers"]
        assert sum(layer["parameters"] for layer in layers) == facts[key]["count"]["displayed"]


def test_a_kl_weight_of_one_is_told_to_leave_the_map_empty(pages: Pages) -> None:
    answers = _answered(pages["en"][0])
    assert "With 1 no dimension is active" in answers["3.4b"]
    assert "Why not 1" in answers["3.4f"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not here.")
def test_a_printed_page_cuts_no_figure(pages: Pages, tmp_path: Path) -> None:
    _, page = pages["fr"]
    (tmp_path / "page.html").write_text(page, encoding="utf-8")
    print_page(tmp_path / "page.html", tmp_path / "page.pdf", browser=shutil.which("chromium"))
    sheets = PdfReader(tmp_path / "page.pdf").pages
    assert 8 <= len(sheets) <= 60
    printed = [_letters(sheet.extract_text()) for sheet in sheets]
    figures = re.findall(r'<figure class="figure">(.*?)</figure>', page, re.DOTALL)
    assert len(figures) > 8
    for figure in figures:
        (caption,) = re.findall(r"<figcaption>(.*?)</figcaption>", figure, re.DOTALL)
        drawing = figure.split("<figcaption>")[0].split('class="narrow"')[0]
        names = [_letters(name) for name in re.findall(r"<text[^>]*>([^<]{4,})</text>", drawing)]
        # A caption that two figures share stands on the page of each.
        holding = [text for text in printed if _letters(caption)[:40] in text]
        assert holding, caption
        together = max(sum(name in text for name in names) for text in holding)
        assert together >= 0.8 * len(names), caption
    # An image that is cut is drawn on two sheets.
    drawn = sum(len(_images(sheet["/Resources"])) for sheet in sheets)
    shown = re.sub(r'<svg [^>]*class="narrow".*?</svg>', "", page, flags=re.DOTALL)
    assert 0 < drawn <= shown.count("data:image/")


def _images(resources: Any) -> set[int]:
    """Numbers of the images that a sheet draws; for pypdf's own list it is parsed once more."""
    found: set[int] = set()
    if "/XObject" not in resources:
        return found
    for reference in resources["/XObject"].values():
        drawn = reference.get_object()
        if drawn["/Subtype"] == "/Image":
            found.add(reference.idnum)
        elif "/Resources" in drawn:
            found |= _images(drawn["/Resources"])
    return found


def _letters(text: str) -> str:
    """Letters and digits alone, as print spaces, joins and breaks the rest differently."""
    plain = unicodedata.normalize("NFKD", html.unescape(re.sub(r"<[^>]+>", "", text)))
    return re.sub(r"[^A-Za-z0-9]", "", plain)


def _inside(block: Block) -> tuple[Block, ...]:
    return block.blocks if isinstance(block, Details) else ()


def _read(lab: Path, section: str) -> SectionResult[Any]:
    (one,) = (each for each in SECTIONS if each.key == section)
    found = read_result(lab, section, one.findings)
    assert found is not None
    return found


def _answers(result: SectionResult[Any], language: LanguageCode, lab: Path) -> str:
    (section,) = (each for each in SECTIONS if each.key == result.section)
    document = render_section(section, result, Language(language), lab)
    return " ".join(part.text for part in document.parts.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_section_that_failed_says_why_instead(lab: Path, language: LanguageCode) -> None:
    for section in SECTIONS:
        failed = SectionResult[Any](
            section=section.key,
            findings=None,
            seconds=0.1,
            failed="No room. Make some.",
            trouble="machine",
        )
        document = render_section(section, failed, Language(language), lab)
        told = [*document.opening, *(each for box in document.opening for each in _inside(box))]
        assert "No room. Make some." in "".join(getattr(each, "text", "") for each in told)
        answers = [part.text for part in document.parts.values()]
        assert len(answers) == ASKED[section.key]
        # peu's own messages are English.
        assert all(("No room" in answer) == (language == "en") for answer in answers)
        assert all(("cette machine" in answer) == (language == "fr") for answer in answers)


def test_pages_of_what_was_measured_need_no_keras(monkeypatch: pytest.MonkeyPatch) -> None:
    # Loaded anew here, as in a process of their own: without what takes that so long.
    for name in [each for each in sys.modules if each.partition(".")[0] == "peu"]:
        monkeypatch.delitem(sys.modules, name)
    for name in ("keras", "tensorflow"):
        monkeypatch.setitem(sys.modules, name, None)
    before = set(sys.modules)
    try:
        importlib.import_module("peu.lab.run")
        importlib.import_module("peu.lab.exercise_page")
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]


def test_a_page_needs_no_network_and_a_lab(pages: Pages, tmp_path: Path) -> None:
    _, page = pages["fr"]
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    with pytest.raises(ResourceError, match="must be the folder of a lab"):
        write_lab(tmp_path)


def test_a_page_of_some_sections_holds_those(
    lab: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "lab.json").write_bytes((lab / "lab.json").read_bytes())
    found = _read(lab, "2.2")
    write_result(tmp_path, found)
    write_lab(tmp_path, language="en")
    numbers = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    assert [section["section"] for section in numbers["sections"]] == ["2.2"]
    assert capsys.readouterr().out == ""


def test_a_section_that_failed_is_not_counted_as_run(lab: Path, tmp_path: Path) -> None:
    (tmp_path / "lab.json").write_bytes((lab / "lab.json").read_bytes())
    write_result(tmp_path, _read(lab, "3.1"))
    failed = SectionResult[Any](section="3.3", findings=None, seconds=0.1, failed="No room.")
    write_result(tmp_path, failed)
    page = html.unescape(write_lab(tmp_path, language="fr").read_text(encoding="utf-8"))
    assert "1 section sur 14 a été exécutée" in page
    assert "N’a pas pu l\u2019être\u00a0: 3.3" in page
