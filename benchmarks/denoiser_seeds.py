"""Does the sheet's denoiser learn from every seed? Ours, and the sheet's own start, side by side.

Each seed trains the sheet's network for a few epochs on some digits, at noise 0.2, once with its
output starting at the mean pixel and once, with --plain, at 1/2 as the sheet's text has it. A
network is black where its outputs have a mean below a tenth of the images' own. It runs on any
backend: KERAS_BACKEND=jax.

Run: PEU_DATA=... python benchmarks/denoiser_seeds.py [--seeds 10] [--images 6000] [--plain]
"""

import argparse
import os
import time
from pathlib import Path

import numpy as np

from peu.autoencoders.denoiser_training import train_denoiser
from peu.autoencoders.noise import add_noise, read_noise
from peu.evaluation.reconstruction import peak_signal_to_noise
from peu.networks.backend import keras
from peu.networks.denoisers import build_denoiser
from peu.networks.objective import mean_of
from peu.networks.training_settings import TrainingSettings

TESTED = 500


def main() -> None:
    """Train from each seed, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--plain", action="store_true")
    options = parser.parse_args()
    with np.load(Path(os.environ["PEU_DATA"]) / "mnist.npz") as stored:
        train = stored["x_train"][: options.images, ..., None]
        test = stored["x_test"][:TESTED, ..., None]
    noisy = add_noise(test, read_noise(0.4), np.random.default_rng(0))
    training = TrainingSettings(epochs=options.epochs)
    black = 0
    for seed in range(options.seeds):
        started = time.perf_counter()
        network = build_denoiser(
            mean=mean_of(train), output_bias="zero" if options.plain else "mean", seed=seed
        )
        history, collapsed = train_denoiser(
            network, train, training, noise=read_noise(0.2), seed=seed
        )
        cleaned = np.asarray(keras.ops.convert_to_numpy(network(noisy, training=False)))
        is_black = bool(cleaned.mean() < 0.1 * mean_of(test))
        black += is_black
        psnr = peak_signal_to_noise(test.astype(np.float32) / 255, cleaned).mean()
        print(
            f"seed {seed}: loss {history.metrics['loss'][-1]:.4f}, mean {cleaned.mean():.3f}, "
            f"{psnr:.2f} dB at 0.4, {'collapsed' if collapsed else 'learnt'}"
            f"{', black' if is_black else ''}, {time.perf_counter() - started:.1f} s",
            flush=True,
        )
    print(f"{keras.backend.backend()}: black from {black} of {options.seeds} seeds")


if __name__ == "__main__":
    main()
