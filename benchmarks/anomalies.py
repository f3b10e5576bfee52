"""Is a digit that a map has never seen found odd? Each of MNIST's ten is left out once.

The lab sheet's variational auto-encoder learns from the other nine, and ranks all test images
by what `peu vae anomalies` ranks them by; the area under the ROC curve says how well the digit
left out comes to the top: 0.5 is chance. The areas by the error alone and by the distance on the
map alone stand beside it.

Run: PEU_DATA=... python benchmarks/anomalies.py [--epochs 15] [--images 60000] [--digits 0,1]
    [--learning-rate 0.001] [--schedule constant]
"""

import argparse
import os
import time
from pathlib import Path
from typing import get_args

import numpy as np

from peu.autoencoders.images import ImageSet
from peu.autoencoders.variational import fit_variational
from peu.comparison.latent import find_unusual
from peu.recipes.training import Schedule, TrainingSettings
from peu.recipes.variational import Variational

SEED = 0
BATCH_SIZE = 128


def main() -> None:
    """Leave each digit out in turn, and print a line each and the means."""
    from sklearn.metrics import roc_auc_score

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--digits", default="0,1,2,3,4,5,6,7,8,9")
    parser.add_argument("--latent", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--schedule", choices=get_args(Schedule), default="constant")
    options = parser.parse_args()
    with np.load(Path(os.environ["PEU_DATA"]) / "mnist.npz") as stored:
        train = stored["x_train"][: options.images, ..., None]
        train_labels = stored["y_train"][: options.images]
        test, test_labels = stored["x_test"][..., None], stored["y_test"]
    recipe = Variational(
        latent=options.latent,
        training=TrainingSettings(
            epochs=options.epochs,
            batch_size=BATCH_SIZE,
            learning_rate=options.learning_rate,
            schedule=options.schedule,
        ),
    )
    found = []
    for digit in (int(each) for each in options.digits.split(",")):
        started = time.perf_counter()
        known, usual = train_labels != digit, test_labels != digit
        images = ImageSet(
            train=train[known],
            test=test[usual],
            train_indices=np.flatnonzero(known),
            test_indices=len(train) + np.flatnonzero(usual),
            tested_on="test images",
        )
        model = fit_variational(recipe, images, seed=SEED)
        unusual = find_unusual(model, test)
        areas = [
            float(roc_auc_score(~usual, ranked))
            for ranked in (unusual.score, unusual.error, unusual.distance)
        ]
        found.append(areas)
        print(
            f"without {digit}: {areas[0]:.3f} by score, {areas[1]:.3f} by error, "
            f"{areas[2]:.3f} by distance, {time.perf_counter() - started:.0f} s",
            flush=True,
        )
    score, error, distance = np.mean(found, axis=0)
    print(f"mean: {score:.3f} by score, {error:.3f} by error, {distance:.3f} by distance")


if __name__ == "__main__":
    main()
