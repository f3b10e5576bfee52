"""Images in their own proportions against padded ones: accuracy and log loss of `transfer`.

Six tasks of 2 to 12 classes are drawn by a seed from `caltech-rest`, each with a pair of classes
that look alike. The same folds for all ways to bring an image to size.

Run: PEU_DATA=... python benchmarks/resizing.py [--sides 256] [--seed 0] [--most 60] [--repeats 2]
"""

import argparse
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.model_selection import StratifiedGroupKFold

from peu.backbones.efficientnet_lite import read_efficientnet_lite
from peu.backbones.head import add_pooling
from peu.backbones.lite_graph import lite_graph
from peu.classifiers.logistic import fit_logistic
from peu.images.cache import cached
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.proportions import resize_proportionally
from peu.images.resizing import resize_image
from peu.models.onnx_session import open_session
from peu.seeds import child_seed

DATA = Path(os.environ["PEU_DATA"])
SIZES = (2, 4, 6, 8, 10, 12)
ALIKE = (
    ("crocodile", "crocodile_head"),
    ("cougar_face", "cougar_body"),
    ("flamingo", "flamingo_head"),
)
FEWEST = 30
POOLINGS = ("whole map", "three windows")
Figures = tuple[float, float]


def tasks(seed: int, most: int) -> dict[str, ImageDataset]:
    """Draw the tasks, with at most so many images a class."""
    rest = load_images(DATA / "caltech-rest")
    names, counts = np.unique(rest.y, return_counts=True)
    pairs = {name for pair in ALIKE for name in pair}
    others = np.array([name for name in names[counts >= FEWEST] if name not in pairs])
    drawn = {}
    for number, size in enumerate(SIZES):
        generator = np.random.default_rng(child_seed(seed, "task", number))
        pair = ALIKE[number % len(ALIKE)]
        chosen = [*pair, *generator.choice(others, size - 2, replace=False)]
        kept = [generator.permutation(np.flatnonzero(rest.y == name))[:most] for name in chosen]
        drawn[f"{size} classes, {pair[0]}"] = rest[np.sort(np.concatenate(kept))]
    return drawn


def features(
    images: ImageDataset, backbone: str, session: Any, way: str, side: int
) -> NDArray[np.float32]:
    """Features (n, 2, d) pooled over the whole map, and over three windows of it."""

    def prepare(image: Image.Image) -> NDArray[np.uint8]:
        if way == "own proportions":
            return resize_proportionally(image, side)
        return resize_image(image, (side, side), "pad" if way == "padded" else "stretch")

    def compute(batch: ImageDataset) -> NDArray[np.float32]:
        rows = []
        for at in range(len(batch)):
            pixels = prepare(batch.read(at))[None]
            maps, windows = session.run(["map", "features"], {"pixels": pixels})
            rows.append(np.concatenate([maps.mean(axis=(2, 3)), windows]))
        return np.stack(rows)

    return cached(images, ("benchmark", backbone, way, side), compute, phase="Features")


def figures(rows: NDArray[np.float32], images: ImageDataset, repeats: int) -> Figures:
    """Mean accuracy and log loss over 5 folds x repeats."""
    labels = np.unique(images.y, return_inverse=True)[1].astype(np.int64)
    groups = images.groups
    right, losses = [], []
    for seed in range(repeats):
        folds = StratifiedGroupKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(rows, labels, groups):
            fitted = fit_logistic(
                rows[train], labels[train], groups[train], class_count=labels.max() + 1, seed=0
            )
            unit = rows[test] / np.linalg.norm(rows[test], axis=1, keepdims=True)
            scores = (unit @ fitted.weights + fitted.intercepts).astype(np.float64)
            scores -= scores.max(axis=1, keepdims=True)
            chances = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
            right.append(np.mean(chances.argmax(axis=1) == labels[test]))
            own = chances[np.arange(len(test)), labels[test]]
            losses.append(-np.log(np.maximum(own, 1e-12)).mean())
    return float(np.mean(right)), float(np.mean(losses))


def with_ratio(rows: NDArray[np.float32], images: ImageDataset) -> NDArray[np.float32]:
    """Features and, about as long as a tenth of them, the logarithm of width over height."""
    sizes = np.array([images.read(at).size for at in range(len(images))], np.float32)
    ratio = np.log(sizes[:, 0] / sizes[:, 1])
    length = np.linalg.norm(rows, axis=1).mean()
    return np.column_stack([rows, 0.3 * length * ratio]).astype(np.float32)


def main() -> None:
    """Print a line a task, then the means."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="efficientnet-lite2")
    parser.add_argument("--sides", type=int, nargs="+", default=[256])
    parser.add_argument("--ways", nargs="+", default=["padded", "own proportions"])
    parser.add_argument("--poolings", nargs="+", choices=POOLINGS, default=list(POOLINGS))
    parser.add_argument("--ratio", action="store_true", help="also tell the shape of images")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--repeats", type=int, default=2)
    options = parser.parse_args()
    graph = add_pooling(lite_graph(read_efficientnet_lite(options.backbone), options.backbone))
    session = open_session(graph.SerializeToString(), threads=1)
    found: dict[str, list[Figures]] = {}
    for task, images in tasks(options.seed, options.most).items():
        print(f"{task}: {len(images)} images", flush=True)
        for way in options.ways:
            for side in options.sides:
                rows = features(images, options.backbone, session, way, side)
                for name in options.poolings:
                    pooled = rows[:, POOLINGS.index(name)]
                    told = {f"{way}, {side}, {name}": pooled}
                    if options.ratio:
                        told[f"{way}, {side}, {name}, with width / height"] = with_ratio(
                            pooled, images
                        )
                    for label, used in told.items():
                        both = figures(used, images, options.repeats)
                        found.setdefault(label, []).append(both)
                        print(f"  {label}: {both[0]:.4f}, log loss {both[1]:.4f}", flush=True)
    for label, values in found.items():
        accuracy, loss = np.mean(values, axis=0)
        print(f"mean of {label}: {accuracy:.4f}, log loss {loss:.4f}")


if __name__ == "__main__":
    main()
