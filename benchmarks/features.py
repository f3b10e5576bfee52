"""Features of a pretrained network per second: computed the first time, and from the cache.

Run: PEU_DATA=... python benchmarks/features.py
"""

import os
import tempfile
import time
from pathlib import Path

from peu.classifiers.transfer import Transfer
from peu.images.loading import load_images

DATA = Path(os.environ["PEU_DATA"])
RECIPE = Transfer(
    backbone=str(DATA / "weights" / "mobilenet_1_0_224_pw12.keras"), backbone_preprocessing="tf"
)


def main() -> None:
    """Print images per second, three times computed and three times from the cache."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(3):
            os.environ["PEU_CACHE"] = f"{folder}/{number}"
            dataset = load_images(DATA / "caltech4")
            dataset.pixels((224, 224), "pad")
            for place in ("computed", "from the cache"):
                started = time.perf_counter()
                features = RECIPE.features(dataset)
                seconds = time.perf_counter() - started
                rate = len(features) / seconds
                print(f"{place}: {features.shape} in {seconds:.2f} s, {rate:.0f} a second")


if __name__ == "__main__":
    main()
