"""Running a network on many inputs, in bounded memory."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras

Outputs = tuple[NDArray[np.float32], ...]


def run_in_batches(network: Any, inputs: NDArray[Any], batch_size: int = 128) -> Outputs:
    """Run a network in inference mode, a batch at a time.

    Args:
        network: a keras.Model.
        inputs: (n, ...) of what it takes; n may be 0.
        batch_size: inputs at a time; it bounds the memory.

    Returns:
        One array (n, ...) for each output.
    """
    if len(inputs) == 0:
        # TensorFlow's convolutions refuse an empty batch.
        one = np.zeros((1, *inputs.shape[1:]), inputs.dtype)
        return tuple(each[:0] for each in run_in_batches(network, one))
    batches = [
        [
            keras.ops.convert_to_numpy(output).astype(np.float32)
            for output in keras.tree.flatten(
                network(inputs[start : start + batch_size], training=False)
            )
        ]
        for start in range(0, len(inputs), batch_size)
    ]
    return tuple(np.concatenate(parts) for parts in zip(*batches, strict=True))
