"""Networks as LiteRT files, and such files run."""

import contextlib
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError, ResourceError
from peu.networks.backend import keras
from peu.networks.litert_settings import Precision

Pixels = NDArray[np.uint8]
Dense = Sequence[tuple[NDArray[Any], NDArray[Any]]]

Calibration = tuple[NDArray[Any], NDArray[Any]] | None

_SHORTEST = 1e-12
_LEAST = 1e-12


def network_as_litert(
    network: Any,
    precision: Precision,
    examples: Sequence[Pixels],
    calibration: Calibration = None,
) -> bytes:
    """Convert a classifier of images of one size.

    Args:
        network: a keras.Model from uint8 pixels (n, height, width, 3) to probabilities (n, k).
        precision: of the weights, and with "int8" of the arithmetic too.
        examples: (height, width, 3) each, of which "int8" learns the range of every layer.
        calibration: slopes and intercepts (k,) of the logarithms of the probabilities.

    Raises:
        BundleError: LiteRT cannot express it.
        ResourceError: Keras does not run on TensorFlow.
    """
    height, width = network.input_shape[1:3]
    return _convert(
        lambda pixels: _calibrated(network(pixels, training=False), calibration),
        (height, width),
        precision,
        examples,
    )


def windows_as_litert(
    maps: Any,
    middle: float,
    dense: Dense,
    *,
    unit_length: bool,
    precision: Precision,
    examples: Sequence[Pixels],
    calibration: Calibration = None,
) -> bytes:
    """Convert a classifier on a map's three windows, for images of any multiple of 32.

    Args:
        maps: a keras.Model from uint8 pixels (n, height, width, 3) to maps (n, rows, columns, d).
        middle: side of the third window, as a share of the map's; the second is square.
        dense: weights (d, m) and biases (m,) of each layer, with ReLU between.
        unit_length: whether features are brought to unit length first.
        precision: as in `network_as_litert`.
        examples: as in `network_as_litert`.
        calibration: as in `network_as_litert`.

    Raises:
        PeuError: as `network_as_litert`.
    """

    def answer(pixels: Any) -> Any:
        import tensorflow as tf

        found = maps(pixels, training=False)
        sides = tf.shape(found)[1:3]
        square = tf.fill([2], tf.reduce_min(sides))
        inner = tf.cast(tf.floor(tf.cast(sides, tf.float32) * middle + 0.5), tf.int32)
        means = [tf.reduce_mean(found, [1, 2])]
        for size in (square, tf.maximum(inner, 1)):
            start = tf.concat([[0], (sides - size) // 2, [0]], 0)
            window = tf.slice(found, start, tf.concat([[-1], size, [-1]], 0))
            means.append(tf.reduce_mean(window, [1, 2]))
        x = tf.add_n(means) / len(means)
        if unit_length:
            x = x / tf.maximum(tf.norm(x, axis=1, keepdims=True), _SHORTEST)
        for number, (weights, biases) in enumerate(dense):
            x = tf.nn.relu(x) if number else x
            x = tf.matmul(x, tf.constant(weights, tf.float32)) + tf.constant(biases, tf.float32)
        return _calibrated(tf.nn.softmax(x), calibration)

    return _convert(answer, (None, None), precision, examples)


def open_litert(content: bytes) -> Callable[[Pixels], NDArray[np.float64]]:
    """Open a LiteRT file.

    Returns:
        From pixels (height, width, 3) to probabilities (k,).
    """
    with _quietly():
        interpreter = _interpreter()(model_content=content)
    taken, given = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    any_size = -1 in taken["shape_signature"]

    def run(pixels: Pixels) -> NDArray[np.float64]:
        if any_size:
            interpreter.resize_tensor_input(taken["index"], (1, *pixels.shape))
        with _quietly():
            interpreter.allocate_tensors()
        interpreter.set_tensor(taken["index"], pixels[None])
        interpreter.invoke()
        return np.asarray(interpreter.get_tensor(given["index"])[0], np.float64)

    return run


def _calibrated(probabilities: Any, calibration: Calibration) -> Any:
    if calibration is None:
        return probabilities
    import tensorflow as tf

    slopes, intercepts = (tf.constant(each, tf.float32) for each in calibration)
    return tf.nn.softmax(slopes * tf.math.log(tf.maximum(probabilities, _LEAST)) + intercepts)


def _convert(
    answer: Callable[[Any], Any],
    size: tuple[int | None, int | None],
    precision: Precision,
    examples: Sequence[Pixels],
) -> bytes:
    if keras.backend.backend() != "tensorflow":
        raise ResourceError(
            f"LiteRT files are made by TensorFlow. Keras runs on {keras.backend.backend()}. Set "
            "KERAS_BACKEND=tensorflow."
        )
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants

    signature = [tf.TensorSpec((1, *size, 3), tf.uint8, name="pixels")]
    try:
        with _quietly():
            traced = tf.function(answer, input_signature=signature).get_concrete_function()
            frozen = convert_to_constants.convert_variables_to_constants_v2(traced)
            converter = tf.lite.TFLiteConverter.from_concrete_functions([frozen])
            if precision != "fp32":
                converter.optimizations = [tf.lite.Optimize.DEFAULT]
            if precision == "fp16":
                converter.target_spec.supported_types = [tf.float16]
            if precision == "int8":
                converter.representative_dataset = lambda: ([each[None]] for each in examples)
            return bytes(converter.convert())
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"The network must be one that LiteRT can express. It could not be converted: "
            f"{reason[:200]}. Export it as .onnx."
        ) from error


def _interpreter() -> Any:
    """LiteRT's own interpreter where it is installed, or that of TensorFlow."""
    try:
        from ai_edge_litert.interpreter import Interpreter
    except ModuleNotFoundError:
        import tensorflow as tf

        return tf.lite.Interpreter
    return Interpreter


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """Keep what the converter prints straight to file descriptor 2 off the terminal."""
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as hidden, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        os.dup2(hidden.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
