"""Time and memory of a saved model's predictions: in a new process, warm, and of many images.

    python benchmarks/predicting.py model/ photos/ [--images 5000]

Many images are the folder's, named again and again in a list of paths.
"""

import argparse
import itertools
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import peu
from peu.images.finding import FoundImage, find_images

_REPEATS = 5
_WARM = 40


def main() -> None:
    """Print each figure on a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("photos")
    parser.add_argument("--images", type=int, default=5000)
    options = parser.parse_args()
    found = find_images([options.photos])
    paths = [str(each.path) for each in found if isinstance(each, FoundImage)]
    _new_process(options.model, paths[0])
    _warm(options.model, paths)
    _many(options.model, paths, options.images)


def _new_process(model: str, path: str) -> None:
    command = [sys.executable, "-m", "peu", "predict", model, path]
    spent = [
        _timed(lambda: subprocess.run(command, check=True, capture_output=True))
        for _ in range(_REPEATS)
    ]
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"one image in a new process: {_median(spent)}; {peak:.0f} MB at most")


def _warm(model: str, paths: list[str]) -> None:
    predictor = peu.load(model)
    for path in paths[:3]:
        predictor.predict(path)
    spent = [_timed(lambda path=path: predictor.predict(path)) for path in paths[:_WARM]]  # type: ignore[misc]
    print(f"one image, warm: {_median(spent)}")


def _many(model: str, paths: list[str], count: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        listed, table = Path(name) / "list.txt", Path(name) / "rows.csv"
        listed.write_text("\n".join(itertools.islice(itertools.cycle(paths), count)))
        command = [sys.executable, "-m", "peu", "predict", model, "--paths-from", str(listed)]
        partial = table.with_name("rows.partial.csv")
        before, start, first = _children(), time.perf_counter(), 0.0
        with subprocess.Popen([*command, "--csv", str(table), "--quiet"]) as process:
            while not first and process.poll() is None:
                time.sleep(0.01)
                if partial.exists() and partial.read_bytes().count(b"\n") > 1:
                    first = time.perf_counter() - start
        wall, busy = time.perf_counter() - start, _children() - before
        if process.returncode:
            raise SystemExit(process.returncode)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(
        f"{count:,} images: first row after {first:.2f} s, {count / wall:.1f} a second, "
        f"{busy / count * 1000:.1f} ms of processor time each; {peak:.0f} MB at most"
    )


def _timed(work: Callable[[], object]) -> tuple[float, float]:
    """Seconds on the clock and of processor time, of this process and its children."""
    start, busy = time.perf_counter(), _children() + time.process_time()
    work()
    return time.perf_counter() - start, _children() + time.process_time() - busy


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _median(spent: list[tuple[float, float]]) -> str:
    wall, busy = (statistics.median(each) * 1000 for each in zip(*spent, strict=True))
    return f"{wall:.0f} ms, {busy:.0f} ms of processor time"


if __name__ == "__main__":
    main()
