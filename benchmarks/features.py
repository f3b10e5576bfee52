"""How fast a frozen backbone's features come: computed the first time, and from the cache.

Run: PEU_DATA=... python benchmarks/features.py
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np

from peu.data.dataset import load_dataset
from peu.recipes.frozen import FrozenFeatures
from peu.strategies.frozen import extract_features

DATA = Path(os.environ["PEU_DATA"])
RECIPE = FrozenFeatures(
    backbone=str(DATA / "weights" / "mobilenet_1_0_224_pw12.keras"), backbone_preprocessing="tf"
)


def main() -> None:
    """Print pictures a second, three times afresh and three times from the cache."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(3):
            os.environ["PEU_CACHE"] = f"{folder}/{number}"
            dataset = load_dataset(DATA / "caltech4")
            dataset.pixels(np.arange(len(dataset)), (224, 224), RECIPE.fit)
            for place in ("computed", "from the cache"):
                started = time.perf_counter()
                _, features = extract_features(RECIPE, dataset)
                seconds = time.perf_counter() - started
                rate = len(features) / seconds
                print(f"{place}: {features.shape} in {seconds:.2f} s, {rate:.0f} a second")


if __name__ == "__main__":
    main()
