"""Trained networks as ONNX graphs that answer as they do."""

import logging
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError, ResourceError
from peu.networks.backend import keras

EXAMPLES = 16
_OPSET = 17
_TOLERANCE = 1e-4


def check_exporter() -> None:
    """Refuse to begin where a trained network could not be saved.

    Raises:
        ResourceError: the exporter is not installed, or Keras runs on another backend.
    """
    backend = keras.backend.backend()
    if backend != "tensorflow":
        raise ResourceError(
            f"A network is saved through TensorFlow. Keras runs on {backend}. Set "
            "KERAS_BACKEND=tensorflow."
        )
    if find_spec("tf2onnx") is None:
        raise ResourceError(
            "A network is saved as ONNX by tf2onnx, which is not installed. Run: pip install "
            "tf2onnx"
        )


def to_onnx(network: Any, examples: NDArray[np.uint8]) -> bytes:
    """Export a classifier, and check that it answers as the network does.

    Args:
        network: a keras.Model from uint8 pixels (n, height, width, 3) to probabilities (n, k).
        examples: (m, height, width, 3), images to compare the answers on.

    Returns:
        An ONNX file: input "pixels", output "probabilities".

    Raises:
        BundleError: the graph cannot be exported, or answers otherwise.
        ResourceError: as `check_exporter`.
    """
    import onnxruntime

    check_exporter()
    try:
        content = _convert(network)
        session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        (found,) = session.run(["probabilities"], {"pixels": examples})
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"The network must be one that ONNX can express. It could not be exported: "
            f"{reason[:200]}. Choose another backbone."
        ) from error
    expected = keras.ops.convert_to_numpy(network(examples, training=False))
    difference = float(np.nan_to_num(np.abs(found - expected), nan=np.inf).max())
    if difference > _TOLERANCE:
        raise BundleError(
            f"The exported network must answer as the trained one does, within {_TOLERANCE:g}. On "
            f"{len(examples)} images it differs by up to {difference:.2g}. The model was not "
            "saved. Train with precision float32, or choose another backbone."
        )
    return content


def drawn_examples(image_size: tuple[int, int]) -> NDArray[np.uint8]:
    """Random blots (16, height, width, 3), for a network whose training images are not known."""
    generator = np.random.default_rng(0)
    coarse = generator.integers(0, 256, (EXAMPLES, 8, 8, 3), dtype=np.uint8)
    height, width = image_size
    rows, columns = (np.arange(side) * 8 // side for side in (height, width))
    return np.ascontiguousarray(coarse[:, rows][:, :, columns])


def _convert(network: Any) -> bytes:
    import tensorflow as tf
    import tf2onnx

    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)
    signature = [tf.TensorSpec((None, *network.input_shape[1:]), tf.uint8, name="pixels")]
    answer: Callable[[Any], Any] = tf.function(
        lambda pixels: {"probabilities": network(pixels, training=False)},
        input_signature=signature,
    )
    model, _ = tf2onnx.convert.from_function(answer, input_signature=signature, opset=_OPSET)
    return bytes(model.SerializeToString())
