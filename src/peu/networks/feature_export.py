"""Pretrained Keras networks as ONNX graphs, which then need no TensorFlow."""

import logging
from typing import Any

import numpy as np

from peu.errors import BundleError, ResourceError
from peu.networks.backbone_sources import BackboneSource
from peu.networks.backend import keras
from peu.networks.feature_extractor import load_extractor
from peu.networks.pretrained_settings import Pooling

_OPSET = 17
_TOLERANCE = 1e-4
_EXAMPLES = 4


def export_features(
    source: BackboneSource, image_size: tuple[int, int] | None, pooling: Pooling
) -> bytes:
    """Export a pretrained network with its preprocessing and pooling.

    Args:
        source: of `find_backbone`.
        image_size: (height, width), or None for what the network was trained on.
        pooling: "average" or "flatten".

    Returns:
        An ONNX file from uint8 "pixels" (n, height, width, 3) to "features" (n, d), and to the
        "map" (n, c, rows, columns) that was pooled, where there is one. Its metadata says how
        many parameters Keras counts.

    Raises:
        BundleError: ONNX cannot express the network, or answers otherwise than Keras.
        PeuError: as `peu.networks.backbones.load_backbone`.
        ResourceError: the exporter is not installed, or Keras runs on another backend.
    """
    convert = _exporter()
    extractor = load_extractor(source, image_size, pooling)
    feature_map = extractor.network.get_layer("feature_map").output
    outputs = {"features": extractor.network.output}
    if len(feature_map.shape) == 4:
        outputs["map"] = keras.ops.transpose(feature_map, (0, 3, 1, 2))
    network = keras.Model(extractor.network.input, outputs)
    try:
        model = convert(network)
        entry = model.metadata_props.add()
        entry.key, entry.value = "parameters", str(extractor.parameters)
        content = bytes(model.SerializeToString())
        difference = _difference(content, extractor.network)
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BundleError(
            f"`{source.name}` must be a network that ONNX can express. It could not be exported: "
            f"{reason[:200].rstrip('.')}. Choose another backbone."
        ) from error
    if not difference <= _TOLERANCE:
        raise BundleError(
            f"`{source.name}` must answer alike in ONNX and Keras, within {_TOLERANCE:g} of its "
            f"largest feature. It differs by {difference:.2g}. Choose another backbone."
        )
    return content


def _exporter() -> Any:
    """A function from a keras.Model to an `onnx.ModelProto`."""
    if keras.backend.backend() != "tensorflow":
        raise ResourceError(
            "A Keras backbone is exported to ONNX through TensorFlow. Keras runs on "
            f"{keras.backend.backend()}. Set KERAS_BACKEND=tensorflow, once."
        )
    import tensorflow as tf

    try:
        import tf2onnx
    except ModuleNotFoundError as error:
        raise ResourceError(
            "A Keras backbone is exported to ONNX by tf2onnx, which is not installed. Run: pip "
            "install 'peu[tensorflow]'"
        ) from error
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)

    def convert(network: Any) -> Any:
        signature = [tf.TensorSpec((None, *network.input_shape[1:]), tf.uint8, name="pixels")]
        answer = tf.function(lambda pixels: network(pixels, training=False), signature)
        return tf2onnx.convert.from_function(answer, signature, opset=_OPSET)[0]

    return convert


def _difference(content: bytes, network: Any) -> float:
    """How far the export is from Keras on a few drawn images, as a share of the largest feature."""
    import onnxruntime

    generator = np.random.default_rng(0)
    blots = generator.integers(0, 256, (_EXAMPLES, 8, 8, 3), dtype=np.uint8)
    rows, columns = (np.arange(side) * 8 // side for side in network.input_shape[1:3])
    pixels = np.ascontiguousarray(blots[:, rows][:, :, columns])
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    (found,) = session.run(["features"], {"pixels": pixels})
    expected = keras.ops.convert_to_numpy(network(pixels, training=False))
    return float(np.abs(found - expected).max() / max(1.0, float(np.abs(expected).max())))
