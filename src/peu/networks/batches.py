"""Batches in an order that the seed alone decides, whichever backend trains."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.seeds import child_seed

Prepare = Callable[[NDArray[Any], np.random.Generator], NDArray[Any]]
"""Turns the inputs of one batch into what the network is shown, noise added for one."""


class ShuffledBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """Batches of all images once per epoch, in an order drawn from the seed for each epoch.

    Keras's own shuffling draws from global state; this draws from the seed alone, so that two
    trainings in one process do not change each other.

    Args:
        inputs: (n, ...).
        targets: (n,) whole numbers, (n, k) shares of each class, or whatever else is learnt.
        batch_size: images in a batch; the last may be smaller.
        seed: of the order, of what is blended, and of what `prepare` draws.
        even: make all batches alike in size instead, as batch normalisation wants them.
        mixup: blend every image of a batch with another one and their targets, which must be
            shares, in proportions drawn from Beta(mixup, mixup); 0 blends nothing.
        prepare: changes the inputs of each batch, as noise does.

    Attributes:
        inputs: as given.
        targets: as given.
        order: (n,) positions of the images in this epoch.
        ends: where each batch begins in the order, and the last one ends.

    Source: Zhang et al. (2018), "mixup: beyond empirical risk minimization", equation 2.
    """

    def __init__(
        self,
        inputs: NDArray[Any],
        targets: NDArray[Any],
        batch_size: int,
        *,
        seed: int,
        even: bool = False,
        mixup: float = 0.0,
        prepare: Prepare | None = None,
    ) -> None:
        super().__init__(workers=1, use_multiprocessing=False)
        self.inputs = inputs
        self.targets = targets
        self._seed = seed
        self._mixup = mixup
        self._prepare = prepare
        self._epoch = 0
        count = len(inputs)
        batches = math.ceil(count / batch_size)
        if even:
            sizes = [len(part) for part in np.array_split(np.arange(count), batches)]
        else:
            sizes = [batch_size] * (batches - 1) + [count - batch_size * (batches - 1)]
        self.ends = np.cumsum([0, *sizes])
        self._draw_order()

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, index: int) -> tuple[NDArray[Any], NDArray[Any]]:
        chosen = self.order[self.ends[index] : self.ends[index + 1]]
        inputs, targets = self.inputs[chosen], self.targets[chosen]
        if self._prepare is not None:
            drawn = np.random.default_rng((self._seed, self._epoch, index))
            inputs = self._prepare(inputs, drawn)
        if not self._mixup:
            return inputs, targets
        generator = np.random.default_rng(child_seed(self._seed, "mixup", self._epoch, index))
        partner = generator.permutation(len(chosen))
        share = generator.beta(self._mixup, self._mixup, len(chosen)).astype(np.float32)
        return blend(inputs, partner, share), blend(targets, partner, share)

    @property
    def unchanged(self) -> bool:
        """Whether batches are the images as they were given, neither prepared nor blended."""
        return self._prepare is None and not self._mixup

    def on_epoch_end(self) -> None:
        """Draw the next epoch's order; Keras calls this."""
        self._epoch += 1
        self._draw_order()

    def release(self) -> None:
        """Let go of the images after training.

        TensorFlow keeps whatever generator it has once read for as long as the process lives
        (`_py_funcs_used_in_graph` of its `script_ops`), and so the images of every training.
        """
        self.inputs, self.targets = self.inputs[:0].copy(), self.targets[:0].copy()
        self.order, self._prepare = np.empty(0, np.int64), None

    def _draw_order(self) -> None:
        generator = np.random.default_rng(child_seed(self._seed, "order", self._epoch))
        self.order = generator.permutation(len(self.inputs))


def blend(
    rows: NDArray[Any], partner: NDArray[np.int64], share: NDArray[np.float32]
) -> NDArray[Any]:
    """Mix each row with another one.

    Args:
        rows: (n, ...); whole numbers stay whole.
        partner: (n,) the row that each is mixed with.
        share: (n,) how much of itself each keeps, in [0, 1].

    Returns:
        Rows of the same shape and dtype.
    """
    weight = share.reshape(-1, *[1] * (rows.ndim - 1))
    mixed: NDArray[Any] = weight * rows + (1 - weight) * rows[partner]
    if np.issubdtype(rows.dtype, np.integer):
        mixed = np.rint(mixed)
    return np.asarray(mixed, rows.dtype)
