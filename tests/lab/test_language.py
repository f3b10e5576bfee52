"""Numbers and signs as each language writes them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.errors import RecipeError
from peu.evaluation.uncertainty import Interval
from peu.lab.language import Language, usual_language
from peu.translations.language import french_signs

FRENCH, ENGLISH = Language("fr"), Language("en")


def test_numbers_are_written_as_each_language_does() -> None:
    assert FRENCH.number(1234.5, 1) == "1\u202f234,5"
    assert ENGLISH.number(1234.5, 1) == "1,234.5"
    assert FRENCH.count(138357544) == "138\u202f357\u202f544"
    assert FRENCH.percent(0.926) == "92,6\u202f%"
    assert ENGLISH.percent(0.926) == "92.6%"
    assert FRENCH.points(0.1234) == "+12,3 points"
    assert ENGLISH.points(-0.05) == "\u22125.0 points"
    assert ENGLISH.seconds(125) == "2 min 05 s"
    assert ENGLISH.listed(["a", "b", "c"]) == "a, b and c"
    assert FRENCH.listed(["a"]) == "a"
    interval = Interval(0.9, 0.8, 0.95)
    assert ENGLISH.interval(interval) == "90.0% (95% interval: 80.0% to 95.0%)"


def test_french_signs_have_their_spaces_and_apostrophes_their_curve() -> None:
    assert french_signs("Quoi ?") == "Quoi\u202f?"
    assert french_signs("« un : deux »") == "«\u00a0un\u00a0: deux\u00a0»"
    assert french_signs("l'un d'") == "l\u2019un d\u2019"
    assert french_signs("d'`adam`, `f('l'x')`") == "d\u2019`adam`, `f('l'x')`"


def test_nouns_agree_with_their_number() -> None:
    assert FRENCH.plural(0, "pli", "plis") == "0 pli"
    assert ENGLISH.plural(0, "fold", "folds") == "0 folds"
    assert FRENCH.plural(2, "pli", "plis") == "2 plis"
    assert FRENCH.points(0.0) == "0,0 point"
    assert ENGLISH.points(0.0) == "0.0 points"


def test_a_float_beside_a_power_of_ten_is_written_as_that() -> None:
    assert ENGLISH.short(9.99999974e-05) == "0.0001"
    assert ENGLISH.short(0.0) == "0"
    assert ENGLISH.short(float("nan")) == "\u2013"


@given(st.floats(1e-12, 1e12))
def test_short_numbers_keep_three_figures(value: float) -> None:
    text = ENGLISH.short(value).replace(",", "").replace("\u2212", "-")
    assert float(text) == pytest.approx(value, rel=5.1e-3)
    assert len(text) <= 12


def test_the_locale_decides_where_nobody_does(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    assert usual_language() == "fr"
    monkeypatch.setenv("LC_ALL", "de_DE.UTF-8")
    assert usual_language() == "en"
    with pytest.raises(RecipeError, match="one of fr, en"):
        Language("de")  # type: ignore[arg-type]
