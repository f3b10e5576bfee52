"""How fast a frozen backbone's features come: computed the first time, and from the cache.

Run: PEU_DATA=... python benchmarks/features.py
"""

import os
import tempfile
import time
from pathlib import Path

from peu.classifiers.frozen import extract_features
from peu.images.dataset import load_dataset
from peu.recipes.frozen import Transfer

DATA = Path(os.environ["PEU_DATA"])
RECIPE = Transfer(
    backbone=str(DATA / "weights" / "mobilenet_1_0_224_pw12.keras"), backbone_preprocessing="tf"
)


def main() -> None:
    """Print images a second, three times afresh and three times from the cache."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(3):
            os.environ["PEU_CACHE"] = f"{folder}/{number}"
            dataset = load_dataset(DATA / "caltech4")
            dataset.pixels((224, 224), RECIPE.resize_mode)
            for place in ("computed", "from the cache"):
                started = time.perf_counter()
                _, features = extract_features(RECIPE, dataset)
                seconds = time.perf_counter() - started
                rate = len(features) / seconds
                print(f"{place}: {features.shape} in {seconds:.2f} s, {rate:.0f} a second")


if __name__ == "__main__":
    main()
