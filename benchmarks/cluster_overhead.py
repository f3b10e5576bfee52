"""The same comparison without Ray and with a running Ray, on the same cores: what Ray costs.

Each runs in a process of its own with an empty cache, so that every image is decoded and described
both times, and they take turns. Without Ray the comparison shares its trials out between processes,
as the command line does. Ray is started before, and its start told apart; that its processes import
peu counts as overhead. Figures must be equal to the last digit.

Run: PEU_DATA=folder python benchmarks/cluster_overhead.py [--rounds 3] [--cores 2]
    [--recipes fisher,transfer] [--data caltech4] [--folds 5] [--repeats 2]
"""

import argparse
import hashlib
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from typing import Any

from own_ray import start_ray


def once(options: argparse.Namespace) -> None:
    """Compare in this process, and print what it took."""
    from peu.classifiers.registry import recipe_class
    from peu.comparison.compare import compare
    from peu.images.loading import load_images

    photos = load_images(options.data)
    recipes = [recipe_class(name)() for name in options.recipes.split(",")]
    begun = time.monotonic()
    runner = None if options.once == "here" else started(options.cores)
    start = time.monotonic() - begun
    ended: list[tuple[float, str]] = []
    with tempfile.TemporaryDirectory(prefix="peu-overhead-run-") as folder:
        begun = time.monotonic()
        found = compare(
            photos,
            recipes,
            folds=options.folds,
            repeats=options.repeats,
            workers=None,
            runner=runner,
            run_folder=folder,
            on_trial=lambda trial, *_: ended.append((time.monotonic() - begun, trial.recipe.name)),
        )
        seconds = time.monotonic() - begun
    figures = [
        (trial.recipe.name, trial.split.repeat, trial.split.fold, trial.probabilities.tolist())
        for trial in found.trials
    ]
    if runner is not None:
        import ray

        ray.shutdown()
    use = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    told = {
        "start": start,
        "seconds": seconds,
        "processor": sum(each.ru_utime + each.ru_stime for each in use),
        "in trials": sum(trial.seconds for trial in found.trials),
        "firsts": {name: round(at, 1) for at, name in reversed(ended)},
        "figures": hashlib.sha256(json.dumps(figures).encode()).hexdigest(),
    }
    print(json.dumps(told))


def started(cores: int) -> Any:
    """What runs trials on a cluster of this machine."""
    from peu.cluster.trials import ClusterRunner

    return ClusterRunner(start_ray(cores))


def measured(where: str) -> dict[str, Any]:
    """Compare in a process of its own, whose cache is empty."""
    command = [sys.executable, __file__, *sys.argv[1:], "--once", where]
    with tempfile.TemporaryDirectory(prefix="peu-overhead-") as cache:
        # Ray has its processes give way to all others, which this one's do not.
        environment = {**os.environ, "PEU_CACHE": cache, "RAY_worker_niceness": "0"}
        ended = subprocess.run(command, stdout=subprocess.PIPE, env=environment, check=True)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def main() -> None:
    """Print each round and the ratio of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--recipes", default="fisher,transfer")
    parser.add_argument("--data", default="caltech4")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--once", choices=("here", "there"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        once(options)
        return
    taken: dict[str, list[float]] = {"here": [], "there": []}
    starts, figures = [], set()
    for number in range(options.rounds):
        for where in ("here", "there") if number % 2 == 0 else ("there", "here"):
            found = measured(where)
            taken[where].append(found["seconds"])
            figures.add(found["figures"])
            if where == "there":
                starts.append(found["start"])
            print(
                f"round {number + 1}, {'without' if where == 'here' else 'with'} Ray: "
                f"{found['seconds']:.1f} s, {found['in trials']:.1f} s of them in trials one after "
                f"the other, {found['processor']:.1f} s of processor time; recipes' first trials "
                f"at {found['firsts']}",
                flush=True,
            )
    assert len(figures) == 1, "figures differ"
    ratio = statistics.median(taken["there"]) / statistics.median(taken["here"])
    print(
        f"With Ray {ratio:.3f} times as long, medians of {options.rounds}; figures equal to the "
        f"last digit. Ray's own start: {statistics.median(starts):.1f} s."
    )


if __name__ == "__main__":
    main()
