"""What varying images costs: training steps with each policy against steps without, in turn.

PEU_DATA=folder python benchmarks/augmentation.py [--rounds 12]
"""

import argparse
import time
from typing import Any

import numpy as np

from peu.classifiers.small_resnet import SmallResNet
from peu.images.loading import load_images
from peu.networks.augmentation import MIXUP, augmenting
from peu.networks.augmentation_settings import Augmentation, Policy
from peu.networks.batches import ShuffledBatches
from peu.networks.objective import class_objective
from peu.networks.optimizers import make_optimizer
from peu.networks.residual import residual_network

POLICIES: tuple[Policy, ...] = ("none", "flip", "standard", "strong", "mixup", "erase")


def main() -> None:
    """Time an epoch of each policy in every round, and print medians and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    rounds = parser.parse_args().rounds
    recipe = SmallResNet()
    photos = load_images("caltech4")
    if photos.labels is None:
        raise SystemExit("caltech4 has no labels.")
    pixels = photos.pixels(recipe.image_size, recipe.resize_mode)
    objective = class_objective(len(photos.class_names), soft=True)
    trained: dict[str, tuple[Any, ShuffledBatches]] = {}
    for policy in POLICIES:
        network = residual_network(
            recipe.image_size,
            len(photos.class_names),
            filters=recipe.filters,
            dropout=recipe.dropout,
            seed=0,
        )
        model = augmenting(network, Augmentation(policy=policy), recipe.image_size, seed=0)
        model.compile(optimizer=make_optimizer(recipe.training, steps=1000), loss=objective.loss)
        batches = ShuffledBatches(
            pixels,
            objective.encode(photos.labels),
            recipe.training.batch_size,
            seed=0,
            even=True,
            mixup=MIXUP if policy == "mixup" else 0.0,
        )
        model.fit(batches, shuffle=False, verbose=0)
        trained[policy] = model, batches
    seconds: dict[str, list[float]] = {policy: [] for policy in POLICIES}
    for _ in range(rounds):
        for name, (model, batches) in trained.items():
            started = time.perf_counter()
            model.fit(batches, shuffle=False, verbose=0)
            seconds[name].append(time.perf_counter() - started)
    base = np.asarray(seconds["none"])
    for name, taken in seconds.items():
        step = 1000 * np.median(taken) / len(trained[name][1])
        ratio = np.median(np.asarray(taken) / base)
        print(f"{name:9s} {step:6.1f} ms a step, {ratio:.2f} times none")


if __name__ == "__main__":
    main()
