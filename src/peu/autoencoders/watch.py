"""What is watched while a variational auto-encoder trains: does every dimension carry something?"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.kl_weight import Spectrum
from peu.models.codes import encode_pixels
from peu.networks.backend import keras

_IMAGES = 1000
_LEAST_STEPS = 200
_PATIENCE = 2


class LatentWatch(keras.callbacks.Callback):  # type: ignore[misc]
    """Follow the divergence of each dimension, and stop when one that could be filled is empty.

    A dimension is empty where its mean does not move with the images (variance at most 0.01).
    Only dimensions whose component varies more than the kl_weight's noise are expected to
    carry something; for others emptiness is right.
    """

    def __init__(
        self,
        encoder: Any,
        sampling: Any,
        pixels: NDArray[np.uint8],
        spectrum: Spectrum,
        *,
        steps_an_epoch: int,
        warm_up: float,
        stops: bool,
    ) -> None:
        super().__init__()
        self._encoder = encoder
        self._sampling = sampling
        self._pixels = pixels[:: max(1, len(pixels) // _IMAGES)][:_IMAGES]
        self._spectrum = spectrum
        self._first_epoch = max(int(np.ceil(warm_up)), -(-_LEAST_STEPS // steps_an_epoch))
        self._stops = stops
        self._empty_for = 0
        self.missing = 0
        self.stopped_after: int | None = None
        self.divergences: list[NDArray[np.float64]] = []
        self.kl_weights: list[float] = []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:  # noqa: ARG002 - Keras's own
        """Look at a thousand images' codes; Keras calls this."""
        codes = encode_pixels(self._encoder, self._pixels)
        kl_weight = float(keras.ops.convert_to_numpy(self._sampling.kl_weight))
        self.divergences.append(codes.kl)
        self.kl_weights.append(kl_weight)
        latent = len(codes.active)
        fillable = self._spectrum.fillable(kl_weight, latent)
        self.missing = max(0, fillable - int(np.count_nonzero(codes.active)))
        if epoch + 1 < self._first_epoch or not self.missing:
            self._empty_for = 0
            return
        self._empty_for += 1
        last = epoch + 1 == self.params["epochs"]
        if self._stops and (last or self._empty_for >= _PATIENCE):
            self.stopped_after = epoch + 1
            self.model.stop_training = True

    def metrics(self) -> dict[str, tuple[float, ...]]:
        """Give the kl_weight and each dimension's divergence after every epoch."""
        rows: Sequence[NDArray[np.float64]] = self.divergences
        latent = len(rows[0]) if rows else 0
        found = {
            f"kl_{dimension + 1}": tuple(float(row[dimension]) for row in rows)
            for dimension in range(latent)
        }
        return {**found, "kl_weight": tuple(self.kl_weights)}
