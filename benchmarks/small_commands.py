"""The commands that write most, on so little that they can be broken off hundreds of times."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from peu.images.samples import draw_samples

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "compare": "compare photos --recipes hog --folds 2 --repeats 1 -o out",
        "train": "train photos --recipe hog -o out",
        "train-overwrite": "train photos --recipe hog -o out --overwrite --seed 1",
        "denoise-train": "denoise train digits.npz -o out --overwrite --epochs 8 --batch-size 12 "
        "--learning-rate 0.01",
        "vae-train": "vae train digits.npz -o out --overwrite --epochs 2 --batch-size 30",
        "lab": "lab --data photos --digits digits.npz --sections 1.1,2.1 --quick -o out "
        "--language en",
    }
)
"""What is typed after `peu`, in a folder of `prepare`; each writes to the folder `out`."""

BEFORE: Mapping[str, str] = MappingProxyType(
    {
        "train-overwrite": COMMANDS["train"],
        "denoise-train": COMMANDS["denoise-train"] + " --seed 1",
        "vae-train": COMMANDS["vae-train"] + " --seed 1",
    }
)
"""What is run first, so that there is a model to be lost."""


def prepare(folder: Path, per_class: int = 4) -> None:
    """Make the images that the commands read: `photos/` and `digits.npz`."""
    from sklearn.datasets import load_digits

    draw_samples(folder / "photos", per_class=per_class)
    digits = load_digits()
    pixels = np.rint(digits.images[:120] * (255 / 16)).astype(np.uint8)
    np.savez(folder / "digits.npz", x=pixels, y=digits.target[:120])
