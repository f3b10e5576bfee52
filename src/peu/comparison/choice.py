"""Which recipe to take where the user names none, and why, in one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from peu.classifiers.fisher import MOST_IMAGES
from peu.classifiers.labels import labels_of
from peu.errors import PeuError, ResourceError
from peu.files import read_json
from peu.images.dataset import ImageDataset
from peu.recipes.augmented import SmallResNet
from peu.recipes.descriptors import HogSVM
from peu.recipes.ensemble import Ensemble
from peu.recipes.fisher import FisherVectors
from peu.recipes.frozen import Transfer
from peu.recipes.registry import Recipe, recipe_from_dict

# With fewer images of a class a network trained from nothing has too little to go by.
_ENOUGH_FOR_A_NETWORK = 10
# From more images on, a kernel machine takes too long.
_TOO_MANY_FOR_DESCRIPTORS = 20_000


@dataclass(frozen=True)
class Choice:
    """Hold a recipe and why it was taken.

    Attributes:
        recipe: the one to train.
        reason: one sentence.
    """

    recipe: Recipe
    reason: str


def choose_recipe(
    dataset: ImageDataset,
    *,
    runs: str | Path | None = "runs",
    frozen: Transfer | None = None,
) -> Choice:
    """Choose a recipe for the images at hand.

    A comparison of the same images decides where there is one: the best recipe in it, of
    equal ones the faster. Otherwise pretrained features do where their weights are at hand, and
    without them the number of images decides.

    Args:
        dataset: labelled images.
        runs: the folder that `peu compare` keeps its runs in, or None to look at none.
        frozen: the pretrained network to consider; None is the usual one.

    Returns:
        The choice.

    Raises:
        DataError: the images have no labels.
        RecipeError: no such backbone.
        BundleError: the backbone's file is damaged or no backbone.

    Example:
        >>> from peu import choose_recipe, fit_classifier, load_dataset  # doctest: +SKIP
        >>> photos = load_dataset("photos/")  # doctest: +SKIP
        >>> classifier = fit_classifier(choose_recipe(photos).recipe, photos)  # doctest: +SKIP
    """
    labels = labels_of(dataset)
    compared = None if runs is None else _best_compared(Path(runs), dataset.fingerprint)
    if compared is not None:
        return compared
    frozen = frozen or Transfer()
    missing = _why_not_at_hand(frozen)
    if missing is None:
        return Choice(
            frozen,
            f"the pretrained weights of {Path(frozen.backbone).name} are at hand, and what they "
            "know few images cannot teach. `peu compare` tells whether that holds here",
        )
    fewest = int(np.bincount(labels, minlength=len(dataset.class_names)).min())
    if len(dataset) > _TOO_MANY_FOR_DESCRIPTORS:
        return Choice(
            SmallResNet(),
            f"no pretrained weights are at hand, and {len(dataset):,} images are too many for hog",
        )
    if len(dataset) > MOST_IMAGES:
        return Choice(
            Ensemble(members=(HogSVM(), SmallResNet())),
            "no pretrained weights are at hand, descriptors and a network of its own err on "
            f"different ones, and {len(dataset):,} images are too many for Fisher vectors",
        )
    if fewest < _ENOUGH_FOR_A_NETWORK:
        return Choice(
            FisherVectors(),
            "no pretrained weights are at hand, and for a network of its own the smallest class "
            f"has too few images ({fewest})",
        )
    return Choice(
        Ensemble(members=(FisherVectors(), SmallResNet())),
        "no pretrained weights are at hand, and with so many images a class (at least "
        f"{fewest}) Fisher vectors and a network of its own err on different ones",
    )


def _why_not_at_hand(frozen: Transfer) -> str | None:
    """Say why the weights cannot be had, or nothing where they are here now."""
    from peu.classifiers.frozen import load_feature_network

    try:
        load_feature_network(frozen)
    except ResourceError as error:
        return str(error)
    return None


def _best_compared(runs: Path, fingerprint: str) -> Choice | None:
    """Find the most thorough finished comparison of these images, the newest of equal ones."""
    found = []
    for path in sorted(runs.glob("*/report.json")):
        try:
            report = read_json(path)
            if report["dataset"]["fingerprint"] != fingerprint:
                continue
            recipe, accuracy = _best(report["recipes"])
            trials = int(report["folds"]) * int(report["repeats"])
            found.append((trials, path.stat().st_mtime, path.parent, recipe, accuracy))
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, PeuError):
            # A report of something else, of another version, or half deleted: it says nothing.
            continue
    if not found:
        return None
    _, _, folder, recipe, accuracy = max(found, key=lambda each: each[:2])
    return Choice(
        recipe, f"it did best in the comparison of these images in {folder} ({accuracy:.1%})"
    )


def _best(rows: Sequence[dict[str, Any]]) -> tuple[Recipe, float]:
    best = max(rows, key=lambda row: (row["accuracy"]["mean"], -row["seconds_per_trial"]))
    return recipe_from_dict(best["recipe"]), float(best["accuracy"]["mean"])
