"""A verdict claims what the figures show, and no more."""

import pytest

from peu.comparison.verdict import plain_verdict
from peu.evaluation.uncertainty import Interval, PairedDifference


def _pair(
    first: str, second: str, low: float, high: float, probability: float = 0.6
) -> PairedDifference:
    difference = Interval((low + high) / 2, low, high)
    told = low > 0 or high < 0
    return PairedDifference(
        first, second, difference, 0.01 if told else 0.5, told, probability, 0.06
    )


RANKED = [("transfer", Interval(0.9, 0.85, 0.95)), ("cnn", Interval(0.6, 0.5, 0.7))]


def test_the_best_comes_first_with_its_interval() -> None:
    verdict = plain_verdict(RANKED[:1], [], images=100, baseline=0.3)
    assert verdict == "transfer is right on 90.0% of new images (95% interval 85.0% to 95.0%)."


@pytest.mark.parametrize(
    ("probability", "sure"), [(0.9999, "all but certain"), (0.987, "98.7% probable")]
)
def test_a_shown_difference_is_a_win_with_its_probability(probability: float, sure: str) -> None:
    pairs = [_pair("transfer", "cnn", 0.2, 0.4, probability)]
    verdict = plain_verdict(RANKED, pairs, images=100, baseline=0.3)
    assert f"It beats cnn (by 30.0 points, 20.0 to 40.0; {sure})." in verdict
    assert "No difference" not in verdict
    assert "4 of 5" not in verdict


def test_a_probable_difference_is_said_to_be_that() -> None:
    pairs = [_pair("transfer", "cnn", -0.01, 0.05, 0.88)]
    verdict = plain_verdict(RANKED, pairs, images=57, baseline=0.3)
    assert "probably better than cnn (88%)" in verdict
    assert "do not prove" in verdict
    assert "With 57 images, a true difference of 6.0 points would be shown in 4 of 5" in verdict
    assert "beats" not in verdict


def test_a_difference_that_may_be_zero_is_not_claimed() -> None:
    pairs = [_pair("transfer", "cnn", -0.02, 0.1)]
    verdict = plain_verdict(RANKED, pairs, images=57, baseline=0.3)
    assert "No difference from cnn is shown: choose by speed and size." in verdict
    assert "a true difference of 6.0 points" in verdict
    assert "beats" not in verdict


def test_wins_chances_and_ties_are_told_apart() -> None:
    ranked = [*RANKED, ("a", Interval(0.55, 0.4, 0.6)), ("b", Interval(0.5, 0.4, 0.6))]
    pairs = [
        _pair("transfer", "cnn", -0.1, 0.3),
        # The other way round: the probability is that of the second.
        _pair("a", "transfer", -0.3, 0.1, 0.1),
        _pair("transfer", "b", 0.2, 0.4, 0.99),
    ]
    verdict = plain_verdict(ranked, pairs, images=10, baseline=0.3)
    assert "beats b (by 30.0 points" in verdict
    assert "probably better than a (90%)" in verdict
    assert "No difference from cnn is shown" in verdict


def test_recipes_that_were_not_paired_are_not_said_to_differ() -> None:
    verdict = plain_verdict(RANKED, [], images=10, baseline=0.3)
    assert verdict.endswith("No difference from cnn is shown: choose by speed and size.")


def test_what_is_no_better_than_the_most_common_class_learnt_nothing() -> None:
    weak = [("cnn", Interval(0.5, 0.35, 0.65))]
    chance = Interval(0.34, 0.25, 0.43)
    verdict = plain_verdict(weak, [], images=40, baseline=0.35, balanced=chance, classes=3)
    assert "nothing was learnt" in verdict
    assert "the most common class is right on 35.0%" in verdict
    assert "Do not rely on it" in verdict
    assert "nothing" not in plain_verdict(weak, [], images=40, baseline=0.34)


def test_nothing_learnt_is_said_before_luck_is_ranked() -> None:
    ranked = [("a", Interval(0.3, 0.2, 0.4)), ("b", Interval(0.2, 0.1, 0.3))]
    verdict = plain_verdict(ranked, [_pair("a", "b", 0.01, 0.2)], images=40, baseline=0.25)
    assert "nothing was learnt" in verdict
    assert "beats" not in verdict


def test_the_best_of_many_recipes_has_to_clear_more() -> None:
    best = ("a", Interval(0.4, 0.26, 0.54))
    others = [(name, Interval(0.3, 0.2, 0.4)) for name in "bcdefgh"]
    assert "nothing was learnt" not in plain_verdict([best], [], images=40, baseline=0.25)
    assert "nothing was learnt" in plain_verdict([best, *others], [], images=40, baseline=0.25)


def test_a_rare_class_that_is_found_is_not_nothing() -> None:
    """Accuracy below that of the common class, but balanced accuracy above chance."""
    rare = [("cnn", Interval(0.88, 0.8, 0.94))]
    found = Interval(0.8, 0.7, 0.9)
    verdict = plain_verdict(rare, [], images=100, baseline=0.9, balanced=found, classes=2)
    assert "nothing was learnt" not in verdict
    assert "balanced accuracy 80.0% (70.0% to 90.0%), where 50.0% is chance" in verdict
