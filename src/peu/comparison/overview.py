"""A comparison in three sentences: how good, how sure, and the most useful next step."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from peu.checks.shortcuts import Shortcut
from peu.comparison.comparison import Comparison, RecipeSummary
from peu.comparison.verdict import in_probability, what_was_learnt
from peu.evaluation.image_intervals import ImageSample, share_interval
from peu.evaluation.metrics import Evaluation
from peu.evaluation.uncertainty import Interval
from peu.wording import first_few, quoted

_SHARE_OF_MISTAKES = 0.1
"""Labels come first where those that look wrong are at least as many as this share of mistakes."""
_RECALL, _PRECISION = 0.9, 0.6
_GOOD_ENOUGH = 0.95
_MOST_NAMED = 2
_FEWEST_MORE = 5

Rule = Literal["nothing_learnt", "relabel", "shortcut", "more_images", "use_recipe"]


@dataclass(frozen=True)
class Overview:
    """What a person should know first.

    Attributes:
        how_good: a sentence on the best recipe, beside what needs no learning.
        how_sure: a sentence on what to expect of new images, and whether it is the best.
        next_step: a sentence on what would help most.
        rule: which rule chose it; `overview` states them.
    """

    how_good: str
    how_sure: str
    next_step: str
    rule: Rule

    def to_dict(self) -> dict[str, Any]:
        """The sentences and the rule as JSON values."""
        return asdict(self)


def overview(comparison: Comparison) -> Overview | None:
    """Say how good the best recipe is, how sure that is, and what to do next.

    The next step is the first of these that applies:

    1. `nothing_learnt`: the best recipe is not shown to be better than chance.
    2. `relabel`: labels look wrong, at least one for ten mistakes of the best recipe.
    3. `shortcut`: corners, borders, size, format or compression alone recognise nine in ten images
       of a class, and three in five of what they take for it are of it.
    4. `more_images`: the best recipe makes mistakes, and its interval reaches below 95 %. More
       images of the class of the lowest recall, as many again.
    5. `use_recipe`: the fastest of the recipes that are not shown to be worse than the best.

    Args:
        comparison: of recipes on labelled images.

    Returns:
        The sentences; None where no recipe could run.
    """
    if not comparison.summaries:
        return None
    best = comparison.summaries[0]
    labels = np.asarray(comparison.dataset.labels)
    baseline = float(np.bincount(labels).max() / len(labels))
    learnt = what_was_learnt(
        best.accuracy,
        best.metrics.get("balanced_accuracy"),
        recipes=len(comparison.summaries),
        baseline=baseline,
        classes=len(comparison.dataset.class_names),
    )
    if learnt == "nothing":
        how_good = (
            f"Nothing was learnt that these images show: {best.name}, the best, is right on "
            f"{best.accuracy.mean:.1%}, always predicting the most common class on {baseline:.1%}."
        )
        rule, step = _nothing_learnt(comparison)
    else:
        how_good = (
            f"{best.name} is right on {best.accuracy.mean:.1%} of images that it has not seen, "
            f"where always predicting the most common class is right on {baseline:.1%}."
        )
        rule, step = _next_step(comparison, best)
    how_sure = _how_sure(comparison, best, learnt=learnt != "nothing")
    return Overview(how_good, how_sure, step, rule)


def _how_sure(comparison: Comparison, best: RecipeSummary, *, learnt: bool) -> str:
    accuracy = best.accuracy
    expected = (
        f"On new images like these {len(comparison.dataset):,} expect {accuracy.low:.1%} to "
        f"{accuracy.high:.1%} ({accuracy.level:.0%} interval)"
    )
    rivals = [pair for pair in comparison.paired if pair.first == best.name]
    if not rivals or not learnt:
        return f"{expected}."
    closest = min(rivals, key=lambda pair: pair.probability)
    sure = (
        in_probability(closest.probability)
        if closest.distinguishable
        else f"not proved, only {closest.probability:.0%} probable"
    )
    return f"{expected}; that it is better than {closest.second} is {sure}."


def _nothing_learnt(comparison: Comparison) -> tuple[Rule, str]:
    smallest = int(np.bincount(np.asarray(comparison.dataset.labels)).min())
    return "nothing_learnt", (
        "Use none of these models: look whether images and labels were mixed up, with `peu check`, "
        f"and take more images; the smallest class has {smallest}."
    )


def _next_step(comparison: Comparison, best: RecipeSummary) -> tuple[Rule, str]:
    found = comparison.out_of_fold(best.name)
    mistakes = int((found.correct == 0).sum())
    errors = comparison.label_errors
    suspects = () if errors is None else errors.suspects
    if suspects and len(suspects) >= _SHARE_OF_MISTAKES * mistakes:
        names = [quoted(comparison.dataset.keys[each.image]) for each in suspects]
        one = len(names) == 1
        return "relabel", (
            f"Look at the label{'' if one else 's'} of {len(names)} image"
            f"{' that looks' if one else 's that look'} wrong, and correct "
            f"{'it if it is' if one else 'those that are'}, with `peu labels fix`: "
            f"{first_few(names)}."
        )
    if shortcuts := [each for each in comparison.shortcuts if _gives_away_a_class(each)]:
        return "shortcut", _beware(shortcuts[0])
    if mistakes and best.accuracy.low < _GOOD_ENOUGH:
        return "more_images", _more_images(comparison, best.name, found)
    return "use_recipe", _use(comparison, best)


def _gives_away_a_class(shortcut: Shortcut) -> bool:
    # The colour of an object is often its own.
    return (
        shortcut.cue != "mean colour"
        and shortcut.recognised >= _RECALL * shortcut.of_class
        and shortcut.recognised >= _PRECISION * shortcut.named
    )


def _beware(shortcut: Shortcut) -> str:
    return (
        f"Beware of a shortcut: the {shortcut.cue} alone recognises {shortcut.recognised} of "
        f"{shortcut.of_class} images of class {quoted(shortcut.class_name)}. Take images that vary "
        "in it; `peu check` shows more."
    )


def _more_images(comparison: Comparison, name: str, found: Evaluation) -> str:
    classes = [each for each in found.per_class if each.support]
    lowest = min(each.recall for each in classes)
    weakest = [each for each in classes if each.recall <= lowest + 1e-9][:_MOST_NAMED]
    more = sum(each.support for each in weakest)
    more = max(_FEWEST_MORE, 5 * round(more / 5))
    names = [quoted(each.name) for each in weakest]
    places = [found.class_names.index(each.name) for each in weakest]
    recall = _recall(comparison, name, found, np.isin(found.labels, places))
    right = int(found.correct[np.isin(found.labels, places)].sum())
    if len(weakest) > 1:
        return (
            f"Take about {more} more images of {' and '.join(names)}, as many again: they are "
            f"recognised worst, {right} of {sum(each.support for each in weakest)} "
            f"({recall.mean:.0%}, {recall.level:.0%} interval {recall.low:.0%} to "
            f"{recall.high:.0%})."
        )
    taken_for = found.confusion[places[0]].copy()
    taken_for[places[0]] = 0
    return (
        f"Take about {more} more images of {names[0]}, as many again: it is recognised worst, "
        f"{right} of {weakest[0].support} ({recall.mean:.0%}, {recall.level:.0%} interval "
        f"{recall.low:.0%} to {recall.high:.0%}), and mostly taken for "
        f"{quoted(found.class_names[int(taken_for.argmax())])}."
    )


def _recall(
    comparison: Comparison, name: str, found: Evaluation, inside: NDArray[np.bool_]
) -> Interval:
    """Recall of some classes and its interval, as that of the accuracy is computed."""
    splits = [trial.split for trial in comparison.trials_of(name)]
    sample = ImageSample(
        classes=found.labels[inside],
        groups=np.asarray(comparison.groups)[comparison.tested(name)][inside],
        test_train_ratio=float(np.mean([len(each.test) / len(each.train) for each in splits])),
    )
    return share_interval(found.correct[inside], sample)


def _use(comparison: Comparison, best: RecipeSummary) -> str:
    worse = {
        pair.second if pair.first == best.name else pair.first
        for pair in comparison.paired
        if best.name in (pair.first, pair.second) and pair.distinguishable
    }
    alike = [each for each in comparison.summaries if each.name not in worse]
    fastest = min(alike, key=lambda each: (each.seconds_per_trial, -each.accuracy.mean))
    if fastest is best:
        why = "it made no mistake" if best.accuracy.mean == 1 else "none is shown to be better"
    else:
        why = (
            f"it is not shown to be worse than {best.name}, and faster "
            f"({fastest.seconds_per_trial:.1f} s a trial instead of {best.seconds_per_trial:.1f} s)"
        )
    return f"Take {fastest.name} and train it on all images with `peu train`: {why}."
