"""A lab as one page and as JSON, in either language, from what its sections found."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from peu.errors import ResourceError
from peu.evaluation.uncertainty import Interval
from peu.lab.findings import SectionResult, read_result, result_json
from peu.lab.keras_code import keras_cells
from peu.lab.language import Language, usual_language
from peu.lab.rendering import Document, Part, outline, render, values_of
from peu.lab.run import read_settings
from peu.lab.sections import SECTIONS, LabSection
from peu.reports.blocks import Block, Code, Details, Figure, Report, Section
from peu.reports.report_folder import write_report_folder
from peu.translations.language import LanguageCode
from peu.version import __version__

# What the page sums up of part 1: section, and the trial in its findings.
_RECOGNISED = {
    "network": ("1.2", ""),
    "tuned": ("1.3", "best"),
    "augmented": ("1.4", "best"),
    "resnet": ("1.4", "resnet"),
    "hog": ("1.5", "hog"),
    "mlp": ("1.5", "mlp"),
    "finetuned": ("1.6", "always"),
}


def write_lab(folder: str | Path, *, language: LanguageCode | None = None) -> Path:
    """Write the page of a lab, `report.html`, its JSON and its figures.

    Nothing is computed anew, so a lab that has run is written in the other language at once.

    Args:
        folder: of a lab that ran, in whole or in part.
        language: "fr" or "en"; None takes that of the user's locale.

    Returns:
        The path of the page.

    Raises:
        ResourceError: no lab is there, or the disk cannot be written.
    """
    place, chosen = Path(folder), Language(language or usual_language())
    settings = read_settings(place)
    if not isinstance(settings, dict):
        raise ResourceError(
            f"`{place}` must be the folder of a lab. It is not. Run `peu lab` first."
        )
    results = [read_result(place, each.key, each.findings) for each in SECTIONS]
    ran = [(each, result) for each, result in zip(SECTIONS, results, strict=True) if result]
    documents = {each.key: render_section(each, result, chosen, place) for each, result in ran}
    page = render(chosen, "page", _summary(settings, [result for _, result in ran]))
    summary, recognition, method = (page.parts[key] for key in ("summary", "recognition", "method"))
    sections = [
        Section(f"{key} {document.title}", section_blocks(key, document, chosen))
        for key, document in documents.items()
    ]
    if recognition.blocks:
        sections.insert(0, Section(recognition.heading, recognition.blocks))
    report = Report(
        title=page.title,
        subtitle=page.parts["subtitle"].text,
        blocks=(*summary.blocks, *sections, Section(method.heading, method.blocks)),
        language=chosen.code,
        footer=page.parts["footer"].text,
    )
    numbers = {
        "format": 2,
        "language": chosen.code,
        "settings": settings,
        "sections": [_numbers(result, documents[each.key]) for each, result in ran],
    }
    plots = {
        f"{key}-{number}": block
        for key, document in documents.items()
        for number, block in enumerate(document.blocks, start=1)
        if isinstance(block, Figure)
    }
    return write_report_folder(place, report, numbers, plots)


def render_section(
    section: LabSection, result: SectionResult[Any], language: Language, folder: Path
) -> Document:
    """Render the result of a section; one that failed answers with its reason.

    Args:
        section: which.
        result: what it found.
        language: of the text.
        folder: of the lab.
    """
    if result.failed:
        title, questions = outline(language, section.key)
        failed = render(language, "failed", {"reason": result.failed, "trouble": result.trouble})
        answer = failed.parts["answer"].blocks
        parts = {key: Part(asked, answer) for key, asked in questions.items()}
        return Document(title, failed.opening, parts)
    images = folder / "parts" / section.key
    return render(language, section.key, values_of(result.findings), images)


def section_blocks(key: str, document: Document, language: Language) -> tuple[Block, ...]:
    """Lay out a section: what was done, each question with its answer, and its Keras code."""
    code = "\n\n".join(keras_cells(key, language.code))
    parts = document.parts.items()
    return (
        *document.opening,
        *(Section(f"{letter}. {part.heading}", part.blocks) for letter, part in parts),
        Details(language.words["keras_code"], (Code(code),) if code else ()),
    )


def _summary(settings: Mapping[str, Any], results: Sequence[SectionResult[Any]]) -> dict[str, Any]:
    """Collect what the page says beside its sections."""
    found = {each.section: each.findings for each in results if not each.failed}
    recognised, images = _recognised(found), found.get("1.1")
    return {
        "sections": len(found),
        "of": len(SECTIONS),
        "failed": [each.section for each in results if each.failed],
        "recognised": recognised,
        "best": max(recognised, key=lambda name: recognised[name].mean, default=None),
        "denoiser": found.get("2.3"),
        "vae": found.get("3.4"),
        "settings": settings,
        "data": settings["data"] or (images.described.name if images else ""),
        "backbone": Path(settings["backbone"]).name,
        "durations": {each.section: each.seconds for each in results},
        "machine": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count() or 1,
        "version": __version__,
    }


def _recognised(found: Mapping[str, Any]) -> dict[str, Interval]:
    rows = {}
    for name, (key, wanted) in _RECOGNISED.items():
        own = found.get(key)
        chosen = own.best if own and name == "augmented" else wanted
        trial = getattr(own, "trial", None) or getattr(own, "trials", {}).get(chosen)
        if trial:
            rows[name] = trial.accuracy
    students = getattr(found.get("1.2"), "students", ())
    return rows | {student.name: student.accuracy for student in students}


def _numbers(result: SectionResult[Any], document: Document) -> dict[str, Any]:
    return {
        **json.loads(result_json(result)),
        "title": document.title,
        "questions": [
            {"key": result.section + key, "question": part.heading, "answer": part.text}
            for key, part in document.parts.items()
        ],
    }
