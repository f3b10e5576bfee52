"""The exercise as one page: answers open after the student's own, checked in the page."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, PackageLoader
from markupsafe import Markup

from peu.errors import ResourceError
from peu.files import canonical_json, write_text
from peu.lab.exercise import (
    NumberAsked,
    Question,
    exercise_words,
    lab_settings_of,
    questions_of,
)
from peu.lab.findings import read_result
from peu.lab.language import Language, usual_language
from peu.lab.marking import FORMAT, FULL_MARK
from peu.lab.page import render_section, section_blocks
from peu.lab.rendering import Document, outline
from peu.lab.sections import SECTIONS
from peu.reports.blocks import Section
from peu.reports.html import page_environment, render_blocks
from peu.translations.language import LanguageCode

EXERCISE_PAGE = "exercise.html"


def write_exercise(folder: str | Path, *, language: LanguageCode | None = None) -> Path:
    """Write the exercise of a lab, `exercise.html`, beside its page.

    A question's answer is kept encoded in the page, so that neither a look at it nor a search in
    it shows what is asked; it opens when the student has written and checked an answer. The page
    needs no network: rules, expected values and answers are all in it.

    Args:
        folder: of a lab that ran, in whole or in part.
        language: "fr" or "en"; None takes that of the user's locale.

    Returns:
        The path of the page.

    Raises:
        ResourceError: no lab is there, no section with a question has run, or the disk cannot
            be written.
    """
    place, chosen = Path(folder), Language(language or usual_language())
    settings = lab_settings_of(place)
    questions = {each.key: each for each in questions_of(place, chosen.code)}
    documents = _documents(place, chosen)
    if not questions:
        raise ResourceError(
            f"`{place}` must hold a section that ran. None did. Run `peu lab` first."
        )
    words = exercise_words(chosen.code)
    script = (files("peu.lab") / "templates" / "exercise.js").read_text("utf-8")
    page = _template().render(
        title=words["title"].format(title=outline(chosen, "page")[0]),
        words=words,
        language=chosen.code,
        sections=_sections(documents, questions),
        kept=_encoded(_contents(documents, questions, chosen)),
        data={"format": FORMAT, "language": chosen.code, "of": FULL_MARK, "words": words}
        | {"lab": hashlib.sha256(canonical_json(settings).encode()).hexdigest()[:12]},
        script=Markup(script),  # noqa: S704 - peu's own
        # The page may run this script and no other.
        script_hash=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    )
    path = place / EXERCISE_PAGE
    write_text(path, page)
    return path


def _sections(
    documents: Mapping[str, Document], questions: Mapping[str, Question]
) -> list[tuple[str, str, list[tuple[Question, str]]]]:
    """Key, title, and the questions with their wording, of each section that asks any."""
    sections = []
    for key, document in documents.items():
        parts = document.parts.items()
        asked = [
            (questions.get(key + letter), f"{letter}. {part.heading}") for letter, part in parts
        ]
        if kept := [(question, heading) for question, heading in asked if question]:
            sections.append((key, document.title, kept))
    return sections


def _documents(folder: Path, language: Language) -> dict[str, Document]:
    ran = [(each, read_result(folder, each.key, each.findings)) for each in SECTIONS]
    return {
        each.key: render_section(each, result, language, folder)
        for each, result in ran
        if result is not None
    }


def _contents(
    documents: Mapping[str, Document], questions: Mapping[str, Question], language: Language
) -> dict[str, Any]:
    """What opens: by question its rules and its answer, by section what it measured."""
    contents: dict[str, Any] = {}
    for key, document in documents.items():
        laid_out = section_blocks(key, document, language)
        around = [block for block in laid_out if not isinstance(block, Section)]
        contents[key] = {"html": render_blocks(around, language=language.code, salt=key)}
        for letter, part in document.parts.items():
            if question := questions.get(key + letter):
                contents[key + letter] = {
                    "html": render_blocks(part.blocks, language=language.code, salt=key + letter),
                    "numbers": [_number(each, language) for each in question.numbers],
                    "points": [asdict(each) for each in question.points],
                }
    return contents


def _number(asked: NumberAsked, language: Language) -> dict[str, Any]:
    whole = int(asked.expected)
    written = language.count(whole) if whole == asked.expected else language.short(asked.expected)
    return {**asdict(asked), "written": written, "within_written": language.short(asked.within)}


def _encoded(contents: Mapping[str, Any]) -> dict[str, str]:
    return {
        key: base64.b64encode(json.dumps(each, ensure_ascii=False).encode()).decode()
        for key, each in contents.items()
    }


def _template() -> Any:
    places = [PackageLoader("peu.lab"), PackageLoader("peu.reports")]
    pages = page_environment().overlay(loader=ChoiceLoader(places))
    return pages.get_template("exercise.html.j2")
