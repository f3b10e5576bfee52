"""The exercise's page hides answers until one's own is checked, and marks as Python does."""

import base64
import hashlib
import html
import json
import re
from pathlib import Path

import pytest

from browser import CHROMIUM, Browser
from peu.errors import ResourceError
from peu.lab.exercise import questions_of
from peu.lab.exercise_page import write_exercise
from peu.lab.findings import read_result
from peu.lab.language import Language
from peu.lab.marking import mark_class
from peu.lab.page import render_section
from peu.lab.sections import SECTIONS
from peu.reports import html as reports_html
from peu.translations.language import LANGUAGES, LanguageCode

# Right, wrong, odd and empty answers, by question.
WRITTEN: dict[str, tuple[list[str], str]] = {
    "1.1a": ([], "Elles ont des TAILLES différentes ; redimensionnées à 224."),
    "1.2a": (["20\u202f090\u202f296"], "couche dense"),
    "1.3b": ([], "Des neurones éteints au hasard pendant l'entraînement"),
    "1.5b": (["138.357.544"], ""),
    "1.5e": (["25,088"], "7×7×512"),
    "2.2a": (["deux"], "œuf"),
    "2.2b": (["7", "7,0", "33"], ""),
    "3.4f": ([], "<b>0,001</b> & un compromis"),
}


@pytest.fixture(scope="module")
def exercises(example_lab: Path) -> dict[LanguageCode, str]:
    """The source of the page by language; the last written is French."""
    found: dict[LanguageCode, str] = {}
    with pytest.MonkeyPatch.context() as patch:
        # Drawing takes most of the time, and what is drawn has its own tests.
        patch.setattr(reports_html, "page_svg", lambda *_: "<svg></svg>")
        for code in reversed(LANGUAGES):
            found[code] = write_exercise(example_lab, language=code).read_text(encoding="utf-8")
    return found


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_answer_is_in_plain_view(
    code: LanguageCode, exercises: dict[LanguageCode, str], example_lab: Path
) -> None:
    source = html.unescape(exercises[code])
    shown = re.sub(r"<(script|style)\b.*?</\1>", "", source, flags=re.DOTALL)
    for section in SECTIONS:
        result = read_result(example_lab, section.key, section.findings)
        assert result is not None
        for part in render_section(section, result, Language(code), example_lab).parts.values():
            assert part.heading in shown
            assert part.text not in source
    for question in questions_of(example_lab, code):
        for number in question.numbers:
            if number.expected > 1000:
                digits = str(int(number.expected))
                assert digits not in re.sub(r"[^0-9A-Za-z]", "", shown)
                assert digits not in source
        assert all(point.text not in source for point in question.points)
        assert "src=" not in shown


def test_the_page_needs_no_network_and_runs_its_own_script_alone(
    exercises: dict[LanguageCode, str],
) -> None:
    for source in exercises.values():
        assert not re.search(r"https?://(?!www\.w3\.org)", source)
        (allowed,) = re.findall(r"script-src 'sha256-([^']+)'", source)
        (script,) = re.findall(r"<script>(.*?)</script>", source, flags=re.DOTALL)
        assert base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() == allowed


def test_a_lab_that_has_not_run_has_no_exercise(tmp_path: Path, example_lab: Path) -> None:
    with pytest.raises(ResourceError, match="folder of a lab"):
        write_exercise(tmp_path)
    (tmp_path / "lab.json").write_bytes((example_lab / "lab.json").read_bytes())
    with pytest.raises(ResourceError, match="section that ran"):
        write_exercise(tmp_path)


@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_student_answers_by_keyboard_and_is_marked_as_in_python(
    exercises: dict[LanguageCode, str], example_lab: Path, tmp_path: Path
) -> None:
    with Browser(example_lab / "exercise.html", width=375) as page:
        assert page.run("document.documentElement.scrollWidth") <= 375
        named = page.names()
        assert all(name for role, name in named if role in ("button", "textbox", "heading"))

        page.type('[data-question="3.1a"] .number', "1")
        page.press("Enter")
        page.press("Tab")
        page.press("Tab")
        focused = "document.activeElement.className + document.activeElement.disabled"
        assert page.run(focused) == "revealfalse"
        page.press("Space")
        assert page.run("document.activeElement.className") == "opened answer"
        answered = page.run("document.querySelector('[data-question=\"3.1a\"]').innerText")
        expected = next(each for each in questions_of(example_lab, "fr") if each.key == "3.1a")
        assert f"{expected.numbers[0].expected:,.0f}".replace(",", "\u202f") in answered
        assert page.run("document.querySelector('[data-question=\"3.1a\"] .number').readOnly")

        page.type("#name", "Zoé")
        for key, (numbers, text) in WRITTEN.items():
            place = f'[data-question="{key}"]'
            for at, number in enumerate(numbers, start=1):
                page.type(f"{place} .field:nth-of-type({at}) .number", number)
            if text:
                page.type(f"{place} .text", text)
            page.run(f"document.querySelector('{place} .check').click()")
        marked = page.run("document.getElementById('progress').textContent")
        page.run(
            "URL.createObjectURL = (blob) => { window.saved = blob; return '#'; };"
            "document.getElementById('save').click()"
        )
        saved = page.run("window.saved.text()")
        assert page.messages == []

    (tmp_path / "student.json").write_text(saved, encoding="utf-8")
    assert json.loads(saved)["answers"]["2.2b"]["numbers"] == ["7", "7,0", "33"]
    (marks,) = mark_class(questions_of(example_lab, "en"), [tmp_path / "student.json"])
    assert marks.name == "Zoé"
    assert {key: round(marks.questions[key], 3) for key in WRITTEN} == {
        "1.1a": 1.0,
        "1.2a": marks.questions["1.2a"],
        "1.3b": round(2 / 3, 3),
        "1.5b": 1.0,
        "1.5e": 1.0,
        "2.2a": 0.0,
        "2.2b": marks.questions["2.2b"],
        "3.4f": 1.0,
    }
    assert f"{marks.total:.1f}".rstrip("0").rstrip(".").replace(".", ",") in marked
