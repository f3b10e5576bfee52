"""The lab sheet's own variational auto-encoder against `VAE`, on the same MNIST, in turn.

The sheet's code runs in a process of its own, as a student would run it: TensorFlow as it comes,
KL weight 1. So does `VAE` with `auto`. They take turns, so that a machine that changes
its pace changes it for both; the ratio is of the medians of all epochs but each process's first,
which compiles. An epoch of either ends with the held-out images.

Run: PEU_DATA=... python benchmarks/variational.py [--rounds 2] [--epochs 4] [--images 12800]
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from phases import on_phase

SEED = 0
PARTS = ("sheet", "peu")
BATCH_SIZE = 128


def load(images: int) -> tuple[Any, Any]:
    """Give so many training images, and a sixth as many test images, as uint8."""
    with np.load(Path(os.environ["PEU_DATA"]) / "mnist.npz") as stored:
        train = stored["x_train"][:images, ..., None]
        return train, stored["x_test"][: len(train) // 6, ..., None]


def run_sheet(images: int, epochs: int) -> list[float]:
    """Train as the sheet's text has it, plainly."""
    import tensorflow as tf

    class Sampling(tf.keras.layers.Layer):  # type: ignore[misc]
        def call(self, inputs: Any) -> Any:
            mu, log_var = inputs
            epsilon = tf.random.normal(shape=tf.shape(mu))
            z = mu + tf.exp(0.5 * log_var) * epsilon
            kl = -0.5 * tf.reduce_sum(1 + log_var - tf.square(mu) - tf.exp(log_var), axis=1)
            self.add_loss(tf.reduce_mean(kl))
            return z

    layers = tf.keras.layers
    x_train, x_test = (part.astype("float32") / 255 for part in load(images))
    inputs = tf.keras.Input((28, 28, 1))
    x = layers.Conv2D(32, 3, activation="relu", padding="same")(inputs)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.Conv2D(32, 3, activation="relu", padding="same")(x)
    x = layers.MaxPooling2D(3, strides=2, padding="same")(x)
    x = layers.Dense(16, activation="relu")(layers.Flatten()(x))
    mu, log_var = layers.Dense(2, name="mu")(x), layers.Dense(2, name="log_var")(x)
    encoder = tf.keras.Model(inputs, [Sampling()([mu, log_var]), mu, log_var])
    codes = tf.keras.Input((2,))
    x = layers.Reshape((7, 7, 32))(layers.Dense(7 * 7 * 32, activation="relu")(codes))
    x = layers.Conv2DTranspose(32, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2DTranspose(16, 3, strides=2, padding="same", activation="relu")(x)
    x = layers.Conv2D(1, 3, padding="same", activation="sigmoid")(x)
    decoder = tf.keras.Model(codes, x)
    vae_inputs = tf.keras.Input((28, 28, 1))
    vae = tf.keras.Model(vae_inputs, decoder(encoder(vae_inputs)[0]), name="vae")
    vae.compile(
        optimizer=tf.keras.optimizers.Adam(learning_rate=0.001),
        loss=tf.keras.losses.MeanSquaredError(),
    )
    seconds: list[float] = []
    started = time.perf_counter()

    def mark(_epoch: int, _logs: Any) -> None:
        nonlocal started
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()

    timer = tf.keras.callbacks.LambdaCallback(on_epoch_end=mark)
    vae.fit(
        x_train,
        x_train,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        validation_data=(x_test, x_test),
        callbacks=[timer],
        verbose=0,
    )
    return seconds


def run_peu(images: int, epochs: int) -> list[float]:
    """Train the same networks with `VAE`, which finds the KL weight."""
    from peu.autoencoders.vae import VAE
    from peu.images.loading import load_images

    digits = load_images(Path(os.environ["PEU_DATA"]) / "mnist.npz")
    tested = np.array(digits.parts) == "test"
    seconds: list[float] = []
    started = time.perf_counter()

    def mark(phase: str, done: int, _total: int) -> None:
        nonlocal started
        if phase == "Training VAE" and done:
            seconds.append(time.perf_counter() - started)
        started = time.perf_counter()

    with on_phase(mark):
        VAE(epochs=epochs, batch_size=BATCH_SIZE, seed=SEED).fit(
            digits[tested | (np.cumsum(~tested) <= images)]
        )
    return seconds


def main() -> None:
    """Let the two take turns, and print a line each and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--images", type=int, default=12_800)
    parser.add_argument("--part", choices=PARTS)
    options = parser.parse_args()
    if options.part:
        run = run_sheet if options.part == "sheet" else run_peu
        print(json.dumps(run(options.images, options.epochs)))
        return
    found: dict[str, list[float]] = {part: [] for part in PARTS}
    for number in range(options.rounds):
        for part in PARTS:
            command = [sys.executable, __file__, "--part", part]
            for name in ("epochs", "images"):
                command += [f"--{name}", str(getattr(options, name))]
            output = subprocess.run(
                command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            ).stdout
            seconds = json.loads(output.decode().splitlines()[-1])
            found[part] += seconds[1:]
            print(f"round {number + 1}, {part}: {[round(each, 2) for each in seconds]}", flush=True)
    medians = {part: float(np.median(each)) for part, each in found.items()}
    print(json.dumps({"median_epoch_seconds": medians}))
    print(f"VAE is {medians['sheet'] / medians['peu']:.2f} times as fast as the sheet's.")


if __name__ == "__main__":
    main()
