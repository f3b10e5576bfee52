"""The sheet's network: one process with two threads, or two processes with one thread each.

They take turns. What counts is the time for both networks: an epoch of the two processes
trains two, an epoch of the one process trains one.

Run: python benchmarks/side_by_side.py [--rounds 3]
"""

import argparse
import json
import subprocess
import sys
import time

import numpy as np

from phases import on_phase

EPOCHS = 4


def train(threads: int) -> None:
    """Train on as many images as a fold of the sheet's set has, and print each epoch's time."""
    from peu.networks.backend import limit_threads

    limit_threads(threads)
    from peu.networks.fit import fit_network
    from peu.networks.small_cnn import small_cnn
    from peu.networks.training_settings import TrainingSettings

    pixels = np.random.default_rng(0).integers(0, 256, (142, 224, 224, 3), dtype=np.uint8)
    times: list[float] = []
    with on_phase(lambda *_: times.append(time.perf_counter())):
        fit_network(
            small_cnn((224, 224), 4, seed=0),
            pixels,
            np.arange(142) % 4,
            TrainingSettings(epochs=EPOCHS),
            seed=0,
        )
    print(json.dumps(np.diff(times)[1:].tolist()))


def run(processes: int, threads: int) -> list[float]:
    """Train in so many processes at once, and give the times of all epochs."""
    command = [sys.executable, __file__, "--threads", str(threads)]
    running = [
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        for _ in range(processes)
    ]
    return [second for one in running for second in json.loads(one.communicate()[0])]


def main() -> None:
    """Print each round and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()
    if options.threads:
        train(options.threads)
        return
    together: list[float] = []
    apart: list[float] = []
    for number in range(options.rounds):
        together += run(1, 2)
        apart += run(2, 1)
        print(
            f"round {number + 1}: {np.median(together):.2f} s an epoch in one process of two "
            f"threads, {np.median(apart):.2f} s in each of two processes of one thread",
            flush=True,
        )
    ratio = np.median(apart) / (2 * np.median(together))
    print(f"Two networks side by side took {ratio:.2f} times as long as one after the other.")


if __name__ == "__main__":
    main()
