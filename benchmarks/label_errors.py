"""How many wrong labels are found, and how many of those found are wrong.

    PEU_DATA=... python benchmarks/label_errors.py [--seeds 10] [--share 0.05] [--shipped]

A share of the labels is flipped at random. `animals` are classes that resemble each other; two
draws of twelve classes follow, of which the second was looked at only after the threshold was set.
Beside the shipped method: confident learning (cleanlab's) on predictions of the same features.
"""

import argparse
import dataclasses
import os
import time
from pathlib import Path

import numpy as np
from cleanlab.filter import find_label_issues
from numpy.typing import NDArray

from peu.classifiers.transfer import Transfer
from peu.comparison.label_errors import find_label_errors
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.splits import make_splits

ANIMALS = ("crab", "crayfish", "crocodile", "hedgehog", "lobster", "scorpion")
MIDDLING = range(50, 101)
"""Images of the classes that are drawn from."""


def flipped(
    images: ImageDataset, share: float, seed: int
) -> tuple[ImageDataset, NDArray[np.int64]]:
    """The images with some labels replaced by another class, and which."""
    rng = np.random.default_rng(seed)
    labels = np.array(images.labels)
    wrong = rng.choice(len(labels), round(share * len(labels)), replace=False)
    count = len(images.class_names)
    labels[wrong] = (labels[wrong] + rng.integers(1, count, len(wrong))) % count
    return dataclasses.replace(images, labels=labels), wrong


def tasks(data: Path) -> dict[str, ImageDataset]:
    """The image sets, by name."""
    rest = load_images(data / "caltech-rest")
    counts = dict(zip(*np.unique(rest.y, return_counts=True), strict=True))
    middling = [str(name) for name, n in counts.items() if n in MIDDLING and name not in ANIMALS]
    found = {"caltech4": load_images(data / "caltech4"), "animals": of_classes(rest, ANIMALS)}
    for draw in range(2):
        chosen = np.random.default_rng(draw).permutation(middling)[:12]
        found[f"twelve classes, draw {draw + 1}"] = of_classes(rest, chosen.tolist())
    return found


def of_classes(images: ImageDataset, names: tuple[str, ...] | list[str]) -> ImageDataset:
    """The images of some classes, numbered anew."""
    part = images[np.isin(images.y, names)]
    classes = tuple(sorted(names))
    numbers = np.searchsorted(np.array(classes), part.y)
    return dataclasses.replace(part, labels=numbers.astype(np.int64), class_names=classes)


def confident(images: ImageDataset, seed: int) -> NDArray[np.int64]:
    """What cleanlab suspects, by out-of-fold predictions of `transfer`."""
    predicted = np.zeros((len(images), len(images.class_names)))
    for split in make_splits(images, folds=5, repeats=1, seed=seed):
        model = Transfer().fit(images[split.train])
        predicted[split.test] = model.predict_proba(images[split.test])
    issues = find_label_issues(
        np.asarray(images.labels), predicted, filter_by="confident_learning", n_jobs=1
    )
    return np.flatnonzero(issues)


def main() -> None:
    """Print recall and precision, medians over seeds, of every task."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--share", type=float, default=0.05)
    options.add_argument("--shipped", action="store_true", help="leave the other method out")
    chosen = options.parse_args()
    methods = ("shipped",) if chosen.shipped else ("shipped", "confident learning")
    for name, images in tasks(Path(os.environ["PEU_DATA"])).items():
        Transfer().features(images)
        for method in methods:
            rows = []
            started = time.process_time()
            for seed in range(chosen.seeds):
                changed, wrong = flipped(images, chosen.share, seed)
                if method == "shipped":
                    suspects = [one.image for one in find_label_errors(changed).suspects]
                else:
                    suspects = confident(changed, seed).tolist()
                hits = len(set(suspects) & set(wrong.tolist()))
                rows.append((hits / len(wrong), hits / max(len(suspects), 1)))
            recall, precision = np.median(rows, axis=0)
            least = np.min(rows, axis=0)
            seconds = (time.process_time() - started) / chosen.seeds
            print(
                f"{name} ({len(images)} images, {len(images.class_names)} classes), {method}: "
                f"recall {recall:.2f} (least {least[0]:.2f}), precision {precision:.2f} "
                f"(least {least[1]:.2f}), {seconds:.2f} s of processor time",
                flush=True,
            )


if __name__ == "__main__":
    main()
