"""What a trial's model is asked beyond its predictions: why it erred, and how long it takes."""

import contextlib
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.images.dataset import ImageDataset
from peu.images.splits import Split
from peu.models.onnx_model import OnnxModel
from peu.models.predictor import Predictor

_EXPLAINED = 2
_EXPLAINED_AT_ONCE = 6
"""Where the network itself draws a heat map, that takes as long as a prediction."""
_TIMED = 4
_asked: ContextVar[bool] = ContextVar("asked", default=True)


@dataclass(frozen=True)
class Explanation:
    """A heat map of a wrongly predicted image, for the predicted class.

    Attributes:
        image: its index in the dataset.
        heatmap: coarse grid, rows of values in [0, 1].
        method: "Grad-CAM", "class activation map" or "occlusion".
    """

    image: int
    heatmap: tuple[tuple[float, ...], ...]
    method: str


@contextlib.contextmanager
def without_explanations() -> Iterator[None]:
    """Make no heat maps of errors meanwhile, which take longer than a quick recipe itself.

    Predictions are not timed either. Processes that train networks side by side still do both.
    """
    token = _asked.set(False)
    try:
        yield
    finally:
        _asked.reset(token)


def explain_errors(
    predictor: Callable[[], Predictor],
    test: ImageDataset,
    split: Split,
    probabilities: NDArray[np.float64],
) -> tuple[Explanation, ...]:
    """Heat maps of the images that were most confidently wrong.

    Args:
        predictor: gives the fitted model; asked only where there is something to explain.
        test: the test images.
        split: that they are of.
        probabilities: (m, k) predicted for them.
    """
    predicted = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(predicted != test.labels)
    if len(wrong) == 0 or not _asked.get():
        return ()
    sureness = probabilities[wrong, predicted[wrong]]
    model = predictor()
    most = _EXPLAINED_AT_ONCE if isinstance(model.model, OnnxModel) else _EXPLAINED
    worst = wrong[np.argsort(-sureness, kind="stable")][:most]
    return tuple(
        Explanation(
            image=int(split.test[at]),
            heatmap=_coarse(heatmap.values),
            method=heatmap.method,
        )
        for at in worst
        for heatmap in [model.explain(test.read(int(at)), model.class_names[predicted[at]])]
    )


def seconds_per_image(
    predictor: Callable[[], Predictor], test: ImageDataset, split: Split
) -> float | None:
    """How long the model takes for one image of several, decoded: from pixels to probabilities.

    A trial's own predictions do not tell, because features come from the cache.

    Args:
        predictor: gives the fitted model.
        test: the test images; the first few are predicted, after a first time to warm up.
        split: that they are of. One trial of a recipe is enough: the first fold's.

    Returns:
        None for another fold.
    """
    if split.repeat or split.fold or not _asked.get():
        return None
    images = [test.read(at) for at in range(min(_TIMED, len(test)))]
    model = predictor()
    model.predict_proba(images)
    started = time.perf_counter()
    model.predict_proba(images)
    return (time.perf_counter() - started) / len(images)


def _coarse(values: NDArray[np.float64], side: int = 14) -> tuple[tuple[float, ...], ...]:
    """Average a map down to at most `side` rows and columns, to keep trial files small."""
    for axis in (0, 1):
        parts = np.array_split(values, min(side, values.shape[axis]), axis=axis)
        values = np.stack([part.mean(axis=axis) for part in parts], axis=axis)
    scaled = values / (values.max() or 1.0)
    return tuple(tuple(round(float(each), 3) for each in row) for row in scaled)
