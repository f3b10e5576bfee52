"""Out-of-fold predictions of a recipe: from a comparison, its run folder, or inner folds."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.base import ImageClassifier
from peu.comparison.run_list import find_reports
from peu.comparison.trial import Trial, read_trial_file, trial_key
from peu.evaluation.calibration import OutOfFold
from peu.files import read_json, without_checksum
from peu.images.dataset import ImageDataset

_PARTS = 5


def out_of_fold(trials: Sequence[Trial], groups: NDArray[np.int64]) -> OutOfFold:
    """All predictions of a recipe's trials, in every repeat.

    An image's part is the fold in which it was tested first; more than five folds share parts.

    Args:
        trials: of one recipe, one or more.
        groups: (n,) of the images; near-duplicates share a group.
    """
    images = np.concatenate([trial.split.test for trial in trials])
    first = np.zeros(len(groups), np.int64)
    for number, trial in reversed(list(enumerate(trials))):
        first[trial.split.test] = number
    parts = first[images] % _PARTS
    if len(np.unique(parts)) < 2:
        parts = _by_groups(groups)[images]
    return OutOfFold(
        images,
        np.concatenate([trial.probabilities for trial in trials]),
        np.concatenate([trial.labels for trial in trials]),
        parts,
    )


def find_out_of_fold(
    runs: str | Path | Sequence[str | Path], images: ImageDataset, recipe: ImageClassifier
) -> OutOfFold | None:
    """Predictions of a recipe from the comparison of these images that has most of them.

    Args:
        runs: folders of runs of `peu compare`, or of one run.
        images: the images.
        recipe: with the settings that it had there; its name and seed do not matter.

    Returns:
        None where no comparison of this recipe tested every image.
    """
    found: list[Trial] = []
    for report in find_reports(runs):
        try:
            if without_checksum(read_json(report))["dataset"]["fingerprint"] != images.fingerprint:
                continue
        except (OSError, ValueError, KeyError, TypeError):
            continue
        trials = [
            trial
            for path in sorted((report.parent / "trials").glob("*.json"))
            if (trial := read_trial_file(path)) is not None
            and trial.recipe.kind == recipe.kind
            and trial_key(images, recipe, trial.split) == path.stem
        ]
        tested = np.zeros(len(images), np.bool_)
        for trial in trials:
            tested[trial.split.test] = True
        if tested.all() and len(trials) > len(found):
            found = sorted(trials, key=lambda each: (each.split.repeat, each.split.fold))
    return out_of_fold(found, images.groups) if found else None


def from_inner_folds(recipe: ImageClassifier, images: ImageDataset) -> OutOfFold | None:
    """Predictions that a fitted recipe made on inner folds of its training images.

    Returns:
        None for a recipe that needs none to choose its settings, as a small network, or where
        a class has too few images.
    """
    held_out = recipe.held_out_
    if held_out is None or len(held_out.indices) == 0 or images.labels is None:
        return None
    return OutOfFold(
        held_out.indices,
        held_out.probabilities,
        images.labels[held_out.indices],
        _by_groups(images.groups)[held_out.indices],
    )


def _by_groups(groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """Parts of about equal size for images; groups stay whole."""
    names, place = np.unique(groups, return_inverse=True)
    return np.asarray(np.random.default_rng(0).permutation(len(names))[place] % _PARTS)
