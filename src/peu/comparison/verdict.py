"""The verdict of a comparison, in plain sentences."""

from collections.abc import Sequence
from typing import Literal

from peu.evaluation.uncertainty import Interval, PairedDifference

_PROBABLE = 0.8
_CERTAIN = 0.999

Learnt = Literal["yes", "not shown", "nothing"]


def plain_verdict(
    ranked: Sequence[tuple[str, Interval]],
    paired: Sequence[PairedDifference],
    *,
    images: int,
    baseline: float,
    balanced: Interval | None = None,
    classes: int = 2,
) -> str:
    """State which recipe is best, how certain that is, and which differences are not shown.

    Args:
        ranked: each recipe's name and accuracy, the best first; at least one.
        paired: differences between recipes on the same folds.
        images: number of images.
        baseline: accuracy of always predicting the most common class, in [0, 1].
        balanced: the best recipe's balanced accuracy; it tells a recipe that learnt nothing from
            one that finds a rare class and errs on the common one.
        classes: number of classes.

    Returns:
        A few sentences.
    """
    best, accuracy = ranked[0]
    interval = f"{accuracy.level:.0%} interval {accuracy.low:.1%} to {accuracy.high:.1%}"
    sentences = [f"{best} is right on {accuracy.mean:.1%} of new images ({interval})."]
    learnt = what_was_learnt(
        accuracy, balanced, recipes=len(ranked), baseline=baseline, classes=classes
    )
    if learnt != "yes":
        # A comparison of recipes that learnt nothing would only tell luck from luck.
        return f"{sentences[0]} {_no_better(learnt, balanced, baseline, classes)}"
    gaps = {
        name: pair if pair.first == best else _turned(pair)
        for pair in paired
        if best in (pair.first, pair.second)
        for name in {pair.first, pair.second} - {best}
    }
    others = [name for name, _ in ranked[1:]]
    worse = [name for name in others if name in gaps and gaps[name].distinguishable]
    probably = [
        name
        for name in others
        if name in gaps and name not in worse and gaps[name].probability >= _PROBABLE
    ]
    similar = [name for name in others if name not in worse and name not in probably]
    if worse:
        sentences.append(f"It beats {_join([_beaten(name, gaps[name]) for name in worse])}.")
    if probably:
        listed = [f"{name} ({gaps[name].probability:.0%})" for name in probably]
        sentences.append(
            f"It is probably better than {_join(listed)}, which these images do not prove."
        )
    if similar:
        sentences.append(f"No difference from {_join(similar)} is shown: choose by speed and size.")
    unproved = [gaps[name].detectable for name in (*probably, *similar) if name in gaps]
    if unproved:
        sentences.append(
            f"With {images} images, a true difference of {_points(max(unproved))} points would be "
            "shown in 4 of 5 comparisons."
        )
    return " ".join(sentences)


def what_was_learnt(
    accuracy: Interval, balanced: Interval | None, *, recipes: int, baseline: float, classes: int
) -> Learnt:
    """Whether the best recipe is shown to do better than no images would.

    Args:
        accuracy: of the best recipe.
        balanced: its balanced accuracy, if known.
        recipes: number of recipes that it is the best of.
        baseline: accuracy of always predicting the most common class, in [0, 1].
        classes: number of classes.

    Returns:
        "yes"; "not shown" where only balanced accuracy is better than chance, as with very unequal
        classes; or "nothing".
    """
    if _lowest(accuracy, recipes) > baseline:
        return "yes"
    if balanced is not None and _lowest(balanced, recipes) > 1 / classes:
        return "not shown"
    return "nothing"


def in_probability(probability: float) -> str:
    """How sure something is: "all but certain", or "97.7% probable"."""
    return "all but certain" if probability >= _CERTAIN else f"{probability:.1%} probable"


def _lowest(interval: Interval, recipes: int) -> float:
    """The lower end where the best of several recipes is judged: the best of many is lucky."""
    from scipy.stats import norm

    tail = (1 - interval.level) / 2
    wider = float(norm.ppf(tail / recipes) / norm.ppf(tail))
    return interval.mean - wider * (interval.mean - interval.low)


def _no_better(learnt: Learnt, balanced: Interval | None, baseline: float, classes: int) -> str:
    common = f"always predicting the most common class is right on {baseline:.1%}"
    if balanced is not None and learnt == "not shown":
        return (
            f"That is not shown to be better than chance allows where classes are so unequal: "
            f"{common}. It does tell the classes apart: balanced accuracy {balanced.mean:.1%} "
            f"({balanced.low:.1%} to {balanced.high:.1%}), where {1 / classes:.1%} is chance."
        )
    return (
        f"So nothing was learnt that these images show: {common}. Do not rely on it: check the "
        "labels, or add images."
    )


def _turned(pair: PairedDifference) -> PairedDifference:
    """The same difference with the second recipe first."""
    gap = pair.difference
    return PairedDifference(
        pair.second,
        pair.first,
        Interval(-gap.mean, -gap.high, -gap.low, gap.level),
        pair.p_value,
        pair.distinguishable,
        1 - pair.probability,
        pair.detectable,
    )


def _beaten(name: str, pair: PairedDifference) -> str:
    gap = pair.difference
    return (
        f"{name} (by {_points(gap.mean)} points, {_points(gap.low)} to {_points(gap.high)}; "
        f"{in_probability(pair.probability)})"
    )


def _points(share: float) -> str:
    """A difference in percentage points, with enough digits that it does not look like zero."""
    points = 100 * share
    return f"{points:.1f}" if abs(points) >= 0.1 or points == 0 else f"{points:.1g}"


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
