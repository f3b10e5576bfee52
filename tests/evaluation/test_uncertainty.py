"""Intervals that account for overlapping training sets, and for scores without a miss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from peu.errors import RecipeError
from peu.evaluation.uncertainty import (
    corrected_interval,
    wilson_interval,
)

FIGURES = st.lists(st.floats(0, 1), min_size=2, max_size=20)


def test_twenty_holdouts_have_a_standard_error_of_0_70_s() -> None:
    values = np.random.default_rng(0).normal(0.9, 0.01, 20)
    interval = corrected_interval(values, test_train_ratio=54 / 123)
    error = (interval.high - interval.mean) / stats.t.ppf(0.975, 19)
    assert error / values.std(ddof=1) == pytest.approx(0.70, abs=0.005)
    assert 1 / np.sqrt(20) == pytest.approx(0.22, abs=0.005)


@given(FIGURES, st.floats(0.05, 2), st.floats(0.5, 0.99))
def test_the_interval_holds_the_mean_and_stays_in_its_bounds(
    values: list[float], ratio: float, level: float
) -> None:
    interval = corrected_interval(values, test_train_ratio=ratio, level=level)
    assert 0 <= interval.low <= interval.mean + 1e-12
    assert interval.mean - 1e-12 <= interval.high <= 1
    free = corrected_interval(values, test_train_ratio=ratio, level=level, bounds=None)
    plain = stats.sem(values) * stats.t.ppf((1 + level) / 2, len(values) - 1)
    assert free.high - free.mean >= plain - 1e-12


def test_the_corrected_interval_covers_where_the_naive_one_does_not() -> None:
    """Repeated holdouts of a mean: the truth is known, and the trials overlap."""
    rng = np.random.default_rng(1)
    ratio, trials, runs = 0.5, 15, 300
    covered = {"corrected": 0, "naive": 0}
    for _ in range(runs):
        images = rng.random(90) < 0.8
        values = np.array([images[rng.permutation(90)[:30]].mean() for _ in range(trials)])
        corrected = corrected_interval(values, test_train_ratio=ratio)
        covered["corrected"] += corrected.low <= 0.8 <= corrected.high
        reach = stats.t.ppf(0.975, trials - 1) * stats.sem(values)
        covered["naive"] += abs(values.mean() - 0.8) <= reach
    assert covered["naive"] / runs < 0.8
    assert covered["corrected"] / runs > 0.9


def test_one_trial_shows_nothing_of_its_spread() -> None:
    interval = corrected_interval([0.9], test_train_ratio=0.4)
    assert (interval.mean, interval.low, interval.high) == (0.9, 0.0, 1.0)


def test_wilson_intervals_of_full_and_empty_scores() -> None:
    full, empty = wilson_interval(54, 54), wilson_interval(0, 54)
    assert full.low == pytest.approx(0.934, abs=5e-4)
    assert full.high == 1.0
    assert empty.low == 0.0
    assert empty.high == pytest.approx(1 - full.low)


@given(st.integers(1, 500), st.data(), st.floats(0.5, 0.999))
def test_wilson_intervals_equal_scipy(n: int, data: st.DataObject, level: float) -> None:
    successes = data.draw(st.integers(0, n))
    made = wilson_interval(successes, n, level)
    wanted = stats.binomtest(successes, n).proportion_ci(level, method="wilson")
    assert (made.low, made.high) == pytest.approx((wanted.low, wanted.high), abs=1e-9)


def test_what_gives_no_interval_is_refused() -> None:
    with pytest.raises(RecipeError, match="one or more"):
        corrected_interval([], test_train_ratio=0.25)
    with pytest.raises(RecipeError, match="finite"):
        corrected_interval([0.9, np.nan], test_train_ratio=0.25)
    with pytest.raises(RecipeError, match="above 0"):
        corrected_interval([0.9, 0.8], test_train_ratio=0)
    with pytest.raises(RecipeError, match="level"):
        corrected_interval([0.9, 0.8], test_train_ratio=0.25, level=95)
    with pytest.raises(RecipeError, match="from 0 to n"):
        wilson_interval(5, 4)
