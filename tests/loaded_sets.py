"""What tests look at in a set of images, or in the refusal of one."""

from pathlib import Path

import numpy as np
import pytest

from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images


def counts(dataset: ImageDataset) -> dict[str, int]:
    assert dataset.labels is not None
    found = np.bincount(dataset.labels, minlength=len(dataset.class_names)).tolist()
    return dict(zip(dataset.class_names, found, strict=True))


def reasons(dataset: ImageDataset) -> dict[str, str]:
    return {one.path: one.reason for one in dataset.set_aside}


def refused(source: Path) -> str:
    with pytest.raises(DataError) as caught:
        load_images(source)
    assert caught.value.exit_code == 3
    assert "\n" not in str(caught.value)
    return str(caught.value)
