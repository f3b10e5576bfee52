"""The lab sheet's own Keras code against `SmallCNN`, on the same arrays, in turn, in one run.

The sheet's code runs in a process of its own, as a student would run it: TensorFlow as it
comes. So does `SmallCNN`. They take turns, so that a machine that changes its pace changes it
for both; the ratio is of the medians of all epochs but each process's first, which compiles.

Run: PEU_DATA=... python benchmarks/sheet_cnn.py [--rounds 2] [--epochs 15]
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


def load() -> tuple[Any, Any, Any, Any]:
    """The sheet's 70/30 split of its four classes as uint8 arrays."""
    from peu.images.loading import load_images
    from peu.images.splits import make_holdout

    dataset = load_images(Path(os.environ["PEU_DATA"]) / "caltech4")
    split = make_holdout(dataset, seed=SEED)
    if dataset.labels is None:
        raise SystemExit("caltech4 has no labels.")
    pixels = dataset.pixels((224, 224), "stretch")
    return (
        pixels[split.train],
        dataset.labels[split.train],
        pixels[split.test],
        dataset.labels[split.test],
    )


def run_sheet(arrays: Path, epochs: int) -> dict[str, Any]:
    """Train as the sheet's text has it, plainly."""
    import tensorflow as tf

    stored = np.load(arrays)
    x_train = stored["x_train"].astype("float32") / 255.0
    x_test = stored["x_test"].astype("float32") / 255.0
    y_train = tf.keras.utils.to_categorical(stored["y_train"], 4)
    y_test = tf.keras.utils.to_categorical(stored["y_test"], 4)
    layers = tf.keras.layers
    inputs = tf.keras.Input((224, 224, 3))
    x = layers.Conv2D(32, (3, 3), activation="relu", padding="same")(inputs)
    x = layers.MaxPooling2D(pool_size=(3, 3), strides=2, padding="same")(x)
    x = layers.Conv2D(64, (3, 3), activation="relu", padding="same")(x)
    x = layers.MaxPooling2D(pool_size=(3, 3), strides=2, padding="same")(x)
    x = layers.Flatten()(x)
    x = layers.Dense(100, activation="relu")(x)
    model = tf.keras.Model(inputs, layers.Dense(4, activation="softmax")(x))
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    seconds: list[float] = []
    started = time.perf_counter()

    def mark(_epoch: int, _logs: Any) -> None:
        nonlocal started
        seconds.append(time.perf_counter() - started)
        started = time.perf_counter()

    timer = tf.keras.callbacks.LambdaCallback(on_epoch_end=mark)
    model.fit(x_train, y_train, batch_size=32, epochs=epochs, verbose=0, callbacks=[timer])
    accuracy = float(model.evaluate(x_test, y_test, verbose=0)[1])
    return {"seconds": seconds, "accuracy": accuracy, "parameters": model.count_params()}


def run_peu(arrays: Path, epochs: int) -> dict[str, Any]:
    """Train the same network by `SmallCNN`."""
    from peu.networks.fit import fit_network
    from peu.networks.network_model import NetworkModel
    from peu.networks.precision import choose_precision
    from peu.networks.small_cnn import small_cnn
    from peu.networks.training_settings import TrainingSettings

    stored = np.load(arrays)
    precision = choose_precision("auto")
    network = small_cnn((224, 224), 4, seed=SEED, precision=precision)
    seconds: list[float] = []
    started = time.perf_counter()

    def mark(_stage: str, done: int, _total: int) -> None:
        nonlocal started
        if done:
            seconds.append(time.perf_counter() - started)
        started = time.perf_counter()

    with on_phase(mark):
        fit_network(
            network,
            stored["x_train"],
            stored["y_train"],
            TrainingSettings(epochs=epochs),
            seed=SEED,
        )
    answers = NetworkModel(network).predict_proba(stored["x_test"]).argmax(axis=1)
    return {
        "seconds": seconds,
        "accuracy": float(np.mean(answers == stored["y_test"])),
        "parameters": network.count_params(),
        "precision": precision,
    }


def main() -> None:
    """Let the two take turns, and print a line each and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=15)
    parser.add_argument("--part", choices=PARTS)
    parser.add_argument("--arrays", type=Path)
    options = parser.parse_args()
    if options.part:
        run = run_sheet if options.part == "sheet" else run_peu
        print(json.dumps(run(options.arrays, options.epochs)))
        return
    arrays = Path(os.environ.get("TMPDIR", "/tmp")) / f"sheet-cnn-{os.getpid()}.npz"
    x_train, y_train, x_test, y_test = load()
    np.savez(arrays, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    found: dict[str, list[dict[str, Any]]] = {part: [] for part in PARTS}
    try:
        for number in range(options.rounds):
            for part in PARTS:
                command = [sys.executable, __file__, "--part", part, "--arrays", str(arrays)]
                output = subprocess.run(
                    [*command, "--epochs", str(options.epochs)],
                    check=True,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                ).stdout
                result = json.loads(output.decode().splitlines()[-1])
                found[part].append(result)
                epoch = np.median(result["seconds"][1:])
                print(f"round {number + 1}, {part}: {epoch:.2f} s an epoch, {result}", flush=True)
    finally:
        arrays.unlink()
    medians = {
        part: float(np.median([s for result in results for s in result["seconds"][1:]]))
        for part, results in found.items()
    }
    accuracies = {part: [result["accuracy"] for result in found[part]] for part in PARTS}
    print(json.dumps({"median_epoch_seconds": medians, "test_accuracy": accuracies}))
    print(f"SmallCNN is {medians['sheet'] / medians['peu']:.2f} times as fast as the sheet's code.")


if __name__ == "__main__":
    main()
