"""Which way to bring images to size suits `transfer`, and what it owes to the ratio of sides.

Six tasks a seed, of 2 to 12 classes of `caltech-rest`, each with a pair of classes that look alike;
the same folds for all ways. With `--cut` each way is also tested on, and learnt from, images that
are cut to ratios of sides which say nothing of the class: what a way owes to the ratio is gone.

Run: PEU_DATA=... PEU_CACHE=... python benchmarks/resizing.py [--cut] [--seeds 0] [--most 60]
     [--ways "padded 256" "own 256"] [--strength 100]

The first way is what the others are compared with, image by image, +- one standard error.
`resized_views.py` names the ways; features are extracted once, and kept in PEU_CACHE.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedGroupKFold
from threadpoolctl import threadpool_limits

from peu.classifiers.logistic import fit_logistic
from peu.images.dataset import ImageDataset
from resized_views import features, tasks

# Whole map, central square and middle: what `add_pooling` takes the mean of.
_WINDOWS = 3
Rows = NDArray[np.float64]


@dataclass(frozen=True)
class Judged:
    """Means over the repeats for each image of a task: whether it was right, and its log loss."""

    right: Rows
    losses: Rows

    def __str__(self) -> str:
        return f"{self.right.mean():.4f} / {self.losses.mean():.4f}"


def pooled(images: ImageDataset, way: str, backbone: str) -> Rows:
    """Features (n, d) of unit length."""
    rows = features(images, way, backbone)[:, :_WINDOWS].mean(axis=1).astype(np.float64)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def judge(
    images: ImageDataset, learnt: Rows, tested: list[Rows], repeats: int, strength: float | None
) -> list[Judged]:
    """Learn from some features of all images, and test on others of the same, by folds.

    Args:
        images: for labels and groups.
        learnt: (n, d).
        tested: (n, d) each.
        repeats: of 5 folds.
        strength: C of the logistic regression, or None for the recipe's own way to choose it.
    """
    labels = np.unique(images.y, return_inverse=True)[1].astype(np.int64)
    groups, own = images.groups, np.arange(len(labels))
    # In the span of all rows, of which a penalty does not see a rotation, fits are quick.
    middle = learnt.mean(axis=0)
    basis = np.linalg.svd(np.concatenate([learnt, *tested]) - middle, full_matrices=False)[2]
    chances = np.zeros((len(tested), repeats, len(labels), labels.max() + 1))
    for seed in range(repeats):
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(labels, labels, groups):
            if strength is None:
                fitted = fit_logistic(
                    learnt[train].astype(np.float32),
                    labels[train],
                    groups[train],
                    class_count=labels.max() + 1,
                    seed=0,
                )
                for at, rows in enumerate(tested):
                    scores = rows[test] @ fitted.weights + fitted.intercepts
                    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
                    chances[at, seed, test] = shifted / shifted.sum(axis=1, keepdims=True)
                continue
            model = LogisticRegression(C=strength, max_iter=200)
            model.fit((learnt[train] - middle) @ basis.T, labels[train])
            for at, rows in enumerate(tested):
                chances[at, seed, test] = model.predict_proba((rows[test] - middle) @ basis.T)
    return [
        Judged(
            (each.argmax(axis=2) == labels).mean(axis=0),
            -np.log(np.maximum(each[:, own, labels], 1e-12)).mean(axis=0),
        )
        for each in chances
    ]


def judged(images: ImageDataset, options: argparse.Namespace) -> Iterator[tuple[str, str, Judged]]:
    """Every way with what it learnt from and was tested on."""
    for way in options.ways:
        whole = pooled(images, way, options.backbone)
        with_cut = [pooled(images, f"{way}, cut", options.backbone)] if options.cut else []
        found = judge(images, whole, [whole, *with_cut], options.repeats, options.strength)
        for name, one in zip(("whole", "tested on cut ones"), found, strict=False):
            yield way, name, one
        for rows in with_cut:
            yield way, "cut", judge(images, rows, [rows], options.repeats, options.strength)[0]


def main() -> None:
    """Print a line for each task and way, then means and paired differences."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="efficientnet-lite2")
    parser.add_argument("--ways", nargs="+", default=["padded 256", "own 256", "stretched 256"])
    parser.add_argument("--cut", action="store_true", help="the probe; twice the features")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--strength", type=float, help="C; left out, inner folds choose it")
    options = parser.parse_args()
    found: dict[tuple[str, str], list[Judged]] = {}
    with threadpool_limits(1):
        for seed in options.seeds:
            for task, images in tasks(seed, options.most).items():
                print(f"seed {seed}, {task}: {len(images)} images", flush=True)
                for way, name, one in judged(images, options):
                    found.setdefault((way, name), []).append(one)
                    print(f"  {way}, {name}: {one}", flush=True)
    for (way, name), ones in found.items():
        others = found[options.ways[0], name]
        means = Judged(*(np.array(each) for each in zip(*map(_means, ones), strict=True)))
        right = np.concatenate([a.right - b.right for a, b in zip(ones, others, strict=True)])
        losses = np.concatenate([a.losses - b.losses for a, b in zip(ones, others, strict=True)])
        print(f"mean of {way}, {name}: {means}; all images {_paired(right)}, {_paired(losses)}")


def _means(one: Judged) -> tuple[float, float]:
    return float(one.right.mean()), float(one.losses.mean())


def _paired(differences: Rows) -> str:
    return f"{differences.mean():+.4f} +- {differences.std() / len(differences) ** 0.5:.4f}"


if __name__ == "__main__":
    main()
