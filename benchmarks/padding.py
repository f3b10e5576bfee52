"""What the bars beside a padded image are filled with, and what that does to accuracy.

Run: PEU_DATA=... python benchmarks/padding.py
"""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from sklearn.model_selection import StratifiedKFold

from peu.classifiers.logistic import fit_logistic
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.networks.backbone_sources import find_backbone
from peu.networks.backbones import feature_network, load_backbone
from peu.networks.backend import keras

SIDE = 224
DATA = Path(os.environ["PEU_DATA"])


def padded(image: Image.Image, filling: str) -> NDArray[np.uint8]:
    """Bring an image to a square, its bars filled one way or another."""
    scale = SIDE / max(image.size)
    size = tuple(max(1, round(side * scale)) for side in image.size)
    inner = np.asarray(image.resize((size[0], size[1]), Image.Resampling.BILINEAR))
    above, before = (SIDE - size[1]) // 2, (SIDE - size[0]) // 2
    bars = ((above, SIDE - size[1] - above), (before, SIDE - size[0] - before), (0, 0))
    if filling in ("edge", "symmetric"):
        return np.pad(inner, bars, mode=filling)  # type: ignore[call-overload, no-any-return]
    colour = {"black": 0, "grey": 127, "white": 255}.get(filling)
    rim = np.concatenate([inner[0], inner[-1], inner[:, 0], inner[:, -1]])
    canvas = np.empty((SIDE, SIDE, 3), np.uint8)
    canvas[:] = rim.mean(axis=0) if colour is None else colour
    canvas[above : above + size[1], before : before + size[0]] = inner
    return canvas


def accuracy(features: NDArray[np.float32], labels: NDArray[np.int64], classes: int) -> float:
    """Give the mean accuracy of logistic regression over 5 folds x 4."""
    scores = []
    for seed in range(4):
        folds = StratifiedKFold(5, shuffle=True, random_state=seed)
        for train, test in folds.split(labels, labels):
            fitted = fit_logistic(
                features[train], labels[train], np.arange(len(train)), class_count=classes, seed=0
            )
            unit = features[test] / np.linalg.norm(features[test], axis=1, keepdims=True)
            answers = (unit @ fitted.weights + fitted.intercepts).argmax(axis=1)
            scores.append(np.mean(answers == labels[test]))
    return float(np.mean(scores))


def tasks() -> dict[str, ImageDataset]:
    """Give the lab sheet's four classes, and tasks of four classes drawn from the others."""
    chosen = {"caltech4": load_images(DATA / "caltech4")}
    rest = load_images(DATA / "caltech-rest")
    assert rest.labels is not None
    counts = np.bincount(rest.labels)
    middle = np.flatnonzero((counts >= 35) & (counts <= 80))
    for seed in range(4):
        classes = np.random.default_rng(seed).choice(middle, 4, replace=False)
        chosen[f"rest-{seed}"] = rest[np.flatnonzero(np.isin(rest.labels, classes))]
    return chosen


def main() -> None:
    """Print a line a task and backbone."""
    weights = DATA / "weights"
    backbones = {
        "mobilenet:0.25": find_backbone(
            "mobilenet:0.25", str(weights / "mobilenet_2_5_224_tf_no_top.h5"), "auto"
        ),
        "mobilenet": find_backbone(str(weights / "mobilenet_1_0_224_pw12.keras"), "imagenet", "tf"),
    }
    for name, source in backbones.items():
        network = feature_network(
            load_backbone(source, None), source.preprocessing, "average", (SIDE, SIDE)
        )
        for task, dataset in tasks().items():
            assert dataset.labels is not None
            labels = np.unique(dataset.labels, return_inverse=True)[1].astype(np.int64)
            line = []
            for filling in ("edge", "rim mean", "symmetric", "black", "grey", "white", "stretch"):
                pixels = np.stack(
                    [
                        np.asarray(dataset.read(i).resize((SIDE, SIDE), Image.Resampling.BILINEAR))
                        if filling == "stretch"
                        else padded(dataset.read(i), filling)
                        for i in range(len(dataset))
                    ]
                )
                features = keras.ops.convert_to_numpy(network.predict(pixels, verbose=0))
                line.append(f"{filling} {accuracy(features, labels, 4):.3f}")
            print(f"{name}, {task} ({len(dataset)}):", ", ".join(line), flush=True)


if __name__ == "__main__":
    main()
