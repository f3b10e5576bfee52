"""The verdict of a comparison, in plain sentences."""

from collections.abc import Sequence

from peu.evaluation.uncertainty import Interval, PairedDifference


def plain_verdict(
    ranked: Sequence[tuple[str, Interval]],
    paired: Sequence[PairedDifference],
    *,
    images: int,
    baseline: float,
) -> str:
    """State which recipe is best, how certain that is, and which differences are not shown.

    Args:
        ranked: each recipe's name and accuracy, the best first; at least one.
        paired: differences between recipes on the same folds.
        images: number of images.
        baseline: accuracy of always predicting the most common class, in [0, 1].

    Returns:
        A few sentences.
    """
    best, accuracy = ranked[0]
    interval = f"{accuracy.level:.0%} interval {accuracy.low:.1%} to {accuracy.high:.1%}"
    sentences = [f"{best} is right on {accuracy.mean:.1%} of new images ({interval})."]
    gaps = {
        name: pair
        for pair in paired
        if best in (pair.first, pair.second)
        for name in {pair.first, pair.second} - {best}
    }
    worse = {
        name: gaps[name].difference
        for name, _ in ranked[1:]
        if name in gaps and gaps[name].distinguishable
    }
    if worse:
        listed = [
            f"{name} (by {_points(gap.mean)} points, {_points(gap.low)} to {_points(gap.high)})"
            for name, gap in worse.items()
        ]
        sentences.append(f"It beats {_join(listed)}.")
    similar = [name for name, _ in ranked[1:] if name not in worse]
    if similar:
        differences = [gaps[name].difference for name in similar if name in gaps]
        smallest = max(((each.high - each.low) / 2 for each in differences), default=0.0)
        limit = f", only differences above about {_points(smallest)} points are" if smallest else ""
        sentences.append(
            f"No difference from {_join(similar)} is shown (with {images} images{limit}): choose "
            "by speed and size."
        )
    if accuracy.low <= baseline:
        sentences.append(
            "It is not shown to be better than always predicting the most common class "
            f"({baseline:.1%}): do not rely on it."
        )
    return " ".join(sentences)


def _points(share: float) -> str:
    """A difference in percentage points, with enough digits that it does not look like zero."""
    points = 100 * share
    return f"{points:.1f}" if abs(points) >= 0.1 or points == 0 else f"{points:.1g}"


def _join(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
