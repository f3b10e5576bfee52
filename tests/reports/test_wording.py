"""Findings in words say no more than the figures do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.reports.wording import (
    as_pairs,
    count,
    duration,
    label,
    number,
    paired_sentence,
    percent,
    with_interval,
)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.123, "0.12 s"),
        (4.26, "4.3 s"),
        (59.94, "59.9 s"),
        (59.97, "1 min 00 s"),
        (125, "2 min 05 s"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_better_recipe_comes_first() -> None:
    pair = PairedDifference(
        "worse", "better", Interval(-0.1, -0.15, -0.05), 0.001, True, 0.001, 0.07
    )
    assert paired_sentence(pair) == (
        "better is more accurate than worse by 10.0 percentage points (95% interval 5.0 to 15.0)."
    )


def test_a_difference_that_is_not_shown_is_not_claimed() -> None:
    pair = PairedDifference("a", "b", Interval(0.012, -0.01, 0.034), 0.3, False, 0.85, 0.03)
    assert "not shown" in paired_sentence(pair)
    assert "\u22121.0 to 3.4" in paired_sentence(pair)
    assert "more accurate" not in paired_sentence(pair)
    assert "probability that it is better is 85.0%" in paired_sentence(pair)
    assert "difference of 3.0 points would be shown" in paired_sentence(pair)


def test_figures() -> None:
    assert with_interval(Interval(0.5, 0.25, 0.75)) == "0.500 (0.250 to 0.750)"
    assert percent(0.986) == "98.6%"
    assert count(1, "class", "classes") == "1 class"
    assert count(1234, "class", "classes") == "1,234 classes"


def test_nested_values_become_flat_pairs() -> None:
    nested = {"packages": {"a": "1", "b": {"c": 2}}, "peu_version": None, "list": [1, 2]}
    assert as_pairs(nested) == (
        ("packages", "a 1, b c 2"),
        ("peu version", "\u2013"),
        ("list", "1 2"),
    )


@given(st.text())
def test_labels_are_short_lines(text: str) -> None:
    short = label(text)
    assert 1 <= len(short) <= 24
    assert short.isprintable()
    assert label(short) == short


def test_numbers() -> None:
    assert number(0.98649) == "0.986"
    assert number(-2.04, 1) == "\u22122.0"
    assert number(-0.0001) == "0.000"
    assert number(float("nan")) == number(float("inf")) == "\u2013"
