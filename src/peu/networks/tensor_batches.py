"""Batches that TensorFlow cuts by itself.

Asking Python for each of them, and Keras's own way through an array, took half of the training of
a small head and a quarter of that of a small network (`benchmarks/batches.py`).
"""

from typing import Any

from numpy.typing import NDArray

from peu.networks.backend import keras
from peu.networks.batches import ShuffledBatches

# They are in memory a second time while a network is trained.
_MOST_BYTES = 256 << 20


class TensorBatches(keras.callbacks.Callback):  # type: ignore[misc]
    """The batches of `ShuffledBatches`; as a callback of the training it turns to the next epoch.

    Args:
        batches: that Python changes nothing in.

    Attributes:
        dataset: of one epoch, for Keras.
    """

    def __init__(self, batches: ShuffledBatches) -> None:
        import tensorflow as tf

        super().__init__()
        self._batches = batches
        # What is read is cut on the processor, whatever trains.
        with tf.device("CPU"):
            inputs, targets = map(tf.convert_to_tensor, (batches.inputs, batches.targets))
            self._order = order = tf.Variable(batches.order, trainable=False)
            ends = tf.convert_to_tensor(batches.ends)

        def cut(index: Any) -> tuple[Any, Any]:
            chosen = order[ends[index] : ends[index + 1]]
            return tf.gather(inputs, chosen), tf.gather(targets, chosen)

        self.dataset = _as_it_is(tf.data.Dataset.range(len(batches)).map(cut).prefetch(1))

    def on_epoch_begin(self, *_: Any) -> None:
        """Draw the order of an epoch; Keras calls this before it reads."""
        self._batches.on_epoch_end()
        self._order.assign(self._batches.order)


def can_be_tensors(*arrays: NDArray[Any]) -> bool:
    """Whether TensorFlow trains, and arrays are small enough to be in memory twice."""
    small = sum(array.nbytes for array in arrays) <= _MOST_BYTES
    return small and keras.backend.backend() == "tensorflow"


def in_order(inputs: NDArray[Any], targets: NDArray[Any], batch_size: int) -> Any:
    """Batches for an evaluation, as a `tf.data.Dataset`."""
    import tensorflow as tf

    with tf.device("CPU"):
        return _as_it_is(tf.data.Dataset.from_tensor_slices((inputs, targets)).batch(batch_size))


def _as_it_is(dataset: Any) -> Any:
    """Leave out the optimisations that TensorFlow makes each time it is read from the start."""
    import tensorflow as tf

    options = tf.data.Options()
    options.autotune.enabled = False
    options.experimental_optimization.apply_default_optimizations = False
    return dataset.with_options(options)
