"""A verdict claims what the figures show, and no more."""

from peu.comparison.verdict import plain_verdict
from peu.evaluation.uncertainty import Interval, PairedDifference


def _pair(first: str, second: str, low: float, high: float) -> PairedDifference:
    difference = Interval((low + high) / 2, low, high)
    return PairedDifference(first, second, difference, 0.01 if low > 0 else 0.5, low > 0)


RANKED = [("transfer", Interval(0.9, 0.85, 0.95)), ("cnn", Interval(0.6, 0.5, 0.7))]


def test_the_best_comes_first_with_its_interval() -> None:
    verdict = plain_verdict(RANKED[:1], [], images=100, baseline=0.3)
    assert verdict == ("transfer is right on 90.0% of new images (95% interval 85.0% to 95.0%).")


def test_a_better_recipe_is_reported_with_the_difference_and_its_interval() -> None:
    pairs = [_pair("transfer", "cnn", 0.2, 0.4)]
    verdict = plain_verdict(RANKED, pairs, images=100, baseline=0.3)
    assert "It beats cnn (by 30.0 points, 20.0 to 40.0)." in verdict
    assert "No difference" not in verdict


def test_a_difference_that_is_not_shown_is_not_called_better() -> None:
    pairs = [_pair("transfer", "cnn", -0.02, 0.1)]
    verdict = plain_verdict(RANKED, pairs, images=57, baseline=0.3)
    assert "No difference from cnn is shown" in verdict
    assert "with 57 images, only differences above about 6.0 points" in verdict
    assert "beats" not in verdict


def test_several_recipes_are_listed_as_worse_or_similar() -> None:
    ranked = [*RANKED, ("a", Interval(0.55, 0.4, 0.6)), ("b", Interval(0.5, 0.4, 0.6))]
    pairs = [
        _pair("transfer", "cnn", -0.1, 0.3),
        _pair("a", "transfer", -0.1, 0.2),
        _pair("transfer", "b", 0.1, 0.2),
    ]
    verdict = plain_verdict(ranked, pairs, images=10, baseline=0.3)
    assert "beats b (by" in verdict
    assert "No difference from cnn and a is shown" in verdict
    assert "above about 20.0 points" in verdict


def test_a_recipe_without_a_pair_is_not_called_worse() -> None:
    verdict = plain_verdict(RANKED, [], images=10, baseline=0.3)
    assert "No difference from cnn is shown (with 10 images): choose by speed and size." in verdict
    assert "beats" not in verdict


def test_a_recipe_no_better_than_the_most_common_class_gets_a_warning() -> None:
    weak = [("cnn", Interval(0.5, 0.35, 0.65))]
    verdict = plain_verdict(weak, [], images=40, baseline=0.35)
    assert "not shown to be better than always predicting the most common class (35.0%)" in verdict
    assert "do not rely on it" in verdict
    assert "do not rely" not in plain_verdict(weak, [], images=40, baseline=0.34)
