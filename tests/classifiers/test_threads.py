"""The number of threads decides how long a recipe takes, and no digit of what it learns."""

from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from onnx_files import convolution, written
from peu.classifiers.base import ImageClassifier
from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.classifiers.transfer import Transfer
from peu.images import workers
from peu.images.dataset import ImageDataset
from peu.models import onnx_session
from small_set import fit_half, halves


@pytest.fixture(params=["hog", "fisher", "transfer"])
def recipe(request: pytest.FixtureRequest, tmp_path: Path) -> ImageClassifier:
    if request.param == "hog":
        return HogSVM(image_size=(32, 32))
    if request.param == "fisher":
        return FisherVectors(
            image_size=(48, 48), scales=(1.0, 2.0), radius=5, components=16, dimensions=24
        )
    network = written(convolution("s"), tmp_path)
    return Transfer(backbone=str(network), backbone_preprocessing="tf", image_size=(64, 64))


def test_no_digit_depends_on_the_number_of_threads(
    recipe: ImageClassifier,
    dataset: ImageDataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = []
    for threads in (1, 3):
        # What was computed with other threads must not come out of the cache.
        monkeypatch.setenv("PEU_CACHE", str(tmp_path / f"cache-{threads}"))
        monkeypatch.setattr(workers, "THREADS", threads)
        monkeypatch.setattr(onnx_session, "cores", lambda threads=threads: threads)
        with threadpool_limits(threads):
            found.append(fit_half(recipe, dataset).predict_proba(halves(dataset)[1]))
    np.testing.assert_array_equal(found[0], found[1])
