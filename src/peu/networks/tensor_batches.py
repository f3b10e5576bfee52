"""Batches that TensorFlow cuts by itself.

Asking Python for each of them, and Keras's own way through an array, took more than half of the
training of a small head (`benchmarks/batches.py`).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.networks.batches import ShuffledBatches

# They are in memory a second time while a network is trained.
_MOST_BYTES = 256 << 20


class TensorBatches(keras.callbacks.Callback):  # type: ignore[misc]
    """The batches of `ShuffledBatches`; a callback of the training that reads them, too.

    Args:
        batches: that Python changes nothing in.
        epochs: that will be read.
    """

    def __init__(self, batches: ShuffledBatches, epochs: int) -> None:
        import tensorflow as tf

        super().__init__()
        self._count, self._epochs = len(batches), epochs
        orders = []
        for _ in range(epochs):
            batches.on_epoch_end()
            orders.append(batches.order)
        # What is read is cut on the processor, whatever trains.
        with tf.device("CPU"):
            self._inputs, self._targets, self._orders, self._ends = map(
                tf.convert_to_tensor,
                (batches.inputs, batches.targets, np.stack(orders), batches.ends),
            )
            self._epoch = tf.Variable(0, dtype=tf.int64, trainable=False)

    def all_epochs(self) -> Any:
        """The batches of all epochs, as a `tf.data.Dataset` that has to be read from once."""
        import tensorflow as tf

        every = tf.data.Dataset.range(self._epochs * self._count)
        cut = every.map(lambda step: self._cut(step // self._count, step % self._count))
        # Without an end, Keras does not begin it anew after each epoch.
        return _unoptimised(cut.prefetch(1).repeat())

    def this_epoch(self) -> Any:
        """The batches of the epoch that Keras has begun, as a `tf.data.Dataset` that ends."""
        import tensorflow as tf

        indices = tf.data.Dataset.range(self._count)
        return _unoptimised(indices.map(lambda index: self._cut(self._epoch, index)).prefetch(1))

    def on_epoch_begin(self, epoch: int, *_: Any) -> None:
        """Turn to an epoch; Keras calls this before it reads."""
        self._epoch.assign(epoch)

    def _cut(self, epoch: Any, index: Any) -> tuple[Any, Any]:
        import tensorflow as tf

        chosen = self._orders[epoch][self._ends[index] : self._ends[index + 1]]
        return tf.gather(self._inputs, chosen), tf.gather(self._targets, chosen)


def can_be_tensors(*arrays: NDArray[Any], orders: int = 0) -> bool:
    """Whether TensorFlow trains, and arrays are small enough to be in memory twice.

    Args:
        arrays: that are copied.
        orders: positions that are drawn beforehand, over all epochs.
    """
    count = sum(array.nbytes for array in arrays) + 8 * orders
    return count <= _MOST_BYTES and keras.backend.backend() == "tensorflow"


def in_order(inputs: NDArray[Any], targets: NDArray[Any], batch_size: int) -> Any:
    """Batches for an evaluation, as a `tf.data.Dataset`."""
    import tensorflow as tf

    with tf.device("CPU"):
        return _unoptimised(tf.data.Dataset.from_tensor_slices((inputs, targets)).batch(batch_size))


def _unoptimised(dataset: Any) -> Any:
    """Leave out the optimisations that TensorFlow makes each time it is read from the start."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.with_options(options)
