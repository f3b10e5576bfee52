"""Collapse detection: does every dimension of a latent space carry information?"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.kl_weight import Spectrum
from peu.models.codes import encode_pixels
from peu.networks.backend import keras

_IMAGES = 1000
_MIN_STEPS = 200
_PATIENCE = 2


class CollapseDetection(keras.callbacks.Callback):  # type: ignore[misc]
    """Record the divergence of each dimension, and stop when a usable one stays empty.

    A dimension is empty where its mean does not move with the images (variance at most 0.01).
    Only dimensions whose component varies more than the KL weight's noise are usable; emptiness
    of the others is right.

    Args:
        encoder: a keras.Model from pixels to [code, mean, log variance].
        sampling: the `Sampling` layer that holds the KL weight.
        pixels: training images, up to 1,000 of which are encoded after every epoch.
        spectrum: of the training images.
        steps_per_epoch: training steps in an epoch.
        warm_up: epochs over which the KL weight grows; nothing is judged before.
        stop: whether to stop training at a collapse.

    Attributes:
        missing: usable dimensions that are empty after the last epoch.
        stopped_after: the epoch after which training was stopped, or None.
    """

    def __init__(
        self,
        encoder: Any,
        sampling: Any,
        pixels: NDArray[np.uint8],
        spectrum: Spectrum,
        *,
        steps_per_epoch: int,
        warm_up: float,
        stop: bool,
    ) -> None:
        super().__init__()
        self._encoder = encoder
        self._sampling = sampling
        self._pixels = pixels[:: max(1, len(pixels) // _IMAGES)][:_IMAGES]
        self._spectrum = spectrum
        self._first_epoch = max(int(np.ceil(warm_up)), -(-_MIN_STEPS // steps_per_epoch))
        self._stop = stop
        self._collapsed_epochs = 0
        self.missing = 0
        self.stopped_after: int | None = None
        self.divergences: list[NDArray[np.float64]] = []
        self.kl_weights: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's own
        """Encode images and count empty dimensions; Keras calls this."""
        codes = encode_pixels(self._encoder, self._pixels)
        kl_weight = float(keras.ops.convert_to_numpy(self._sampling.kl_weight))
        self.divergences.append(codes.kl)
        self.kl_weights.append(kl_weight)
        usable = self._spectrum.usable_dimensions(kl_weight, len(codes.active))
        self.missing = max(0, usable - int(np.count_nonzero(codes.active)))
        if epoch + 1 < self._first_epoch or not self.missing:
            self._collapsed_epochs = 0
            return
        self._collapsed_epochs += 1
        last = epoch + 1 == self.params["epochs"]
        if self._stop and (last or self._collapsed_epochs >= _PATIENCE):
            self.stopped_after = epoch + 1
            self.model.stop_training = True

    def metrics(self) -> dict[str, tuple[float, ...]]:
        """The KL weight and each dimension's divergence ("kl_1", ...) after every epoch."""
        columns = np.array(self.divergences).T.tolist()
        divergences = {f"kl_{number}": tuple(each) for number, each in enumerate(columns, start=1)}
        return {**divergences, "kl_weight": tuple(self.kl_weights)}
