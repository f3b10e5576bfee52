"""What a comparison shows, in plain sentences, and nothing that it cannot show."""

from collections.abc import Sequence

from peu.evaluation.uncertainty import Interval, PairedDifference


def plain_verdict(
    ranked: Sequence[tuple[str, Interval]],
    paired: Sequence[PairedDifference],
    *,
    images: int,
    commonest_share: float,
) -> str:
    """Say which recipe is best, how sure that is, and what these images cannot tell.

    Args:
        ranked: each recipe's name and accuracy, the best first; at least one.
        paired: differences between recipes on the same folds.
        images: how many there are.
        commonest_share: accuracy of always answering the commonest class, in [0, 1].

    Returns:
        A few sentences.
    """
    best, accuracy = ranked[0]
    opening = (
        f"{best} recognises {accuracy.mean:.1%} of images that it has not seen "
        f"({accuracy.level:.0%} interval {accuracy.low:.1%} to {accuracy.high:.1%})."
    )
    sentences = [opening]
    better, equal = [], []
    for name, _ in ranked[1:]:
        pair = _pair(paired, best, name)
        if pair is not None and pair.distinguishable:
            better.append((name, pair.difference))
        else:
            equal.append(name)
    if better:
        worded = [
            f"{name} by {_points(gap.mean)} points ({_points(gap.low)} to {_points(gap.high)})"
            for name, gap in better
        ]
        sentences.append(f"It is better than {_listed(worded)}.")
    if equal:
        sentences.append(
            f"{images} images cannot tell it from {_listed(equal)}"
            f"{_smallest_provable(paired, best, equal)}: choose by speed and size."
        )
    if accuracy.low <= commonest_share:
        sentences.append(
            f"That is not shown to be better than always answering the commonest class "
            f"({commonest_share:.1%}): do not rely on it."
        )
    return " ".join(sentences)


def _points(share: float) -> str:
    """Give a difference in percentage points, so small a one too that it is not shown as none."""
    points = 100 * share
    return f"{points:.1f}" if abs(points) >= 0.1 or points == 0 else f"{points:.1g}"


def _pair(paired: Sequence[PairedDifference], first: str, second: str) -> PairedDifference | None:
    return next((pair for pair in paired if {pair.first, pair.second} == {first, second}), None)


def _smallest_provable(paired: Sequence[PairedDifference], best: str, equal: Sequence[str]) -> str:
    widths = [
        (pair.difference.high - pair.difference.low) / 2
        for name in equal
        if (pair := _pair(paired, best, name)) is not None
    ]
    if not widths or max(widths) == 0:
        return ""
    return f" (a difference under about {100 * max(widths):.1f} points cannot be shown here)"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
