"""How many planted copies `peu check` finds, and how many other pairs it takes for copies.

    PEU_DATA=... python benchmarks/near_duplicates.py [--seeds 3]

30 copies are planted in a set of photos: re-encoded, at 60 %, mirrored, and cropped by 10 %, in
turn. Crops take a tenth off one side, off two sides, or off all four. `thumbnails` is what splits
go by.
"""

import argparse
import io
import os
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from peu.checks.near_duplicates import near_duplicate_groups
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images

ANIMALS = ("crab", "crayfish", "crocodile", "hedgehog", "lobster", "scorpion")
KINDS = ("re-encoded", "at 60 %", "mirrored", "cropped, one side", "cropped, two sides",
         "cropped, all sides")  # fmt: skip
PLANTED = 30


def copy_of(image: Image.Image, kind: str) -> Image.Image:
    """A copy of an image, changed in one way."""
    width, height = image.size
    right, below = round(0.9 * width), round(0.9 * height)
    boxes = {
        "cropped, one side": (width - right, 0, width, height),
        "cropped, two sides": (0, height - below, right, height),
        "cropped, all sides": (width - right, height - below, right, below),
    }
    if kind in boxes:
        return image.crop(boxes[kind])
    if kind == "mirrored":
        return ImageOps.mirror(image)
    if kind == "at 60 %":
        return image.resize((round(0.6 * width), round(0.6 * height)), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=60)
    return Image.open(stream).convert("RGB")


def plant(images: ImageDataset, folder: Path, seed: int) -> dict[str, tuple[str, str]]:
    """Copy a set and plant 30 copies; return kind and original of each by its key."""
    planted = {}
    for record in images.records:
        (folder / record.key).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(record.path, folder / record.key)
    chosen = np.random.default_rng(seed).choice(len(images), PLANTED, replace=False)
    for number, at in enumerate(chosen.tolist()):
        kind = KINDS[number % len(KINDS)]
        key = f"{Path(images.keys[at]).parent.as_posix()}/planted_{number}.jpg"
        copy_of(images.read(at), kind).save(folder / key, quality=90)
        planted[key] = (kind, images.keys[at])
    return planted


def found(
    images: ImageDataset, groups: NDArray[np.int64], planted: dict[str, tuple[str, str]]
) -> list[str]:
    """The planted copies that share a group with their original."""
    group = dict(zip(images.keys, groups.tolist(), strict=True))
    return [key for key, (_, original) in planted.items() if group[key] == group[original]]


def other_pairs(
    images: ImageDataset, groups: NDArray[np.int64], planted: dict[str, tuple[str, str]]
) -> list[list[str]]:
    """Groups of images that are not copies of one another by what was planted."""
    original = {key: planted[key][1] if key in planted else key for key in images.keys}
    listed = []
    for group in np.unique(groups):
        keys = sorted({original[images.keys[at]] for at in np.flatnonzero(groups == group)})
        if len(keys) > 1:
            listed.append(keys)
    return listed


def main() -> None:
    """Print what was found in two sets, by kind."""
    options = argparse.ArgumentParser()
    options.add_argument("--seeds", type=int, default=3)
    seeds = options.parse_args().seeds
    data = Path(os.environ["PEU_DATA"])
    rest = load_images(data / "caltech-rest")
    sets = {"caltech4": load_images(data / "caltech4"), "animals": rest[np.isin(rest.y, ANIMALS)]}
    for name, images in sets.items():
        for seed in range(seeds):
            with tempfile.TemporaryDirectory() as folder:
                planted = plant(images, Path(folder), seed)
                grown = load_images(folder)
                started = time.process_time()
                thumbnails = found(grown, grown.groups, planted)
                middle = time.process_time()
                groups = near_duplicate_groups(grown)
                seconds = time.process_time() - middle
            hits = found(grown, groups, planted)
            missed = [planted[key][0] for key in planted if key not in hits]
            others = other_pairs(grown, groups, planted)
            pairs = sum(len(each) * (len(each) - 1) // 2 for each in others)
            print(
                f"{name}, seed {seed}: {len(hits)} of {PLANTED} found (missed: {missed}), "
                f"{pairs} other pairs of {len(images) * (len(images) - 1) // 2:,} "
                f"({pairs / (len(images) * (len(images) - 1) / 2):.4%}); thumbnails "
                f"{len(thumbnails)}; {seconds:.1f} s and {middle - started:.1f} s of processor "
                f"time for {len(grown)} images",
                flush=True,
            )
            if seed == 0:
                print("  others:", others)


if __name__ == "__main__":
    main()
