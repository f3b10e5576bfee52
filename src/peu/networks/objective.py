"""What a training minimises: the cross-entropy of classes, or the error of images."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.networks.choices import ImageLoss

_ABSOLUTE_SHARE = 0.1


@dataclass(frozen=True, eq=False, kw_only=True)
class Objective:
    """The loss of a training, its metrics and its baseline.

    Attributes:
        loss: what Keras minimises.
        metrics: builds what is told beside the loss, anew for each training.
        encode: turns the targets of the training into what the loss takes.
        baseline: the loss of one who has learnt nothing: a network that does no better has
            failed, and one that does ten times worse diverges.
    """

    loss: Any
    metrics: Callable[[], list[Any]]
    baseline: float
    encode: Callable[[NDArray[Any]], NDArray[Any]] = lambda targets: targets


def class_objective(
    class_count: int, *, soft: bool = False, label_smoothing: float = 0.0
) -> Objective:
    """Cross-entropy of classes, with accuracy as a metric.

    Args:
        class_count: classes to tell apart.
        soft: give every class a share of each target, as smoothing and blending need.
        label_smoothing: share of each target that is spread over all classes.
    """
    if not soft:
        return Objective(
            loss=keras.losses.SparseCategoricalCrossentropy(),
            metrics=lambda: ["accuracy"],
            baseline=math.log(class_count),
        )
    return Objective(
        loss=keras.losses.CategoricalCrossentropy(label_smoothing=label_smoothing),
        metrics=lambda: ["accuracy"],
        baseline=math.log(class_count),
        encode=lambda classes: np.eye(class_count, dtype=np.float32)[classes],
    )


def image_objective(
    pixels: NDArray[np.uint8], *, loss: ImageLoss = "mse", with_error: bool = False
) -> Objective:
    """Reconstruction error of images, in intensities from 0 to 1.

    The targets of the training are pixels of 0 to 255, the network's outputs intensities.
    Whoever has learnt nothing answers with one even grey: the mean of all pixels, or for the
    absolute error their median.

    Args:
        pixels: (n, height, width, channels) of the training images.
        loss: how far an image is from another.
        with_error: tell the error as "mse" beside the loss, for a network that adds to its loss.
    """
    return Objective(
        loss=_LOSSES[loss],
        metrics=lambda: (
            [keras.metrics.MeanMetricWrapper(squared_error, name="mse")] if with_error else []
        ),
        baseline=_GUESSING[loss](pixels),
    )


def squared_error(targets: Any, outputs: Any) -> Any:
    """Mean squared error of each image (n,), pixels against intensities."""
    error = keras.ops.cast(targets, "float32") / 255 - keras.ops.cast(outputs, "float32")
    return keras.ops.mean(keras.ops.square(error), axis=(1, 2, 3))


def absolute_error(targets: Any, outputs: Any) -> Any:
    """Mean absolute error of each image (n,), pixels against intensities."""
    error = keras.ops.cast(targets, "float32") / 255 - keras.ops.cast(outputs, "float32")
    return keras.ops.mean(keras.ops.abs(error), axis=(1, 2, 3))


def mixed_error(targets: Any, outputs: Any) -> Any:
    """Mean squared error of each image (n,) plus a tenth of the absolute one.

    Near the truth the squared error asks for little: a grey of 1 or 2 in 100 is left where
    nothing should be, which structural similarity sees. The absolute error goes on asking.

    Source: Zhao, Gallo, Frosio and Kautz (2017), Loss functions for image restoration with
    neural networks, IEEE Transactions on Computational Imaging 3(1), who mix others.
    """
    return squared_error(targets, outputs) + _ABSOLUTE_SHARE * absolute_error(targets, outputs)


def cross_entropy(targets: Any, outputs: Any) -> Any:
    """Mean binary cross-entropy of each image (n,), in nats per value.

    Intensities are taken as probabilities; the least that it can be is above 0 where an image
    has greys.
    """
    wanted = keras.ops.cast(targets, "float32") / 255
    each = keras.ops.binary_crossentropy(wanted, keras.ops.cast(outputs, "float32"))
    return keras.ops.mean(each, axis=(1, 2, 3))


def variance_of(pixels: NDArray[np.uint8]) -> float:
    """Variance of all intensities: the squared error of the best constant image."""
    values, shares = _shares(pixels)
    return float(shares @ (values - shares @ values) ** 2)


def mean_of(pixels: NDArray[np.uint8]) -> float:
    """Mean intensity of all pixels, in [0, 1]."""
    return float(pixels.mean(dtype=np.float64) / 255)


def deviation_of(pixels: NDArray[np.uint8]) -> float:
    """Mean distance of all intensities from their median: the least of a constant image."""
    values, shares = _shares(pixels)
    median = values[int(np.searchsorted(shares.cumsum(), 0.5))]
    return float(shares @ np.abs(values - median))


def mixture_of(pixels: NDArray[np.uint8]) -> float:
    """Mixed error of the best constant image among 256 greys."""
    values, shares = _shares(pixels)
    distances = np.abs(values - values[:, None])
    return float(((distances**2 + _ABSOLUTE_SHARE * distances) @ shares).min())


def entropy_of(pixels: NDArray[np.uint8]) -> float:
    """Cross-entropy of the best constant image, the mean, in nats per value."""
    mean = mean_of(pixels)
    return -sum(share * math.log(share) for share in (mean, 1 - mean) if share > 0)


def _shares(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts = np.bincount(pixels.ravel(), minlength=256).astype(np.float64)
    return np.arange(256) / 255, counts / counts.sum()


_LOSSES = {
    "mse": squared_error,
    "mae": absolute_error,
    "mixed": mixed_error,
    "binary_crossentropy": cross_entropy,
}
_GUESSING = {
    "mse": variance_of,
    "mae": deviation_of,
    "mixed": mixture_of,
    "binary_crossentropy": entropy_of,
}
