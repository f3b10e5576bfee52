"""Batches in an order that the seed alone decides, whichever backend trains."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.backend import keras
from peu.seeds import child_seed


class ShuffledBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Give every picture once an epoch, in an order drawn anew from the seed for each epoch.

    Keras's own shuffling draws from global state; this draws from the seed alone, so that two
    trainings in one process do not change each other.
    """

    def __init__(
        self, inputs: NDArray[Any], labels: NDArray[np.int64], batch_size: int, *, seed: int
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self._inputs = inputs
        self._labels = labels
        self._batch_size = batch_size
        self._seed = seed
        self._epoch = 0
        self._draw_order()

    def __len__(self) -> int:
        return math.ceil(len(self._inputs) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[np.int64]]:
        chosen = self._order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._inputs[chosen], self._labels[chosen]

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order; Keras calls this."""
        self._epoch += 1
        self._draw_order()

    def _draw_order(self) -> None:
        generator = np.random.default_rng(child_seed(self._seed, "order", self._epoch))
        self._order = generator.permutation(len(self._inputs))
