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
from peu.comparison.run_list import find_reports
from peu.errors import PeuError, ResourceError
from peu.files import read_json, without_checksum
from peu.images.dataset import ImageDataset

# With fewer images of a class a network trained from scratch has too little to go by.
_ENOUGH_FOR_A_NETWORK = 10


@dataclass(frozen=True)
class Choice:
    """A recipe and why it was chosen.

    Attributes:
        recipe: the one to train.
        reason: one sentence.
        run: folder of the comparison that decided; None where none did.
    """

    recipe: ImageClassifier
    reason: str
    run: Path | None = None


def choose_recipe(
    images: ImageDataset,
    *,
    runs: str | Path | Sequence[str | Path] | None = "runs",
    transfer: Transfer | None = None,
) -> Choice:
    """Choose a recipe for the images at hand.

    A comparison of the same images decides where there is one: of the recipes that its verdict
    cannot tell from the best, the one that trained and tested fastest. Otherwise transfer learning
    is chosen if its weights are available, and without them the number of images decides.

    Args:
        images: labelled.
        runs: folders of runs of `peu compare`, or of one run; None looks at none.
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
    compared = _best_compared(find_reports(runs or ()), images.fingerprint)
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


def _best_compared(reports: Sequence[Path], fingerprint: str) -> Choice | None:
    """Choice by the most thorough finished comparison of these images, the newest first."""
    found = []
    for path in reports:
        try:
            report = without_checksum(read_json(path))
            if report["dataset"]["fingerprint"] != fingerprint:
                continue
            choice = _fastest_of_the_best(report, path.parent)
            trials = int(report["folds"]) * int(report["repeats"])
            found.append((trials, path.stat().st_mtime, choice))
        except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, PeuError):
            # A report of something else, of another version, or half deleted: it says nothing.
            continue
    return max(found, key=lambda each: each[:2])[2] if found else None


def _fastest_of_the_best(report: dict[str, Any], folder: Path) -> Choice:
    """The fastest recipe of those that are not shown to be worse than the best."""
    rows: list[dict[str, Any]] = report["recipes"]
    best = max(rows, key=lambda row: (row["accuracy"]["mean"], -row["seconds_per_trial"]))
    worse = {
        name
        for pair in report["paired"]
        if best["name"] in (pair["first"], pair["second"]) and pair["distinguishable"]
        for name in (pair["first"], pair["second"])
    } - {best["name"]}
    alike = [row for row in rows if row["name"] not in worse]
    chosen = min(alike, key=lambda row: (row["seconds_per_trial"], -row["accuracy"]["mean"]))
    where = f"in the comparison of these images in {folder}"
    accuracy, seconds = float(chosen["accuracy"]["mean"]), float(chosen["seconds_per_trial"])
    if chosen is best:
        reason = f"it did best {where} ({accuracy:.1%})"
    else:
        reason = (
            f"{where} it is not shown to be worse than {best['name']}, which did best "
            f"({accuracy:.1%} and {float(best['accuracy']['mean']):.1%}), and it trains and "
            f"answers faster ({seconds:.1f} s a trial instead of "
            f"{float(best['seconds_per_trial']):.1f} s)"
        )
    return Choice(recipe_from_dict(chosen["recipe"]), reason, folder)
