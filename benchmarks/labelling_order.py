"""Whether images chosen by `peu next` teach more than images chosen at random.

A draw starts with two labelled images a class; the pool is half of the others, the test all the
rest. One image a class at a time is chosen, by its smallest margin spread by cosine distance or at
random, labelled, and learnt from (logistic regression on features of EfficientNet-Lite2). Accuracy
is balanced over the classes; the interval of the difference is Student's over the draws.

    PEU_DATA=... python benchmarks/labelling_order.py [--draws 12]
"""

import argparse
import os
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t
from sklearn.linear_model import LogisticRegression

from peu.classifiers.transfer import Transfer
from peu.evaluation.labelling import choose_to_label, unit_length
from peu.images.loading import load_images

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
AT = (5, 10, 20)
CLASSES = 8
SPREAD = ("margin", "spread", "random")


def fitted(x: Array, y: Indices) -> LogisticRegression:
    """A logistic regression as `transfer` fits it, with a fixed C."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return LogisticRegression(C=100, max_iter=60, tol=1e-3).fit(x, y)


def choose(
    method: str, x: Array, pool: Indices, model: LogisticRegression, rng: np.random.Generator
) -> Indices:
    """Some of the pool: as many as there are classes."""
    count = len(model.classes_)
    if method == "random":
        return np.asarray(rng.choice(pool, count, replace=False), np.int64)
    probabilities = model.predict_proba(x[pool])
    if method == "margin":
        ordered = np.sort(probabilities, axis=1)
        return pool[np.argsort(ordered[:, -1] - ordered[:, -2])[:count]]
    return pool[choose_to_label(x[pool], probabilities, count=count)]


def one_draw(x: Array, y: Indices, method: str, seed: int) -> list[float]:
    """Accuracy with so many labelled images a class."""
    rng = np.random.default_rng(seed)
    start, pool, test = [], [], []
    for label in np.unique(y):
        own = rng.permutation(np.flatnonzero(y == label))
        middle = 2 + (len(own) - 2) // 2
        start.append(own[:2])
        pool.append(own[2:middle])
        test.append(own[middle:])
    labelled, left, rest = (np.concatenate(each) for each in (start, pool, test))
    # The penalty sees no rotation: the images of the pool span all that is learnt from.
    middle_of = x[np.concatenate([labelled, left])].mean(axis=0)
    _, _, basis = np.linalg.svd(
        x[np.concatenate([labelled, left])] - middle_of, full_matrices=False
    )
    turned = (x - middle_of) @ basis.T
    found = []
    for per_class in range(2, max(AT) + 1):
        model = fitted(turned[labelled], y[labelled])
        if per_class in AT:
            right = model.predict(turned[rest]) == y[rest]
            found.append(float(np.mean([right[y[rest] == label].mean() for label in np.unique(y)])))
        chosen = choose(method, turned, left, model, rng)
        labelled, left = np.concatenate([labelled, chosen]), np.setdiff1d(left, chosen)
    return found


def tasks(data: Path) -> dict[str, tuple[Array, Indices]]:
    """Features and labels of three tasks."""
    images = load_images(data / "caltech-rest")
    names, counts = np.unique(images.y, return_counts=True)
    images = images[np.isin(images.y, names[(counts >= 75) & (counts <= 300)])]
    images = images[np.sort(np.unique(images.groups, return_index=True)[1])]
    features = unit_length(Transfer().features(images)).astype(np.float64)
    names, labels = np.unique(images.y, return_inverse=True)
    found = {}
    for seed in range(3):
        chosen = np.random.default_rng(seed).choice(len(names), CLASSES, replace=False)
        own = np.isin(labels, chosen)
        found[", ".join(sorted(names[chosen].tolist()))] = (features[own], labels[own])
    return found


def main() -> None:
    """Print accuracies, and the differences from random choice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=12)
    draws = parser.parse_args().draws
    everything: dict[str, list[Array]] = {method: [] for method in SPREAD}
    for name, (x, y) in tasks(Path(os.environ["PEU_DATA"])).items():
        print(name)
        found = {
            method: np.array([one_draw(x, y, method, seed) for seed in range(draws)])
            for method in SPREAD
        }
        for method, rows in found.items():
            everything[method].append(rows)
        report(found)
    print("all three tasks")
    report({method: np.concatenate(rows) for method, rows in everything.items()})


def report(found: dict[str, Array]) -> None:
    """Print a line a method."""
    for method, rows in found.items():
        gain = rows - found["random"]
        reach = t.ppf(0.975, len(gain) - 1) * gain.std(axis=0, ddof=1) / np.sqrt(len(gain))
        shown = "; ".join(
            f"{at} a class: {rows[:, place].mean():.3f} "
            f"({100 * gain[:, place].mean():+.1f} points, +-{100 * reach[place]:.1f})"
            for place, at in enumerate(AT)
        )
        print(f"  {method}: {shown}", flush=True)


if __name__ == "__main__":
    main()
