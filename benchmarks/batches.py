"""What it costs to have Python cut the batches of a training, and Keras its held-out images.

Three networks are trained each way in turn: a head on features, the sheet's network on small
images, and a dense one on digits in eight steps a call. The losses must be the same.

    python benchmarks/batches.py
"""

import argparse
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import numpy as np

from peu.networks import fit
from peu.networks.backend import keras, limit_threads
from peu.networks.training_settings import TrainingSettings

layers = keras.layers


def head() -> Any:
    """Make an MLP on 64 features."""
    return keras.Sequential(
        [layers.Input((64,)), layers.Dense(16, "relu"), layers.Dense(4, "softmax")]
    )


def small_cnn() -> Any:
    """Make the sheet's network for 64 x 64 pixels."""
    return keras.Sequential(
        [
            layers.Input((64, 64, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(128, "relu"),
            layers.Dense(4, "softmax"),
        ]
    )


def dense() -> Any:
    """Make a dense network on digits."""
    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(256, "relu"),
            layers.Dense(4, "softmax"),
        ]
    )


CASES: dict[str, tuple[Callable[[], Any], tuple[int, ...], TrainingSettings, int, bool]] = {
    "head, 108 images, 30 epochs, evaluated": (
        head, (108, 64), TrainingSettings(epochs=30), 1, True
    ),
    "sheet's network, 100 images, 15 epochs": (
        small_cnn, (100, 64, 64, 3), TrainingSettings(epochs=15), 1, False
    ),
    "dense, 8,000 digits, 5 epochs": (
        dense, (8000, 28, 28, 1), TrainingSettings(epochs=5, batch_size=64), 8, False
    ),
}  # fmt: skip


def train(name: str) -> tuple[float, float, float]:
    """Train once: seconds, seconds of processors, and the last loss."""
    make, shape, settings, steps, evaluated = CASES[name]
    generator = np.random.default_rng(0)
    inputs: Any = generator.integers(0, 256, shape).astype(np.uint8)
    if len(shape) == 2:
        inputs = (inputs / np.float32(255)).astype(np.float32)
    targets = generator.integers(0, 4, shape[0])
    keras.utils.set_random_seed(0)
    network = make()
    started, used = time.perf_counter(), time.process_time()
    history = fit.fit_network(
        network,
        inputs,
        targets,
        settings,
        seed=0,
        steps_at_once=steps,
        validation=(inputs, targets) if evaluated else None,
    )
    return (
        time.perf_counter() - started,
        time.process_time() - used,
        history.metrics["loss"][-1],
    )


def main() -> None:
    """Train each network each way in turn and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=3)
    times = parser.parse_args().times
    limit_threads(1)
    for name in CASES:
        found: dict[str, list[tuple[float, float, float]]] = {"Python": [], "TensorFlow": []}
        for _ in range(times):
            for way, runs in found.items():
                with mock.patch.object(
                    fit, "can_be_tensors", lambda *_, cut=way == "TensorFlow", **__: cut
                ):
                    runs.append(train(name))
        print(name)
        for way, runs in found.items():
            seconds, used, loss = np.median(np.array(runs), axis=0)
            print(f"  cut by {way}: {seconds:.2f} s, {used:.2f} s of processors, loss {loss:.6f}")


if __name__ == "__main__":
    main()
