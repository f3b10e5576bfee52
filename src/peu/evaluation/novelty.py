"""'None of these' learnt from the training images: its threshold, and how far it can be trusted."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.models.novelty import Features, Novelty, Similarities, nearest, similarity, unit_length
from peu.models.prediction_sets import images_needed

Labels = NDArray[np.int64]
Groups = NDArray[np.int64]
FALSE_REFUSALS = 0.05
_MOST_KEPT = 4000
_MOST_JUDGED = 1000


@dataclass(frozen=True, eq=False)
class Others:
    """Images of something else, given to sharpen 'none of these'.

    Attributes:
        features: (o, d).
        groups: (o,) near-duplicates share a group.
    """

    features: Features
    groups: Groups


def fit_novelty(
    features: Features,
    labels: Labels,
    groups: Groups,
    *,
    others: Others | None = None,
    false_refusals: float = FALSE_REFUSALS,
    seed: int = 0,
) -> Novelty | None:
    """Keep training images to compare with, and set the threshold by leaving each out.

    An image's similarity without itself and its near-duplicates is that of a new image of the
    classes. At most 4,000 images are kept.

    Args:
        features: (n, d) of the training images.
        labels: (n,) their classes.
        groups: (n,) near-duplicates share a group.
        others: images of something else.
        false_refusals: share of new images of the classes that may be refused.
        seed: of the choice of images that are kept.

    Returns:
        None with too few images for such a threshold: 19 at least for 5 %.
    """
    if len(features) < images_needed(1 - false_refusals):
        return None
    generator = np.random.default_rng(seed)
    kept = _some(len(features), _MOST_KEPT, generator)
    unit, labels, groups = _rounded(features[kept]), labels[kept], groups[kept]
    if others is None:
        other, other_groups = unit[:0], groups[:0]
    else:
        some = _some(len(others.features), _MOST_KEPT, generator)
        other, other_groups = _rounded(others.features[some]), others.groups[some]
    found = similarity(unit, unit, other, not_known=_same(groups, groups))
    judged = _some(len(unit), _MOST_JUDGED, generator)
    if others is None:
        auroc = unseen_auroc(unit[judged], labels[judged], groups[judged])
    else:
        of_others = similarity(other, unit, other, not_others=_same(other_groups, other_groups))
        auroc = _auroc(found, of_others)
    return Novelty(
        known=unit.astype(np.float16),
        others=other.astype(np.float16),
        threshold=refusal_threshold(found, false_refusals),
        false_refusals=false_refusals,
        auroc=auroc,
    )


def refusal_threshold(similarities: Similarities, false_refusals: float) -> float:
    """The similarity below which a share of the images of the classes lies, at most.

    The floor((n + 1) share)-th smallest: below it a new image falls with that probability or
    less, as long as it could as well have been one of these.
    """
    place = max(1, math.floor(round((len(similarities) + 1) * false_refusals, 9)))
    return float(np.sort(similarities)[place - 1])


def unseen_auroc(unit: Features, labels: Labels, groups: Groups) -> float:
    """How well features tell images of a class that was left out from those of the others.

    Each class is left out in turn. It is harder than what most images of something else are,
    and needs none of them.

    Args:
        unit: (n, d), of unit length.
        labels: (n,).
        groups: (n,) near-duplicates share a group.

    Returns:
        Mean area under the ROC curve; 0.5 where no class has another beside it.
    """
    if len(np.unique(labels)) < 2:
        return 0.5
    found = []
    for label in np.unique(labels):
        inside = labels != label
        rest, among = unit[inside], groups[inside]
        found.append(
            _auroc(
                nearest(rest, rest, _same(among, among)),
                nearest(unit[~inside], rest, _same(groups[~inside], among)),
            )
        )
    return float(np.mean(found))


def _auroc(known: Similarities, others: Similarities) -> float:
    from sklearn.metrics import roc_auc_score

    truth = np.repeat([1, 0], [len(known), len(others)])
    return float(roc_auc_score(truth, np.concatenate([known, others])))


def _rounded(features: Features) -> Features:
    """Of unit length, and as they are when they come back from a file."""
    return unit_length(features).astype(np.float16).astype(np.float32)


def _same(first: Groups, second: Groups) -> NDArray[np.bool_]:
    return np.asarray(first[:, None] == second[None, :])


def _some(count: int, most: int, generator: np.random.Generator) -> NDArray[np.int64]:
    if count <= most:
        return np.arange(count)
    return np.sort(generator.choice(count, most, replace=False))
