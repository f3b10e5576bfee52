"""Flip single bits in files of every kind that peu writes: what is read from them then?

Each must be noticed (an error, or computed again) or harmless (the same is read), never another
figure or name. The pages and pictures that people look at are not read by peu, and not tried.

Run: PYTHONPATH=tests python benchmarks/bit_flips.py [--flips 2000] [--seed 0]
"""

import argparse
import os
import tempfile
from pathlib import Path

from flipped_bits import flip, kinds_of_files
from peu.images.loading import load_images
from peu.images.samples import draw_samples


def main() -> None:
    """Flip bits, and print a line for each kind of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--flips", type=int, default=2000, help="in all")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        os.environ["PEU_CACHE"] = str(folder / "cache")
        images = load_images(draw_samples(folder / "drawn", per_class=4))
        kinds = list(kinds_of_files(images, folder / "written"))
        each = -(-options.flips // len(kinds))
        for kind in kinds:
            found = flip(kind, each, options.seed)
            print(f"{kind.name}: {each} flips; {dict(found)}", flush=True)


if __name__ == "__main__":
    main()
