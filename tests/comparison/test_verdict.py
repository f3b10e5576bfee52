"""What a verdict claims, and what it does not."""

from peu.comparison.verdict import plain_verdict
from peu.evaluation.uncertainty import Interval, PairedDifference


def _pair(first: str, second: str, low: float, high: float) -> PairedDifference:
    difference = Interval((low + high) / 2, low, high)
    return PairedDifference(first, second, difference, 0.01 if low > 0 else 0.5, low > 0)


RANKED = [("transfer", Interval(0.9, 0.85, 0.95)), ("cnn", Interval(0.6, 0.5, 0.7))]


def test_the_best_comes_first_with_its_interval() -> None:
    verdict = plain_verdict(RANKED[:1], [], images=100, commonest_share=0.3)
    assert verdict == (
        "transfer recognises 90.0% of images that it has not seen (95% interval 85.0% to 95.0%)."
    )


def test_better_is_said_with_the_difference_and_its_interval() -> None:
    pairs = [_pair("transfer", "cnn", 0.2, 0.4)]
    verdict = plain_verdict(RANKED, pairs, images=100, commonest_share=0.3)
    assert "It is better than cnn by 30.0 points (20.0 to 40.0)." in verdict
    assert "cannot" not in verdict


def test_what_cannot_be_told_apart_is_not_called_better() -> None:
    pairs = [_pair("transfer", "cnn", -0.02, 0.1)]
    verdict = plain_verdict(RANKED, pairs, images=57, commonest_share=0.3)
    assert "57 images cannot tell it from cnn" in verdict
    assert "under about 6.0 points" in verdict
    assert "better" not in verdict


def test_several_are_listed_each_on_its_side() -> None:
    ranked = [*RANKED, ("a", Interval(0.55, 0.4, 0.6)), ("b", Interval(0.5, 0.4, 0.6))]
    pairs = [
        _pair("transfer", "cnn", -0.1, 0.3),
        _pair("a", "transfer", -0.1, 0.2),
        _pair("transfer", "b", 0.1, 0.2),
    ]
    verdict = plain_verdict(ranked, pairs, images=10, commonest_share=0.3)
    assert "better than b by" in verdict
    assert "cannot tell it from cnn and a (a difference under about 20.0 points" in verdict


def test_a_recipe_without_a_pair_is_not_called_worse() -> None:
    verdict = plain_verdict(RANKED, [], images=10, commonest_share=0.3)
    assert "10 images cannot tell it from cnn: choose by speed and size." in verdict


def test_no_better_than_the_commonest_class_is_said_so() -> None:
    weak = [("cnn", Interval(0.5, 0.35, 0.65))]
    verdict = plain_verdict(weak, [], images=40, commonest_share=0.35)
    assert "not shown to be better than always answering the commonest class (35.0%)" in verdict
    assert "do not rely on it" in verdict
    assert "do not rely" not in plain_verdict(weak, [], images=40, commonest_share=0.34)
