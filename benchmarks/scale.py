"""Time and peak memory of `peu describe`, `compare` and `predict` as images become many.

    python benchmarks/scale.py                                  # 500, 2,000 and 20,000 images
    python benchmarks/scale.py --counts 20000,200000 --commands predict --recipe hog --accept-all

Images are drawn, 64 x 64, a few hundred of them; each file carries a number of its own, so that no
two have the same hash and nothing is decoded only once. Each command runs in a process of its own
with a cache of its own. Times are of the processor, user and system, which other programs on the
machine disturb less than the clock; memory is the most that the process, or a child, had at once.
"""

import argparse
import io
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

_CLASSES = ("accordion", "anchor", "barrel", "binocular")
_DRAWN = 400
_A_FOLDER = 1000


def _drawn(count: int, side: int) -> list[bytes]:
    """JPEGs of blots on a ground of the class's colour, class after class."""
    generator = np.random.default_rng(0)
    found = []
    for number in range(count):
        small = generator.integers(0, 160, (6, 6, 3))
        small[..., number % 3] += 30 * (number % len(_CLASSES))
        image = Image.fromarray(small.astype(np.uint8))
        stream = io.BytesIO()
        image.resize((side, side), Image.Resampling.BICUBIC).save(stream, "JPEG", quality=85)
        found.append(stream.getvalue())
    return found


def write_images(root: Path, count: int, side: int = 64) -> Path:
    """Write so many different JPEGs into folders of the classes.

    Args:
        root: is made.
        count: of images, shared out evenly.
        side: in pixels.
    """
    drawn = _drawn(_DRAWN, side)
    for number in range(count):
        label = number % len(_CLASSES)
        folder = root / _CLASSES[label] / f"{number // _A_FOLDER:03d}"
        folder.mkdir(parents=True, exist_ok=True)
        comment = f"{number}".encode()
        head = b"\xff\xd8\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        content = drawn[number % _DRAWN]
        (folder / f"{number:06d}.jpg").write_bytes(head + content[2:])
    return root


def measured(arguments: list[str], cache: Path) -> tuple[int, float, float, float, str]:
    """Run a command: its exit code, seconds of processor and clock, peak MB and last line."""
    environment = {**os.environ, "PEU_CACHE": str(cache)}
    started = time.monotonic()
    with tempfile.TemporaryFile() as told:
        process = subprocess.Popen(
            [sys.executable, "-m", "peu", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=told,
            env=environment,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        told.seek(0)
        lines = told.read().decode("utf-8", "replace").splitlines()
    seconds = usage.ru_utime + usage.ru_stime
    unit = 1 if sys.platform == "darwin" else 1024
    last = lines[-1] if lines and process.returncode else ""
    return (
        process.returncode,
        seconds,
        time.monotonic() - started,
        usage.ru_maxrss * unit / 1e6,
        last,
    )


def _commands(
    photos: Path, model: Path, chosen: list[str], recipe: str, more: list[str]
) -> Iterator[tuple[str, list[str]]]:
    runs = photos.parent / "runs"
    every = {
        "describe": ["describe", str(photos), "--quiet"],
        "predict": ["predict", str(model), str(photos), "--quiet", *more],
        "compare": ["compare", str(photos), "--recipes", recipe, "--quick", "--quiet"],
    }
    every["compare"] += ["-o", str(runs)]
    for name in chosen:
        yield name, every[name]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--counts", default="500,2000,20000")
    parser.add_argument("--commands", default="describe,predict,compare")
    parser.add_argument("--recipe", default="transfer", help="of the model, and what is compared")
    parser.add_argument(
        "--accept-all", action="store_true", help="predict without features of the small network"
    )
    given = parser.parse_args()
    more = ["--accept-all"] if given.accept_all else []
    print("| command | images | code | processor, s | ms an image | clock, s | peak, MB | |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory(prefix="peu-scale-") as name:
        root = Path(name)
        few = write_images(root / "few", 48)
        train = ["train", str(few), "--recipe", given.recipe, "-o", str(root / "model"), "--quiet"]
        code, *_, said = measured(train, root / "cache")
        if code:
            sys.exit(said)
        for count in map(int, given.counts.split(",")):
            photos = write_images(root / str(count) / "photos", count)
            chosen = given.commands.split(",")
            for command, words in _commands(photos, root / "model", chosen, given.recipe, more):
                code, spent, clock, peak, said = measured(words, root / str(count) / "cache")
                print(
                    f"| {command} | {count:,} | {code} | {spent:.1f} | {1000 * spent / count:.2f} "
                    f"| {clock:.0f} | {peak:.0f} | {said[:160]} |",
                    flush=True,
                )


if __name__ == "__main__":
    main()
