"""Is a digit that a VAE has never seen unusual? Each of MNIST's ten is left out once.

The lab sheet's variational auto-encoder is trained on the other nine, and ranks all test images
by the score of `peu vae anomalies`; the area under the ROC curve measures how well the digit left
out is found: 0.5 is chance. The areas by the error alone and by the distance in the latent space
alone are printed beside it.

Run: PEU_DATA=... python benchmarks/anomalies.py [--epochs 15] [--images 60000] [--digits 0,1]
    [--learning-rate 0.001] [--schedule constant]
"""

import argparse
import os
import time
from pathlib import Path
from typing import get_args

import numpy as np

from peu.autoencoders.vae import VAE
from peu.images.loading import load_images
from peu.networks.training_settings import Schedule

SEED = 0
BATCH_SIZE = 128


def main() -> None:
    """Leave each digit out in turn, and print a line each and the means."""
    from sklearn.metrics import roc_auc_score

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--images", type=int, default=60_000)
    parser.add_argument("--digits", default="0,1,2,3,4,5,6,7,8,9")
    parser.add_argument("--latent-dim", type=int, default=2)
    parser.add_argument("--learning-rate", type=float, default=0.001)
    parser.add_argument("--schedule", choices=get_args(Schedule), default="constant")
    options = parser.parse_args()
    digits = load_images(Path(os.environ["PEU_DATA"]) / "mnist.npz")
    labels, tested = np.asarray(digits.labels), np.array(digits.parts) == "test"
    used = tested | (np.cumsum(~tested) <= options.images)
    found = []
    for digit in (int(each) for each in options.digits.split(",")):
        started = time.perf_counter()
        vae = VAE(
            latent_dim=options.latent_dim,
            epochs=options.epochs,
            batch_size=BATCH_SIZE,
            learning_rate=options.learning_rate,
            schedule=options.schedule,
            seed=SEED,
        ).fit(digits[used & (labels != digit)])
        unusual = vae.anomalies(digits[tested])
        areas = [
            float(roc_auc_score(labels[tested] == digit, ranked))
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
