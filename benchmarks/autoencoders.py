"""The lab sheet's own auto-encoder code against peu's, on the same MNIST, in turn, in one run.

The sheet's code runs in a process of its own, as a student would run it: TensorFlow as it
comes, noise drawn once. So does peu, which draws noise anew in every epoch. They take turns, so
that a machine that changes its pace changes it for both; the ratio is of the medians of all
epochs but each process's first, which compiles. The processor's own seconds are told too: they
depend less on what else the machine does.

Run: PEU_DATA=... python benchmarks/autoencoders.py [--rounds 2] [--epochs 4] [--images 12800]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from phases import on_phase

SEED = 0
PARTS = ("sheet", "peu")
BATCH_SIZE = 32


def load(images: int) -> Any:
    """Give so many training images as uint8 (n, 28, 28, 1)."""
    with np.load(Path(os.environ["PEU_DATA"]) / "mnist.npz") as stored:
        return stored["x_train"][:images, ..., None]


class Epochs:
    """Note the time of each epoch, on the clock and on the processor."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.processor: list[float] = []
        self._started = (time.perf_counter(), time.process_time())

    def begin(self) -> None:
        """Begin the next epoch."""
        self._started = (time.perf_counter(), time.process_time())

    def end(self) -> None:
        """End an epoch and begin the next."""
        self.seconds.append(time.perf_counter() - self._started[0])
        self.processor.append(time.process_time() - self._started[1])
        self.begin()


def denoiser_of_sheet(images: int, epochs: int) -> Epochs:
    """Train as the sheet's text has it, plainly, but for an output bias that keeps it alive."""
    import tensorflow as tf

    layers = tf.keras.layers
    clean = load(images).astype("float32") / 255
    noisy = clean + 0.2 * np.random.normal(loc=0.0, scale=1.0, size=clean.shape)  # noqa: NPY002
    noisy = np.clip(noisy, 0.0, 1.0)
    inputs = tf.keras.Input((28, 28, 1))
    x = layers.Conv2D(16, 3, activation="relu", padding="same")(inputs)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.Conv2D(32, 3, activation="relu", padding="same")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.Conv2DTranspose(32, 3, strides=2, activation="relu", padding="same")(x)
    x = layers.Conv2DTranspose(16, 3, strides=2, activation="relu", padding="same")(x)
    bias = tf.keras.initializers.Constant(-1.9)
    outputs = layers.Conv2D(1, 3, activation="sigmoid", padding="same", bias_initializer=bias)(x)
    model = tf.keras.Model(inputs, outputs)
    model.compile(optimizer="adam", loss="mse")
    told = Epochs()
    timer = tf.keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda _epoch, _logs: told.begin(),
        on_epoch_end=lambda _epoch, _logs: told.end(),
    )
    model.fit(noisy, clean, batch_size=BATCH_SIZE, epochs=epochs, verbose=0, callbacks=[timer])
    return told


def denoiser_of_peu(images: int, epochs: int) -> Epochs:
    """Train the same network as `Denoiser` does, without validation images."""
    from peu.autoencoders.denoiser_training import train_denoiser
    from peu.autoencoders.noise import read_noise
    from peu.networks.denoisers import build_denoiser
    from peu.networks.objective import mean_of
    from peu.networks.precision import choose_precision
    from peu.networks.training_settings import TrainingSettings

    training = TrainingSettings(epochs=epochs, batch_size=BATCH_SIZE)
    pixels = load(images)
    precision = choose_precision("auto")
    network = build_denoiser(mean=mean_of(pixels), seed=SEED, precision=precision)
    told = Epochs()

    def mark(_stage: str, done: int, _total: int) -> None:
        if done:
            told.end()
        else:
            told.begin()

    with on_phase(mark):
        train_denoiser(network, pixels, training, noise=read_noise(0.2), seed=SEED)
    return told


RUNS: dict[str, dict[str, Callable[[int, int], Epochs]]] = {
    "denoiser": {"sheet": denoiser_of_sheet, "peu": denoiser_of_peu},
}


def main() -> None:
    """Let the two take turns, and print a line each and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--what", choices=tuple(RUNS), default="denoiser")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--images", type=int, default=12_800)
    parser.add_argument("--part", choices=PARTS)
    options = parser.parse_args()
    if options.part:
        told = RUNS[options.what][options.part](options.images, options.epochs)
        print(json.dumps({"seconds": told.seconds, "processor": told.processor}))
        return
    found: dict[str, list[dict[str, list[float]]]] = {part: [] for part in PARTS}
    for number in range(options.rounds):
        for part in PARTS:
            command = [sys.executable, __file__, "--what", options.what, "--part", part]
            command += ["--epochs", str(options.epochs), "--images", str(options.images)]
            output = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ).stdout
            found[part].append(json.loads(output.decode().splitlines()[-1]))
            print(f"round {number + 1}, {part}: {found[part][-1]}", flush=True)
    ratios = {}
    for clock in ("seconds", "processor"):
        sheet, own = (
            float(np.median([s for result in found[part] for s in result[clock][1:]]))
            for part in PARTS
        )
        ratios[clock] = sheet / own
        print(f"{clock} of an epoch, median: sheet {sheet:.2f}, peu {own:.2f}")
    print(
        f"peu is {ratios['seconds']:.2f} times as fast as the sheet's code "
        f"({ratios['processor']:.2f} by the processor's time)."
    )


if __name__ == "__main__":
    main()
