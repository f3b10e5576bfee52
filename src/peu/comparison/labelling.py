"""Which of many unlabelled images to label next, and of which class to take more photos."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.transfer import Transfer
from peu.comparison.corrected_labels import check_in_files, name_beside
from peu.errors import DataError
from peu.evaluation.labelling import choose_to_label, margins
from peu.files import write_text
from peu.images.dataset import ImageDataset
from peu.settings import check_setting
from peu.wording import quoted


@dataclass(frozen=True)
class ToLabel:
    """An image worth a label.

    Attributes:
        image: its index among the unlabelled images.
        suggested: the class that the model takes it for.
        probability: of that class.
        second: the class that is next.
        margin: how far the first is before the second, from 0 to 1.
    """

    image: int
    suggested: str
    probability: float
    second: str
    margin: float


@dataclass(frozen=True, eq=False, repr=False)
class LabellingOrder:
    """Images to label next, the most instructive first.

    Attributes:
        unlabelled: the images to choose from.
        chosen: the images to label.
        left_out: number of unlabelled images that are labelled already, or copies of others.
        recall: by class, the share of its labelled images that is recognised on inner folds; empty
            where a class has too few images for them.
    """

    unlabelled: ImageDataset
    chosen: tuple[ToLabel, ...]
    left_out: int
    recall: dict[str, float]

    def __repr__(self) -> str:
        return f"<LabellingOrder of {self.unlabelled.name!r:.80}: {self.sentence()[:300]}>"

    @property
    def weakest(self) -> str | None:
        """The class that is recognised least, or None where all are recognised alike."""
        if not self.recall or min(self.recall.values()) == max(self.recall.values()):
            return None
        return min(self.recall, key=lambda name: self.recall[name])

    def sentence(self) -> str:
        """What to label, and of which class to take photos, in a sentence or two."""
        count = len(self.chosen)
        told = (
            f"Label these {count} of {len(self.unlabelled):,} images first."
            if count > 1
            else f"Label this one of {len(self.unlabelled):,} images first."
        )
        if self.weakest is not None:
            told += (
                f" Photos of {quoted(self.weakest)} would help most: "
                f"{self.recall[self.weakest]:.0%} of them are recognised."
            )
        return told

    def to_dict(self) -> dict[str, Any]:
        """The images as JSON values, in order."""
        keys = self.unlabelled.keys
        return {
            "format": 1,
            "images": len(self.unlabelled),
            "left_out": self.left_out,
            "next": [
                {
                    "image": keys[one.image],
                    "suggested": one.suggested,
                    "probability": one.probability,
                    "second": one.second,
                    "margin": one.margin,
                }
                for one in self.chosen
            ],
            "recall": self.recall,
            "weakest": self.weakest,
        }


def next_to_label(
    labelled: ImageDataset,
    unlabelled: ImageDataset,
    *,
    count: int = 20,
    transfer: Transfer | None = None,
) -> LabellingOrder:
    """Rank unlabelled images by what their labels would teach.

    Transfer learning on the labelled images predicts the others; those are chosen between whose
    two most probable classes it hardly decides, no two of them alike. With a label of its own for
    each, learn again and ask again: `benchmarks/labelling_order.py` measures that against choosing
    at random.

    Args:
        labelled: two classes or more.
        unlabelled: images to choose from; labels that they have are ignored.
        count: how many to choose, 1 or more.
        transfer: the recipe to learn with; None is the default one.

    Returns:
        At most `count` images, the most instructive first.

    Raises:
        DataError: fewer than two classes, or no unlabelled image that is not labelled already.
        RecipeError: an impossible count.

    Example:
        >>> pool = load_images("unlabelled/", labels_required=False)  # doctest: +SKIP
        >>> print(next_to_label(load_images("photos/"), pool).sentence())  # doctest: +SKIP
    """
    check_setting(
        "count",
        holds=isinstance(count, int) and count >= 1,
        expected="a whole number, 1 or more",
        received=count,
        advice="20 is usual.",
    )
    known = set(labelled.hashes)
    _, first = np.unique(unlabelled.groups, return_index=True)
    left = np.sort([at for at in first.tolist() if unlabelled.hashes[at] not in known])
    if not len(left):
        raise DataError(
            f"Expected images in {quoted(unlabelled.name)} that have no label yet; all "
            f"{len(unlabelled)} are among {quoted(labelled.name)}. Add images."
        )
    recipe = Transfer() if transfer is None else transfer.__sklearn_clone__()
    recipe.fit(labelled)
    candidates = unlabelled[left.astype(np.int64)]
    probabilities = recipe.predict_proba(candidates)
    names = [str(name) for name in recipe.classes_]
    order = choose_to_label(recipe.features(candidates), probabilities, count=count)
    return LabellingOrder(
        unlabelled,
        tuple(_described(int(left[at]), probabilities[at], names) for at in order),
        len(unlabelled) - len(left),
        _recall(recipe, labelled),
    )


def write_table_to_fill_in(order: LabellingOrder, file: Path) -> None:
    """Write the images as a CSV whose column `label` is to be filled in.

    The columns are `image`, relative to the CSV, `label`, empty, `suggested`, `probability` and
    `second`. Filled in, `load_images` takes it; images that were left empty are set aside.

    Args:
        order: what to label.
        file: where the CSV goes; a file of that name is replaced.

    Raises:
        DataError: the images lie in an archive, an array or in memory.
        ResourceError: the disk is full or cannot be written.
    """
    check_in_files(order.unlabelled)
    text = io.StringIO(newline="")
    table = csv.writer(text, lineterminator="\n")
    table.writerow(("image", "label", "suggested", "probability", "second"))
    for one in order.chosen:
        name = name_beside(file, order.unlabelled.paths[one.image])
        table.writerow((name, "", one.suggested, f"{one.probability:.3f}", one.second))
    write_text(file, text.getvalue())


def _described(image: int, probabilities: NDArray[np.float64], names: list[str]) -> ToLabel:
    second, best = np.argsort(probabilities, kind="stable")[-2:]
    margin = float(margins(probabilities[None, :])[0])
    return ToLabel(image, names[best], float(probabilities[best]), names[second], margin)


def _recall(recipe: Transfer, labelled: ImageDataset) -> dict[str, float]:
    held_out = recipe.held_out_
    if held_out is None:
        return {}
    truth = labelled.y[held_out.indices]
    predicted = np.asarray(recipe.classes_)[held_out.probabilities.argmax(axis=1)]
    return {
        str(name): float((predicted[truth == name] == name).mean()) for name in np.unique(truth)
    }
