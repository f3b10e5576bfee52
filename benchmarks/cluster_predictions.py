"""Predictions of many small images on a cluster against `peu predict`, on the same cores.

Both predict the same images in turn, each in a process of its own. What counts is images a second
from the first rows to the last: what starts before takes as long for ten images as for ten million,
and is told apart (processes of the cluster; Ray itself is started before). Memory is looked at all
the time (`watched_memory.py`), and the most of each fifth of the way is told: what is bounded does
not grow from fifth to fifth. At last a prediction on a cluster is killed some times (SIGKILL, Ray
included) and gone on with; every image must be in the files once.

Run on Linux: python benchmarks/cluster_predictions.py [--images 100000] [--rounds 2] [--recipe hog]
    [--cores 2] [--kills 2]
"""

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from own_ray import start_ray
from peu.progress import showing
from scale import write_images
from watched_memory import MemoryWatch


def main() -> None:
    """Print images a second of each round, their ratio, memory, and what kills left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--recipe", default="hog")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--kills", type=int, default=2)
    parser.add_argument("--once", nargs=3, metavar=("WHERE", "WORK", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.once:
        where, work, out = options.once
        print(json.dumps(once(where, Path(work), Path(out), options.cores)))
        return
    os.environ.update(RAY_worker_niceness="0")
    with tempfile.TemporaryDirectory(prefix="peu-predictions-") as name:
        work = Path(name)
        prepare(work, options.recipe, options.images)
        speeds: dict[str, list[float]] = {"predict": [], "cluster": []}
        for number in range(options.rounds):
            for where in ("predict", "cluster") if number % 2 == 0 else ("cluster", "predict"):
                told = measured(where, work, work / f"out{number}")
                speeds[where].append(told["speed"])
                memory = "; ".join(f"{what} {most}" for what, most in told["memory"].items())
                print(
                    f"{where}: {told['rows']:,} of {options.images:,} images, first rows after "
                    f"{told['start']:.1f} s, then {told['speed']:.0f} a second; MB by fifths of "
                    f"the way: {memory}",
                    flush=True,
                )
        plain, cluster = (statistics.median(each) for each in speeds.values())
        print(f"cluster / predict, medians of {options.rounds}: {cluster / plain:.2f}", flush=True)
        if options.kills:
            killed(work, options.images, options.kills)


def prepare(work: Path, recipe: str, images: int) -> None:
    """Write the images and a model that has learnt from a few."""
    from peu.classifiers.registry import recipe_class
    from peu.images.loading import load_images

    learnt = load_images(write_images(work / "few", 48))
    recipe_class(recipe)().fit(learnt).save(work / "model")
    write_images(work / "photos", images)


def measured(where: str, work: Path, out: Path) -> dict[str, Any]:
    """Predict in a process of its own."""
    command = [sys.executable, __file__, *sys.argv[1:], "--once", where, str(work), str(out)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def once(where: str, work: Path, out: Path, cores: int) -> dict[str, Any]:
    """Predict: rows, seconds to the first, rows a second from then on, and memory."""
    model, photos = work / "model", work / "photos"
    with MemoryWatch(fifths=5) as watch, showing(watch):
        if where == "predict":
            rows, begun = plainly(model, photos)
        else:
            rows, begun = on_cluster(model, photos, out, cores)
    (first, at), (last, ended) = watch.first or watch.last, watch.last
    speed = (last - first) / (ended - at)
    return {"rows": rows, "start": at - begun, "speed": speed, "memory": watch.megabytes()}


def plainly(model: Path, photos: Path) -> tuple[int, float]:
    """Predict as `peu predict` does: rows, and when it began."""
    from peu.images.finding import find_images
    from peu.models.saved import load
    from peu.models.streaming import predict_stream
    from peu.progress import report

    predictor = load(model)
    total = sum(1 for _ in find_images([str(photos)]))
    begun = time.monotonic()
    rows = 0
    for rows, _ in enumerate(predict_stream(predictor, find_images([str(photos)])), start=1):
        report("Predicting", rows, total)
    return rows, begun


def on_cluster(model: Path, photos: Path, out: Path, cores: int) -> tuple[int, float]:
    """Predict on a cluster of this machine: rows, and when it began."""
    from peu.cluster.prediction import predict_on_cluster

    ray = start_ray(cores)
    try:
        begun = time.monotonic()
        return predict_on_cluster(model, [str(photos)], out).rows, begun
    finally:
        ray.shutdown()


def killed(work: Path, count: int, kills: int) -> None:
    """Break a prediction off at even shares of the way, and go on."""
    import pyarrow.parquet as pq

    out = work / "broken"
    command: list[Any] = [sys.executable, "-m", "peu", "predict", work / "model", work / "photos"]
    command += ["--cluster", "auto", "--parquet", out, "--quiet"]

    def written() -> int:
        return sum(pq.read_metadata(part).num_rows for part in out.glob("part-*.parquet"))

    for number in range(kills):
        process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL)
        while process.poll() is None and written() < count * (number + 1) / (kills + 1):
            time.sleep(0.2)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        how = "killed" if process.returncode < 0 else f"ended by itself ({process.returncode})"
        print(f"{how} with {written():,} rows written", flush=True)
    subprocess.run(command, check=True)
    paths = [
        path for part in out.glob("part-*") for path in pq.read_table(part)["path"].to_pylist()
    ]
    print(f"{len(paths):,} rows of {len(set(paths)):,} images; expected {count:,}")


if __name__ == "__main__":
    main()
