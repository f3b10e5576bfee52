"""Features per second of the default backbone and the fast one: computed, and from the cache.

Processor time is given too, since it says more where other work runs beside.

Run: PEU_DATA=... python benchmarks/features.py
"""

import os
import tempfile
import time
from pathlib import Path

from peu.classifiers.transfer import Transfer
from peu.images.loading import load_images

DATA = Path(os.environ["PEU_DATA"])
BACKBONES = ("efficientnet-lite2", "efficientnet-lite0")


def main() -> None:
    """Print images per second, twice computed and twice from the cache."""
    with tempfile.TemporaryDirectory() as folder:
        for number in range(2):
            for backbone in BACKBONES:
                os.environ["PEU_CACHE"] = f"{folder}/{number}"
                recipe = Transfer(backbone=backbone)
                dataset = load_images(DATA / "caltech4")
                recipe.extractor()
                for place in ("computed", "from the cache"):
                    started, used = time.perf_counter(), time.process_time()
                    count = len(recipe.features(dataset))
                    seconds, used = time.perf_counter() - started, time.process_time() - used
                    print(
                        f"{backbone}, {place}: {count / seconds:.0f} a second, "
                        f"{1000 * used / count:.1f} ms of processor time each",
                        flush=True,
                    )


if __name__ == "__main__":
    main()
