"""Intervals from what each image contributes: against known figures, and what must always hold."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import stats

from peu.errors import RecipeError
from peu.evaluation.image_intervals import (
    ImageSample,
    mean_interval,
    paired_difference,
    share_interval,
)

Array = NDArray[np.float64]


def _sample(
    count: int,
    classes: int | NDArray[np.int64] = 2,
    folds: float = 5,
    groups: NDArray[np.int64] | None = None,
    *,
    equal_classes: bool = False,
) -> ImageSample:
    return ImageSample(
        classes=np.arange(count) % classes if isinstance(classes, int) else classes,
        groups=np.arange(count) if groups is None else groups,
        test_train_ratio=1 / (folds - 1),
        equal_classes=equal_classes,
    )


SHARES = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=4, max_size=60).map(np.array)


def test_a_perfect_score_has_the_interval_of_as_many_independent_images() -> None:
    """54 of 54 in 5 folds count as 54 / 1.25 images, a little less by Student's t."""
    sample = _sample(54)
    count = 54 / 1.25 * (stats.norm.ppf(0.975) / stats.t.ppf(0.975, 52)) ** 2
    interval = share_interval(np.ones(54), sample)
    assert interval.low == pytest.approx(stats.beta.ppf(0.025, count + 0.5, 0.5))
    assert (interval.mean, interval.high) == (1.0, 1.0)
    assert share_interval(np.zeros(54), sample).low == pytest.approx(0, abs=1e-3)


def test_many_images_and_folds_give_the_textbook_interval() -> None:
    """With 10,000 images, right or wrong by chance, in 1,001 folds, nothing else is uncertain."""
    right = np.tile([1.0, 1.0, 1.0, 1.0, 0.0], 2000)
    interval = share_interval(right, _sample(10000, folds=1001))
    wilson = stats.binomtest(8000, 10000).proportion_ci(method="wilson")
    assert interval.low == pytest.approx(wilson.low, abs=5e-4)
    assert interval.high == pytest.approx(wilson.high, abs=5e-4)


def test_the_variance_is_the_stratified_one() -> None:
    values = np.random.default_rng(0).random(60)
    sample = _sample(60, classes=3)
    strata = [values[sample.classes == label] for label in range(3)]
    expected = sum((1 / 3) ** 2 * each.var(ddof=1) / len(each) for each in strata)
    assert sample.variance(values) == pytest.approx(expected)


def test_near_duplicates_count_as_one_image() -> None:
    values = np.random.default_rng(0).random(40)
    alone = _sample(40)
    twice = _sample(80, classes=np.repeat(alone.classes, 2), groups=np.repeat(alone.groups, 2))
    assert twice.variance(np.repeat(values, 2)) == pytest.approx(alone.variance(values))
    assert share_interval(np.repeat(values, 2), twice).low == pytest.approx(
        share_interval(values, alone).low
    )


def test_each_class_may_count_equally() -> None:
    values = np.array([1.0] * 30 + [0.0, 1.0] * 3)
    classes = np.array([0] * 30 + [1] * 6)
    sample = _sample(36, classes=classes, equal_classes=True)
    assert share_interval(values, sample).mean == pytest.approx(0.75)
    each = share_interval(values, _sample(36, classes=classes))
    assert each.mean == pytest.approx(33 / 36)
    # Half of the figure rests on six images.
    assert share_interval(values, sample).low < each.low - 0.2


@given(SHARES, st.integers(2, 10), st.integers(1, 4), st.floats(0.5, 0.99))
def test_an_interval_holds_its_mean_and_stays_within_bounds(
    values: Array, folds: int, classes: int, level: float
) -> None:
    sample = _sample(len(values), classes=classes, folds=folds)
    interval = share_interval(values, sample, level)
    assert 0 <= interval.low <= interval.mean <= interval.high <= 1
    assert interval.high > interval.low
    assert interval.mean == pytest.approx(values.mean())
    wider = share_interval(values, sample, (1 + level) / 2)
    assert wider.low <= interval.low
    assert wider.high >= interval.high


@given(SHARES, st.integers(2, 10))
def test_more_images_and_more_folds_narrow_an_interval(values: Array, folds: int) -> None:
    def width(values: Array, folds: int) -> float:
        made = share_interval(values, _sample(len(values), folds=folds))
        return made.high - made.low

    assert width(np.tile(values, 4), folds) < width(values, folds)
    assert width(values, folds + 5) < width(values, folds) + 0.02


@given(SHARES, st.data(), st.integers(2, 10))
def test_swapping_recipes_turns_a_difference_round(
    first: Array, data: st.DataObject, folds: int
) -> None:
    drawn = st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=len(first), max_size=len(first))
    second, sample = np.array(data.draw(drawn)), _sample(len(first), folds=folds)
    there = paired_difference("a", "b", first, second, sample)
    back = paired_difference("b", "a", second, first, sample)
    assert there.difference.mean == pytest.approx(-back.difference.mean)
    assert there.difference.low == pytest.approx(-back.difference.high)
    assert there.probability == pytest.approx(1 - back.probability)
    assert (there.p_value, there.detectable) == pytest.approx((back.p_value, back.detectable))
    assert there.distinguishable == back.distinguishable == bool(there.p_value < 0.05)


def test_recipes_that_never_differ_are_as_likely_better_as_worse() -> None:
    values = np.tile([1.0, 0.0], 20)
    made = paired_difference("a", "b", values, values, _sample(40))
    assert (made.difference.mean, made.probability, made.p_value) == (0.0, 0.5, 1.0)
    assert made.difference.low == pytest.approx(-made.difference.high)
    assert 0 < made.difference.high < 0.1
    assert not made.distinguishable


def test_18_points_on_128_images_are_told_and_2_points_are_not() -> None:
    rng = np.random.default_rng(0)
    good, fair = (rng.random(128) < share for share in (0.883, 0.696))
    told = paired_difference("a", "b", good * 1.0, fair * 1.0, _sample(128, folds=3))
    assert told.distinguishable
    assert told.probability > 0.98
    assert 0.15 < told.detectable < 0.25
    close = good * 1.0
    close[:3] = 1 - close[:3]
    assert not paired_difference("a", "b", good * 1.0, close, _sample(128)).distinguishable


def test_the_detectable_difference_is_shown_in_four_of_five_cases() -> None:
    """Recipes right on 80 % and 92 %, independently: what is detectable is what is detected."""
    rng, found = np.random.default_rng(1), []
    for _ in range(200):
        first, second = (rng.random(120) < share for share in (0.92, 0.80))
        sample = _sample(120, folds=1001)
        found.append(paired_difference("a", "b", first * 1.0, second * 1.0, sample))
    detectable = np.mean([each.detectable for each in found])
    power = np.mean([each.distinguishable for each in found])
    expected = stats.norm.cdf(0.12 / (detectable / (1.96 + 0.8416)) - 1.96)
    assert power == pytest.approx(expected, abs=0.05)


def test_losses_have_an_interval_on_a_logarithmic_scale() -> None:
    losses = np.random.default_rng(0).exponential(0.3, 100)
    interval = mean_interval(losses, _sample(100), bounds=(0, np.inf))
    assert 0 < interval.low < interval.mean < interval.high
    assert interval.high / interval.mean == pytest.approx(interval.mean / interval.low)
    free = mean_interval(losses, _sample(100))
    assert free.high - free.mean == pytest.approx(free.mean - free.low)
    assert mean_interval(np.zeros(10), _sample(10), bounds=(0, 2)).high == 0
    assert mean_interval(losses * 5, _sample(100), bounds=(0, 2)).high == 2


def test_a_class_of_one_image_has_an_interval_all_the_same() -> None:
    for classes in (np.array([0, 0, 0, 1]), np.array([0, 1, 2, 3])):
        interval = share_interval(np.array([1.0, 1, 0, 0]), _sample(4, classes=classes))
        assert interval.low < 0.2
        assert interval.high > 0.8
    alone = share_interval(np.array([1.0]), _sample(1))
    assert alone.low < 0.1


@pytest.mark.parametrize("share", [0.75, 0.9, 0.98])
def test_intervals_hold_the_truth_of_simulated_cross_validation(share: float) -> None:
    """Independent images, and a truth that moves with the training images as measured."""
    rng, held = np.random.default_rng(2), 0
    for _ in range(200):
        truth = np.clip(share + rng.normal(0, 0.4 * np.sqrt(share * (1 - share) / 140)), 0, 1)
        right = (rng.random(140) < share) * 1.0
        interval = share_interval(right, _sample(140, classes=4))
        held += interval.low <= truth <= interval.high
    assert 0.92 < held / 200 <= 0.995


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: share_interval([1.0, 0.0], _sample(3)), "each of 3 images"),
        (lambda: share_interval([90.0, 80.0], _sample(2)), "percentages"),
        (lambda: share_interval([1.0, np.nan], _sample(2)), "finite"),
        (lambda: share_interval([1.0, 0.0], _sample(2), 95), "level"),
        (lambda: _sample(2, folds=0.5), "test_train_ratio"),
        (lambda: _sample(2, groups=np.arange(3)), "one number for each image"),
    ],
)
def test_what_gives_no_interval_is_refused(make: Callable[[], object], match: str) -> None:
    with pytest.raises(RecipeError, match=match):
        make()
