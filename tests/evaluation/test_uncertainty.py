"""Intervals that account for overlapping training sets, and for scores without a miss."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from peu.errors import RecipeError
from peu.evaluation.uncertainty import (
    accuracy_interval,
    corrected_interval,
    paired_difference,
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


def test_the_accuracy_of_equal_trials_is_judged_by_the_number_of_images() -> None:
    folds = accuracy_interval([1.0] * 6, [20] * 6, 0.5)
    assert folds == wilson_interval(60, 60)
    holdout = accuracy_interval([1.0], [54], 54 / 123)
    assert holdout == wilson_interval(54, 54)
    assert accuracy_interval([0.5, 0.5], [10, 10], 0.1).low < 0.35


@given(FIGURES, st.floats(0.05, 1))
def test_an_accuracy_is_never_certain(values: list[float], ratio: float) -> None:
    interval = accuracy_interval(values, [10] * len(values), ratio)
    assert interval.low <= interval.mean + 1e-12
    assert interval.high >= interval.mean - 1e-12
    assert interval.high > interval.low


def test_a_difference_of_3_8_points_is_not_proved_by_20_splits() -> None:
    """The example of a naive t of 5.2 that is a corrected t of 1.66."""
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, 20)
    noise = (noise - noise.mean()) / noise.std(ddof=1)
    gains = 0.038 + noise * 0.038 * np.sqrt(20) / 5.2
    made = paired_difference("a", "b", 0.5 + gains, np.full(20, 0.5), test_train_ratio=54 / 123)
    assert made.difference.mean == pytest.approx(0.038)
    assert made.p_value == pytest.approx(0.11, abs=0.01)
    assert not made.distinguishable


@given(FIGURES, st.data(), st.floats(0.05, 1))
def test_differences_are_antisymmetric_and_agree_with_their_p_value(
    first: list[float], data: st.DataObject, ratio: float
) -> None:
    second = data.draw(st.lists(st.floats(0, 1), min_size=len(first), max_size=len(first)))
    there = paired_difference("a", "b", first, second, test_train_ratio=ratio)
    back = paired_difference("b", "a", second, first, test_train_ratio=ratio)
    assert there.difference.mean == pytest.approx(-back.difference.mean)
    assert there.difference.low == pytest.approx(-back.difference.high, abs=1e-9)
    assert there.p_value == pytest.approx(back.p_value, abs=1e-6)
    assert 0 <= there.p_value <= 1
    if abs(there.p_value - 0.05) > 1e-6:
        assert there.distinguishable == (there.p_value < 0.05)


def test_recipes_that_never_differ_cannot_be_told_apart() -> None:
    made = paired_difference("a", "b", [0.9, 0.8], [0.9, 0.8], test_train_ratio=0.25)
    assert (made.difference.mean, made.p_value, made.distinguishable) == (0.0, 1.0, False)


def test_equal_gains_count_from_five_splits_on_and_not_from_two() -> None:
    five = paired_difference("a", "b", [0.9] * 5, [0.8] * 5, test_train_ratio=0.25)
    two = paired_difference("a", "b", [0.9] * 2, [0.8] * 2, test_train_ratio=1.0)
    assert five.difference.mean == two.difference.mean == pytest.approx(0.1)
    assert five.distinguishable
    assert five.difference.high > five.difference.low
    assert not two.distinguishable


def test_one_split_tells_no_recipes_apart() -> None:
    made = paired_difference("a", "b", [0.9], [0.1], test_train_ratio=0.4)
    assert (made.difference.low, made.difference.high) == (-1.0, 1.0)
    assert (made.p_value, made.distinguishable) == (1.0, False)


def test_what_gives_no_interval_is_refused() -> None:
    with pytest.raises(RecipeError, match="one trial or more"):
        corrected_interval([], test_train_ratio=0.25)
    with pytest.raises(RecipeError, match="finite"):
        corrected_interval([0.9, np.nan], test_train_ratio=0.25)
    with pytest.raises(RecipeError, match="above 0"):
        corrected_interval([0.9, 0.8], test_train_ratio=0)
    with pytest.raises(RecipeError, match="level"):
        corrected_interval([0.9, 0.8], test_train_ratio=0.25, level=95)
    with pytest.raises(RecipeError, match="same splits"):
        paired_difference("a", "b", [0.9, 0.8], [0.9], test_train_ratio=0.25)
    with pytest.raises(RecipeError, match="from 0 to n"):
        wilson_interval(5, 4)
    with pytest.raises(RecipeError, match="percentages"):
        accuracy_interval([90.0], [54], 0.4)
    with pytest.raises(RecipeError, match="each of 2 trials"):
        accuracy_interval([0.9, 0.8], [54], 0.4)
