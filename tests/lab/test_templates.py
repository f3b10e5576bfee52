"""Every template renders in both languages, from findings of every state that a step can find."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from typing import Any

import jinja2
import pytest

from lab_examples import examples_of, undrawn_charts
from peu.classifiers.small_cnn import SmallCNN
from peu.lab import rendering
from peu.lab.language import Language
from peu.lab.rendering import Document, Part, outline, render, values_of
from peu.lab.sections import SECTIONS, LabSection
from peu.lab.trials import TrialFindings
from peu.reports.blocks import Block, Callout, Figure, Paragraph, Plate
from peu.reports.table import Table
from peu.translations.language import LANGUAGES, LanguageCode

# Words that only one of the languages has.
FOREIGN = {
    "fr": r"the|with|which|from|is|are|images? of|training|test images|at|it",
    "en": r"le|les|avec|une|des|du|est|sont|pas|sur|d'apprentissage",
}


CASES = [(section, state) for section in SECTIONS for state in examples_of(section)]


def _document(section: LabSection, state: str, language: LanguageCode) -> Document:
    return render(Language(language), section.key, values_of(examples_of(section)[state]))


def _texts(document: Document) -> dict[str, str]:
    parts = {"opening": Part("", document.opening), **document.parts}
    return {key: part.text for key, part in parts.items()}


def _kinds(document: Document) -> Counter[str]:
    blocks = [*document.opening, *(b for part in document.parts.values() for b in part.blocks)]
    return Counter(block.kind for block in blocks if isinstance(block, Figure | Plate | Table))


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Place figures without drawing them, which takes most of the time."""
    monkeypatch.setattr(rendering, "CHARTS", undrawn_charts())


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(("section", "state"), CASES, ids=lambda each: getattr(each, "key", each))
def test_both_languages_answer_and_place_the_same(section: LabSection, state: str) -> None:
    french, english = (_document(section, state, language) for language in LANGUAGES)
    assert list(french.parts) == list(english.parts)
    assert list(french.parts) == list(outline(Language("fr"), section.key)[1])
    assert _kinds(french) == _kinds(english)
    for language, document in zip(LANGUAGES, (french, english), strict=True):
        for key, text in _texts(document).items():
            assert key == "opening" or len(text) >= 20, key
            prose = re.sub(r"`[^`]*`|«[^»]*»", "", text)
            assert not re.search(rf"\b({FOREIGN[language]})\b", prose), text
            assert not re.search(r"\b(None|nan|inf|True|False)\b|[{}]|  | [,.)]|\( ", text), text
            assert not re.search(r"[.;:,]{2}|\.[A-Z]", prose), text
            # French counts from 2 on.
            assert not re.search(r"(?<![\d,])[01](,\d+)? nats", text), text


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("key", "state", "part", "french", "english"),
    [
        ("1.1", "one class", "d", "Pas de X_train", "no X_train"),
        ("1.1", "one class", "e", "aucun classifieur", "no classifier"),
        ("1.2", "diverged", "c", "taux d'apprentissage de 1 ", "learning rate of 1 "),
        ("1.2", "overfits", "c", "sur-apprend", "overfits"),
        ("1.2", "learnt nothing, and quick", "c", "n'apprend rien", "learns nothing"),
        ("1.2", "still learning", "c", "apprend encore", "still learning"),
        ("1.2", "generalises, and miscounted", "c", "généralise", "generalises"),
        ("1.2", "stalls", "c", "Il plafonne", "It stalls"),
        ("1.2", "grows sure of errors", "c", "jusqu'à 0,4", "rises to 0.4"),
        ("1.2", "learnt nothing, and quick", "opening", "`other.keras`", "`other.keras`"),
        ("1.1", "caltech4", "b", "55 `accordion` sur 55", "55 of 55 `accordion`"),
        ("1.1", "caltech4", "c", "Droits", "Straight"),
        ("1.1", "caltech4", "c", "`accordion` (à 45°", "`accordion` (by 45°"),
        ("1.3", "better together", "d", "elles s'ajoutent", "they add up"),
        ("1.3", "as good together", "d", "ne les départagent pas", "do not tell them apart"),
        ("1.3", "better together", "d", "comme le sujet", "as on the sheet"),
        ("1.4", "helps", "b", "nettement mieux que sans", "better than none: standard"),
        ("1.4", "helps", "b", "Nuisent nettement", "clearly harm: vertical"),
        ("1.5", "vgg16", "g", "coûte donc cher", "mistake is costly"),
        ("1.5", "vgg16", "b", "par image d'apprentissage (123)", "training image (123)"),
        ("1.2", "generalises, and miscounted", "a", "ne s'accordent pas", "do not agree"),
        ("1.3", "base and pushed diverged", "a", "a divergé", "diverged"),
        ("1.3", "base and pushed diverged", "opening", "le sujet", "the sheet"),
        ("1.3", "worse together", "d", "ne s'additionnent pas", "do not add up"),
        ("1.4", "one fold, nothing helps", "b", "Un seul pli", "A single fold"),
        ("1.5", "no weights", "h", "Pas mesuré ici", "Name a file"),
        (
            "1.6",
            "frozen is as good",
            "d",
            "ne se distingue pas du témoin",
            "cannot be told from the",
        ),
        ("1.6", "helps, and is unfrozen", "d", "dégeler aide", "unfreezing helps"),
        ("1.6", "harms, and the two differ", "d", "nettement moins bien", "clearly worse"),
        ("1.6", "harms, and the two differ", "a", "ne devrait pas être", "should not be"),
        ("1.7", "wrong", "a", "c'est faux", "is wrong"),
        ("2.1", "with test set", "a", "10 000 images de test", "10,000 test images"),
        ("2.1", "substitute without black pixels", "a", "MNIST n'est pas", "MNIST is not"),
        ("2.2", "compresses and disagrees", "b", "le réseau comprime", "network compresses"),
        ("2.2", "compresses and disagrees", "opening", "ne s'accordent pas", "do not agree"),
        ("2.2", "agrees", "a", "la sigmoïde reste noire", "sigmoid stays black"),
        ("2.2", "agrees", "a", "linéaire (16,9 dB) et ReLU", "linear (16.9 dB) and ReLU"),
        ("2.2", "compresses and disagrees", "a", "elle apprend 2 fois sur 2", "it learns 2 of 2"),
        ("2.2", "sigmoid now and then", "a", "une partie des fois", "some of the times"),
        ("2.3", "all learn", "b", "ne départage pas", "does not choose between"),
        ("2.3", "one seed and fresh noise helps", "b", "Sans second tirage", "a second seed"),
        (
            "2.3",
            "rises, one loss ahead and fresh noise harms",
            "b",
            "dépasse ce hasard",
            "more than",
        ),
        ("2.3", "rises, one loss ahead and fresh noise harms", "a", "sur-apprend", "overfits"),
        ("2.3", "mse collapsed", "a", "d'une image unie", "of a constant image"),
        ("2.3", "two collapsed", "b", "L'entropie croisée n'a", "Learnt nothing"),
        ("2.3", "nothing learns", "b", "Aucune n'a appris", "Not one of them learnt"),
        ("2.3", "overfits with filters on a part", "a", "il sur-apprend", "it overfits"),
        ("2.3", "overfits with filters on a part", "b", "dB de moins que", "dB below the"),
        ("3.1", "disagrees", "d", "ne s'accorde pas", "does not agree"),
        ("3.2", "agrees", "a", "elle n'apprend rien", "it learns nothing"),
        ("3.2", "slower from 1/2", "a", "elle est plus lente", "it is slower"),
        ("3.2", "disagrees", "a", "elle apprend aussi en", "it learns too over"),
        ("3.4", "poor and mixed", "b", "Avec 1, aucune dimension", "With 1 no dimension"),
        ("3.4", "weight too large", "c", "(1) est trop grand", "(1) is too large"),
        ("3.4", "weight too large", "d", "Il est vide", "It is empty"),
        ("3.4", "training too short", "c", "a été trop court", "training was too short"),
        ("3.4", "training too short", "e", "(rien de plus)", "(nothing more)"),
        ("3.4", "training too short", "f", "rien à départager", "nothing to choose between"),
        ("3.4", "blurred, partly apart, one dimension", "b", "1 ligne sur 2", "1 of 2 rows"),
        ("3.4", "blurred, partly apart, one dimension", "d", "est active", "is active"),
        ("3.4", "poor and mixed", "c", "La plupart ne se", "Most are no longer"),
        ("3.4", "poor and mixed", "f", "Un seul de ces", "Only one training"),
        ("3.4", "good and apart on a part", "c", "restent reconnaissables", "still recognised"),
        ("3.4", "without labels", "c", "de la variance", "of the pixels' variance"),
        ("3.4", "several set", "f", "La raison", "The reason"),
        ("3.4", "several set", "f", "d'une autre graine", "from another seed"),
        ("3.4", "good and apart on a part", "d", "y sont séparées", "classes lie apart"),
    ],
)
def test_answers_follow_the_figures(
    key: str, state: str, part: str, french: str, english: str
) -> None:
    (section,) = (each for each in SECTIONS if each.key == key)
    for language, words in zip(LANGUAGES, (french, english), strict=True):
        text = _texts(_document(section, state, language))[part]
        assert words in text.replace("\u202f", " ").replace("\u2019", "'")


def _everywhere(value: Any, change: Callable[[TrialFindings], TrialFindings]) -> Any:
    """Change every trial in some findings."""
    if isinstance(value, TrialFindings):
        return change(value)
    if isinstance(value, dict):
        return {key: _everywhere(each, change) for key, each in value.items()}
    if isinstance(value, tuple):
        return tuple(_everywhere(each, change) for each in value)
    if is_dataclass(value) and type(value).__module__.startswith("peu.lab"):
        names = [each.name for each in fields(value) if each.init]
        changed = {name: _everywhere(getattr(value, name), change) for name in names}
        return replace(value, **changed)  # type: ignore[type-var]
    return value


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    ("correct", "tested", "french", "english"),
    [
        (
            17,
            54,
            "Toujours répondre la même classe ferait 31 %",
            "same class always would give 31%",
        ),
        (3, 4, "4 images de test, ce chiffre ne dit", "4 test images this figure says"),
    ],
)
def test_a_test_that_says_little_is_said_to_in_every_section(
    correct: int, tested: int, french: str, english: str
) -> None:
    for key in ("1.2", "1.3", "1.4", "1.5", "1.6", "1.7"):
        (section,) = (each for each in SECTIONS if each.key == key)
        found = next(iter(examples_of(section).values()))
        poor = _everywhere(
            found, lambda one: replace(one, correct=correct, tested=tested, majority=0.31)
        )
        for language, words in zip(LANGUAGES, (french, english), strict=True):
            for findings, said in ((poor, True), (found, False)):
                document = render(Language(language), key, values_of(findings))
                texts = " ".join(_texts(document).values()).replace("\u202f", " ")
                assert (words in texts) == said, key


@pytest.mark.usefixtures("undrawn")
def test_nothing_is_called_smaller_than_the_sheet_where_it_is_not() -> None:
    (section,) = (each for each in SECTIONS if each.key == "1.2")
    found = next(iter(examples_of(section).values()))
    whole = replace(found, recipe=SmallCNN())
    assert "plus petit" not in _texts(render(Language("fr"), "1.2", values_of(whole)))["opening"]


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.key)
def test_figures_have_their_numbers_and_say_them(section: LabSection) -> None:
    state = next(iter(examples_of(section)))
    document = _document(section, state, "fr")
    figures = [block for block in document.opening if isinstance(block, Figure)]
    # They are drawn on the page of `test_page.py`, which is of the same findings.
    assert all(each.table.rows and each.alternative and each.panels for each in figures)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_that_is_missing_is_an_error(language: LanguageCode) -> None:
    for section in SECTIONS:
        with pytest.raises(jinja2.UndefinedError):
            render(Language(language), section.key, {})


def _rendered(source: str, monkeypatch: pytest.MonkeyPatch, **values: Any) -> Document:
    environment = rendering._environment("fr").overlay(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.DictLoader({"own.md.j2": source}),
                jinja2.PackageLoader("peu.lab", "templates/fr"),
            ]
        )
    )
    monkeypatch.setattr(rendering, "_environment", lambda _: environment)
    return render(Language("fr"), "own", values)


def test_markdown_becomes_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _rendered(
        "# Titre\n\nUn\ntexte : {{ share | percent }}.\n\n"
        "| a | b |\n| --- | ---: |\n| {{ name }} | 2 |\n: Légende\n\n"
        "> [!warning] Attention\n> C'est faux.\n> | rang | 3 |\n\n"
        "## a. Pourquoi ?\n\nParce que.\n\n### Détails\n\n| x | y |\n",
        monkeypatch,
        share=0.5,
        name="a|b\n\n## b. c",
    )
    assert document.title == "Titre"
    paragraph, table, callout = document.opening
    assert paragraph == Paragraph("Un texte\u00a0: 50,0\u202f%.")
    assert isinstance(table, Table)
    assert [column.numeric for column in table.columns] == [False, True]
    assert table.rows == (("a\u2502b  ## b. c", "2"),)
    assert table.caption == "Légende"
    assert callout == Callout(
        "Attention", "C\u2019est faux.", tone="warning", facts=(("rang", "3"),)
    )
    assert list(document.parts) == ["a"]
    assert document.parts["a"].heading == "Pourquoi\u202f?"
    assert [block.kind for block in document.parts["a"].blocks] == ["paragraph", "details"]


def test_where_the_sheet_errs_is_a_box_and_what_is_smaller_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    document = _rendered(
        "{% from 'phrases.md.j2' import smaller %}\n"
        "{{ smaller([('48 pixels', '224 pixels'), ('20 epochs', '20 epochs')]) }}\n\n"
        "{{ smaller([('20 epochs', '20 epochs')]) }}\n\n"
        "{{ sheet_errs }}\n> - Un.\n> - Deux ; `trois`.\n",
        monkeypatch,
    )
    said, box = document.opening
    assert said == Paragraph("Ici plus petit que le sujet\u00a0: 48 pixels au lieu de 224 pixels.")
    assert isinstance(box, Callout)
    assert "sujet" in box.title
    assert box.items == ("Un.", "Deux\u202f; `trois`.")


def test_a_chart_stands_where_it_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _rendered("Avant\n{{ image('x', caption='Une image ?') }}\nAprès", monkeypatch)
    kinds: list[Block] = list(document.opening)
    assert [block.kind for block in kinds] == ["paragraph", "plate", "paragraph"]
    assert isinstance(kinds[1], Plate)
    assert kinds[1].caption == "Une image\u202f?"


def test_french_spaces_leave_data_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    document = _rendered("{{ name | code }} ; b", monkeypatch, name="a : b ?")
    assert document.opening == (Paragraph("`a : b ?`\u202f; b"),)
