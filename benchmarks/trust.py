"""How far a saved model of `transfer` can be trusted on images that it has not seen.

On caltech4 and on 12 classes of `caltech-rest`: over random divisions, how often prediction sets
hold the true label and how large they are, what calibration does to the log loss, and how many
images of the classes 'none of these' refuses; then how many of `background/`, by the features of
`transfer`, by those that other models hold, and by HOG's own. With `--parts cost`: what
calibration, prediction sets and suspected labels add to a comparison of one recipe, in processor
time, and what calibration does to the log loss there.

PEU_DATA=folder python benchmarks/trust.py [--divisions 200] [--seed 0] [--recipe transfer]
    [--parts none,sets,cost]
"""

import argparse
import os
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

from peu.backbones.feature_file import small_features
from peu.classifiers.registry import recipe_from_dict
from peu.classifiers.transfer import Transfer
from peu.comparison.calibration import calibration_summary
from peu.comparison.compare import compare
from peu.comparison.out_of_fold import from_inner_folds
from peu.comparison.trust import extract
from peu.evaluation.calibration import choose_calibration
from peu.evaluation.coverage import prediction_sets
from peu.evaluation.novelty import fit_novelty
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.models.hog_features import gradient_histograms
from peu.models.novelty import Features, similarity, unit_length

DATA = Path(os.environ["PEU_DATA"])
FEWEST, MOST, CLASSES = 60, 120, 12
COVERAGES = (0.8, 0.9, 0.95)


def tasks(seed: int) -> dict[str, ImageDataset]:
    """caltech4, and 12 classes of 60 to 120 images drawn by a seed."""
    rest = load_images(DATA / "caltech-rest")
    labels = np.asarray(rest.labels)
    counts = np.bincount(labels)
    fitting = np.flatnonzero((counts >= FEWEST) & (counts <= MOST))
    chosen = np.random.default_rng(seed).permutation(fitting)[:CLASSES]
    twelve = rest[np.flatnonzero(np.isin(labels, chosen))]
    names = np.unique(twelve.y)
    renumbered = np.searchsorted(names, twelve.y).astype(np.int64)
    return {
        "caltech4": load_images(DATA / "caltech4"),
        "12 classes": replace(twelve, labels=renumbered, class_names=tuple(map(str, names))),
    }


def measure_divisions(name: str, images: ImageDataset, kind: str, divisions: int) -> None:
    """Fit on three quarters, calibrate on inner folds, and test on the last quarter."""
    labels = np.asarray(images.labels)
    covered: dict[float, list[float]] = {each: [] for each in COVERAGES}
    sizes: dict[float, list[float]] = {each: [] for each in COVERAGES}
    before, after, right = [], [], []
    done = 0
    while done < divisions:
        folds = StratifiedGroupKFold(4, shuffle=True, random_state=done)
        for train, test in folds.split(labels, labels, images.groups):
            fitted = clone(recipe_from_dict({"kind": kind})).fit(images[train])
            known = from_inner_folds(fitted, images[train])
            assert known is not None
            chosen = choose_calibration(known)
            sets = prediction_sets(chosen.after)
            found = fitted.predict_proba(images[test])
            own = np.arange(len(test)), labels[test]
            before.append(-np.log(np.maximum(found[own], 1e-12)).mean())
            right.append(np.mean(found.argmax(axis=1) == labels[test]))
            if chosen.calibration is not None:
                found = chosen.calibration(found)
            after.append(-np.log(np.maximum(found[own], 1e-12)).mean())
            for each in COVERAGES:
                inside = sets(found, each)
                covered[each].append(inside[own].mean())
                sizes[each].append(inside.sum(axis=1).mean())
            done += 1
            if done == divisions:
                break
    print(f"{name}, {kind}, {done} divisions: accuracy {np.mean(right):.3f}")
    print(f"  log loss {np.mean(before):.4f}, calibrated {np.mean(after):.4f}")
    for each in COVERAGES:
        print(
            f"  sets at {each:g}: held {np.mean(covered[each]):.3f}, "
            f"mean size {np.mean(sizes[each]):.3f}",
            flush=True,
        )


def measure_none(name: str, images: ImageDataset, other: ImageDataset) -> None:
    """How 'none of these' tells images of no class, by three kinds of features."""
    small, transfer = small_features(), Transfer()
    kinds: dict[str, Callable[[ImageDataset], Features]] = {
        "transfer": transfer.features,
        "other recipes": partial(extract, small),
        "HOG alone": _outlines,
    }
    for kind, features in kinds.items():
        known, others = features(images), features(other)
        auroc, refused = _told(known, np.asarray(images.labels), images.groups, others)
        print(
            f"{name}, features of {kind}: AUROC {auroc:.4f}, {refused:.3f} refused; of the "
            f"classes {_refused_of_classes(known, images):.3f}",
            flush=True,
        )


def _outlines(images: ImageDataset) -> Features:
    pixels = images.pixels((64, 64), "stretch")
    found = gradient_histograms(pixels, orientations=9, cell_size=8, block_size=2)
    return np.asarray(found, np.float32)


def _told(
    known: Features, labels: np.ndarray, groups: np.ndarray, others: Features
) -> tuple[float, float]:
    found = fit_novelty(known, labels, groups)
    assert found is not None
    same = groups[:, None] == groups[None]
    own = similarity(unit_length(known), found.known, found.others, not_known=same)
    scores = np.concatenate([own, found.similarities(others)])
    truth = np.repeat([1, 0], [len(own), len(others)])
    return float(roc_auc_score(truth, scores)), float(found.refuses(others).mean())


def _refused_of_classes(features: Features, images: ImageDataset) -> float:
    labels, refused = np.asarray(images.labels), []
    for seed in range(10):
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(labels, labels, images.groups):
            found = fit_novelty(features[train], labels[train], images.groups[train])
            assert found is not None
            refused.append(found.refuses(features[test]))
    return float(np.concatenate(refused).mean())


def measure_cost(name: str, images: ImageDataset, kind: str) -> None:
    """What the by-products of a comparison take beside it."""
    recipe = recipe_from_dict({"kind": kind})
    started = time.process_time()
    comparison = compare(images, [recipe])
    compared = time.process_time()
    summary = calibration_summary(comparison, recipe.name)
    calibrated = time.process_time()
    found = comparison.label_errors
    ended = time.process_time()
    print(
        f"{name}, {kind}: {compared - started:.2f} s to compare, {calibrated - compared:.2f} s to "
        f"calibrate, {ended - calibrated:.2f} s for "
        f"{len(found.suspects) if found else 0} suspected labels; log loss "
        f"{summary.before.log_loss:.4f}, calibrated {summary.after.log_loss:.4f}",
        flush=True,
    )


def main() -> None:
    """Measure both tasks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--divisions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--recipe", default="transfer")
    parser.add_argument("--parts", default="none,sets")
    options = parser.parse_args()
    other = load_images(DATA / "background", labels_required=False)
    for name, images in tasks(options.seed).items():
        if "none" in options.parts:
            measure_none(name, images, other)
        if "sets" in options.parts:
            measure_divisions(name, images, options.recipe, options.divisions)
        if "cost" in options.parts:
            measure_cost(name, images, options.recipe)


if __name__ == "__main__":
    main()
