"""Which recipe to take where the user names none, and why, in one line."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from peu.classifiers.base import ImageClassifier
from peu.classifiers.ensemble import Ensemble
from peu.classifiers.fisher import MOST_IMAGES as MOST_FOR_FISHER
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import MOST_IMAGES as MOST_FOR_HOG
from peu.classifiers.hog import HogSVM
from peu.classifiers.registry import recipe_from_dict
from peu.classifiers.small_resnet import SmallResNet
from peu.classifiers.transfer import Transfer
from peu.errors import PeuError, ResourceError
from peu.files import read_json
from peu.images.dataset import ImageDataset

# With fewer images of a class a network trained from scratch has too little to go by.
_ENOUGH_FOR_A_NETWORK = 10


@dataclass(frozen=True)
class Choice:
    """A recipe and why it was chosen.

    Attributes:
        recipe: the one to train.
        reason: one sentence.
    """

    recipe: ImageClassifier
    reason: str


def choose_recipe(
    images: ImageDataset,
    *,
    runs: str | Path | None = "runs",
    transfer: Transfer | None = None,
) -> Choice:
    """Choose a recipe for the images at hand.

    A comparison of the same images decides where there is one: the best recipe in it, of equal
    ones the faster. Otherwise transfer learning is chosen if its weights are available, and
    without them the number of images decides.

    Args:
        images: labelled.
        runs: the folder that `peu compare` keeps its runs in, or None to look at none.
        transfer: the pretrained network to consider; None is the default one.

    Returns:
        The choice.

    Raises:
        DataError: the images have no labels.
        RecipeError: no such backbone.
        BundleError: the backbone's file is damaged or no backbone.

    Example:
        >>> from peu import choose_recipe, load_images  # doctest: +SKIP
        >>> photos = load_images("photos/")  # doctest: +SKIP
        >>> classifier = choose_recipe(photos).recipe.fit(photos)  # doctest: +SKIP
    """
    _, counts = np.unique(images.y, return_counts=True)
    compared = None if runs is None else _best_compared(Path(runs), images.fingerprint)
    if compared is not None:
        return compared
    transfer = transfer or Transfer()
    if _is_available(transfer):
        return Choice(
            transfer,
            f"the pretrained weights of {Path(transfer.backbone).name} are available, and few "
            "images cannot teach what they know. `peu compare` shows whether that holds here",
        )
    count, fewest = len(images), int(counts.min())
    if count > MOST_FOR_HOG:
        return Choice(
            SmallResNet(),
            f"no pretrained weights are available, and {count:,} images are too many for hog",
        )
    if count > MOST_FOR_FISHER:
        return Choice(
            Ensemble(members=(HogSVM(), SmallResNet())),
            "no pretrained weights are available, HOG and a small network err on different "
            f"images, and {count:,} images are too many for Fisher vectors",
        )
    if fewest < _ENOUGH_FOR_A_NETWORK:
        return Choice(
            FisherVectors(),
            "no pretrained weights are available, and the smallest class has too few images "
            f"({fewest}) to train a network from scratch",
        )
    return Choice(
        Ensemble(members=(FisherVectors(), SmallResNet())),
        f"no pretrained weights are available, and with at least {fewest} images per class Fisher "
        "vectors and a small network err on different images",
    )


def _is_available(transfer: Transfer) -> bool:
    """Whether a pretrained network's weights are on this machine, or were downloaded now."""
    try:
        transfer.extractor()
    except ResourceError:
        return False
    return True


def _best_compared(runs: Path, fingerprint: str) -> Choice | None:
    """Best recipe of the most thorough finished comparison of these images, the newest first."""
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


def _best(rows: Sequence[dict[str, Any]]) -> tuple[ImageClassifier, float]:
    best = max(rows, key=lambda row: (row["accuracy"]["mean"], -row["seconds_per_trial"]))
    return recipe_from_dict(best["recipe"]), float(best["accuracy"]["mean"])
