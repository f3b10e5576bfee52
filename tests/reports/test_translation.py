"""A comparison's report in French: no English is left in it, and names stay as they are."""

import ast
import dataclasses
import html
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import peu
from peu.comparison.comparison import Comparison, Failure
from peu.comparison.label_errors import LabelErrors
from peu.comparison.schedule import LeftOut, left_out_sentence
from peu.comparison.verdict import plain_verdict
from peu.evaluation.label_errors import SuspectedLabel
from peu.reports import figure as reports_figure
from peu.reports import html as reports_html
from peu.reports.comparison_report import comparison_report, stored_report, write_report
from peu.reports.figure import to_svg
from peu.reports.html import render_html
from peu.translations.sentences import GAP, Translator, known

SOURCE = Path(str(peu.__file__)).parent
SAID_IN = (
    *(
        f"reports/{name}.py"
        for name in (
            "accuracy_figures", "calibration_section", "comparison_report", "confusion",
            "dataset_section", "label_errors_section", "mistake_gallery", "mistakes",
            "recipes_section", "search_figures", "search_section", "threshold_section",
            "training_curves",
        )
    ),
    "comparison/overview.py",
    "comparison/verdict.py",
    "evaluation/label_errors.py",
    "images/checks.py",
)  # fmt: skip
ENGLISH = re.compile(
    r"\b(the|of|and|is|are|was|were|not|with|that|each|by|to|from|in|these|this|its|them"
    r"|more|mean|share|best|right|shown|loss|accuracy|trial|trials|fold|folds"
    r"|seed|interval|time|times)\b",
    re.IGNORECASE,
)  # fmt: skip


@pytest.fixture(scope="module")
def french(comparison: Comparison) -> str:
    """Return the page of a comparison that has everything, in French."""
    dataset, best = comparison.dataset, comparison.summaries[0]
    left = (LeftOut("finetune", "2 of 10 trials ended within 10 min"),)
    whole = dataclasses.replace(
        comparison,
        verdict=plain_verdict(
            [(each.name, each.accuracy) for each in comparison.summaries],
            comparison.paired,
            images=len(dataset),
            baseline=0.3,
        )
        + left_out_sentence(left),
        left_out=left,
        failures=(Failure("transfer", "the file is empty"),),
    )
    # It is computed once, and found nothing here.
    vars(whole)["label_errors"] = LabelErrors(
        dataset,
        (SuspectedLabel(3, 0, 1, 0.1, 0.8),),
        ((7, 8),),
        len(dataset),
        f"confident learning on out-of-fold predictions of {best.name}",
    )
    with pytest.MonkeyPatch.context() as patch:
        # Drawn for phones too, a figure says the same.
        patch.setattr(reports_html, "page_svg", lambda plot, salt: to_svg(plot, salt=salt))
        return render_html(comparison_report(whole, language="fr"))


def _texts(page: str) -> Iterator[str]:
    page = re.sub(r"<style>.*?</style>|<code>.*?</code>|<wbr>", "", page, flags=re.DOTALL)
    for text in re.findall(r'>([^<]+)<|(?:alt|aria-label|data-title)="([^"]+)"', page):
        yield from (html.unescape(each).strip() for each in text if each.strip())


def test_no_english_is_left_on_the_french_page(french: str, comparison: Comparison) -> None:
    assert '<html lang="fr">' in french
    left = []
    provenance = " ".join(map(str, comparison.provenance.values()))
    for text in _texts(french):
        for name in (*comparison.dataset.keys, *comparison.dataset.class_names):
            text = text.replace(name, "")  # noqa: PLW2901
        if ENGLISH.search(text) and text not in provenance:
            left.append(text)
    assert left == []


def test_numbers_and_axes_are_written_as_french_does(french: str) -> None:
    texts = set(_texts(french))
    assert "80,0\u202f%" in texts
    assert "20\u202f090\u202f296" in texts
    assert "0,500 (0,400 à 0,600)" in texts
    assert {"0,8", "exactitude", "prédite", "époque"} <= texts
    assert not any(re.fullmatch(r"\d+\.\d+", text) for text in texts)


def test_names_of_classes_stay_even_where_they_are_words(comparison: Comparison) -> None:
    say = Translator("report", "engine", names=["Accuracy", "salt and pepper"])
    assert say("Accuracy") == "Accuracy"
    assert say("Recall") == "Rappel"
    assert say("salt and pepper and Accuracy") == "salt and pepper et Accuracy"
    assert "`a and b`" in say("No image could be used of `a and b`, `the file is empty`.")


def test_the_page_is_written_again_in_another_language(
    comparison: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Drawing takes longest, and changes no word.
    monkeypatch.setattr(reports_html, "page_svg", lambda *_: "<svg/>")
    monkeypatch.setattr(reports_figure, "to_png", lambda _: b"")
    write_report(comparison, tmp_path, language="fr")
    english = write_report(comparison, tmp_path / "en")
    assert "Quelle recette" in (tmp_path / "report.html").read_text("utf-8")
    assert (tmp_path / "report.json").read_bytes() == (english.parent / "report.json").read_bytes()
    assert stored_report(comparison, tmp_path) is None
    assert stored_report(comparison, tmp_path, language="fr") is not None
    assert stored_report(comparison, english.parent, language="fr") is None


def _sentences(file: Path) -> Iterator[str]:
    """Literal texts of a module, `7` in their gaps; what has no space is a word or a name."""
    tree = ast.parse(file.read_text("utf-8"))
    inner = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if id(node) in inner | documentation:
            continue
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "7" for part in node.values)
            text = "".join(map(str, parts))
        if " " in text.strip() and re.search("[a-z]{2}", text):
            yield text.strip()


def test_every_sentence_of_the_source_is_in_the_catalogue() -> None:
    unknown: list[str] = []
    catalogue = "\n".join((*known("report"), *known("engine")))
    said = {text for file in SAID_IN for text in _sentences(SOURCE / file)}
    assert len(said) > 200
    for text in said:
        missed: list[str] = []
        Translator("report", "engine", on_unknown=missed.append)(text)
        # Some are only parts of the sentences that are put together of them.
        if missed and not all(part.strip() in catalogue for part in re.split("7|[.] ", text)):
            unknown.append(text)
    assert sorted(unknown) == []


def test_every_translation_has_the_gaps_of_its_sentence() -> None:
    for english, translated in known("report").items():
        assert len(GAP.findall(english)) == len(GAP.findall(translated)), english
