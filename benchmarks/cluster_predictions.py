"""Predictions of many small images on a cluster against `peu predict`, on the same cores.

Both predict the same images in turn, a few times. What counts is images a second from the first
row to the last, since starting Ray takes as long for ten images as for ten million: Ray is started
before, and the plain prediction's model is loaded before. Memory is the most that the command and
one process of the cluster held. At last a prediction on a cluster is killed twice (SIGKILL, Ray
included) and gone on with; every image must be in the files once.

Run: python benchmarks/cluster_predictions.py [--images 100000] [--rounds 2] [--recipe hog]
    [--cores 2] [--kills 2]
"""

import argparse
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from peu.classifiers.registry import recipe_class
from peu.cluster.connection import prepare_ray
from peu.images.finding import find_images
from peu.images.loading import load_images
from peu.models.saved import load
from peu.models.streaming import predict_stream
from scale import write_images


def main() -> None:
    """Print images a second of each round, their ratio, and what kills left."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--recipe", default="hog")
    parser.add_argument("--cores", type=int, default=2)
    parser.add_argument("--kills", type=int, default=2)
    options = parser.parse_args()
    os.environ.update(RAY_worker_niceness="0")
    with tempfile.TemporaryDirectory(prefix="peu-predictions-") as name:
        work = Path(name)
        learnt = load_images(write_images(work / "few", 48))
        recipe_class(options.recipe)().fit(learnt).save(work / "model")
        photos = write_images(work / "photos", options.images)
        ratios = []
        for number in range(options.rounds):
            here, plain = plainly(work / "model", photos)
            there, cluster = on_cluster(
                work / "model", photos, work / f"out{number}", options.cores
            )
            ratios.append(plain / cluster)
            print(
                f"{options.images:,} images: predict {options.images / plain:.0f} a second, "
                f"cluster {options.images / cluster:.0f}, ratio {ratios[-1]:.2f}; "
                f"rows {here:,} and {there:,}",
                flush=True,
            )
        print(f"ratio, median of {options.rounds}: {statistics.median(ratios):.2f}")
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"most memory of the command: {peak:.0f} MB", flush=True)
        if options.kills:
            killed(work, photos, options.images, options.kills)


def plainly(model: Path, photos: Path) -> tuple[int, float]:
    """Predict as `peu predict` does: rows and seconds."""
    predictor = load(model)
    begun = time.perf_counter()
    rows = sum(1 for _ in predict_stream(predictor, find_images([str(photos)])))
    return rows, time.perf_counter() - begun


def on_cluster(model: Path, photos: Path, out: Path, cores: int) -> tuple[int, float]:
    """Predict on a cluster of this machine: rows and seconds."""
    from peu.cluster.prediction import predict_on_cluster

    ray = prepare_ray()
    ray.init(
        address="local",
        num_cpus=cores,
        include_dashboard=False,
        log_to_driver=False,
        logging_level="ERROR",
    )
    try:
        begun = time.perf_counter()
        written = predict_on_cluster(model, [str(photos)], out)
        return written.rows, time.perf_counter() - begun
    finally:
        ray.shutdown()


def killed(work: Path, photos: Path, count: int, kills: int) -> None:
    """Break a prediction off, and go on."""
    import pyarrow.parquet as pq

    out = work / "broken"
    command: list[Any] = [sys.executable, "-m", "peu", "predict", work / "model", photos]
    command += ["--cluster", "auto", "--parquet", out, "--quiet"]
    for number in range(kills):
        process = subprocess.Popen(command, start_new_session=True)
        while process.poll() is None and len(list(out.glob("part-*"))) < 2 * (number + 1):
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        rows = sum(pq.read_metadata(part).num_rows for part in out.glob("part-*"))
        print(f"killed with {rows:,} rows written", flush=True)
    subprocess.run(command, check=True)
    paths = [
        path for part in out.glob("part-*") for path in pq.read_table(part)["path"].to_pylist()
    ]
    print(f"{len(paths):,} rows of {len(set(paths)):,} images; expected {count:,}")


if __name__ == "__main__":
    main()
