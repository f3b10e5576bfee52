"""A saved classifier as one LiteRT file, for phones and small machines."""

import io
import json
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from peu.backbones.efficientnet_lite import VARIANTS, read_efficientnet_lite
from peu.backbones.head import MIDDLE, Layers
from peu.backbones.lite_graph import with_weights_of
from peu.errors import BundleError
from peu.exports.onnx_file import file_metadata, graph_of
from peu.models.onnx_model import OnnxModel
from peu.models.onnx_network import OnnxNetwork
from peu.models.predictor import Predictor
from peu.networks.litert_settings import Precision

METADATA = "metadata.json"
LABELS = "labels.txt"


def litert_file(predictor: Predictor, precision: Precision, images: Sequence[Image.Image]) -> bytes:
    """Build the LiteRT file of a classifier from the weights that it was saved with.

    Args:
        predictor: whose model is EfficientNet-Lite with a head, or a network that Keras trained.
        precision: "fp32"; "fp16" halves the file, "int8" quarters it.
        images: upright RGB, of which "int8" learns the range of every layer.

    Returns:
        The file: one image of uint8 pixels (1, height, width, 3) in, probabilities (1, k) out.
        Like other files with labels it ends in a zip archive: the metadata as JSON, and the
        class names, a line each.

    Raises:
        BundleError: a model that is no graph, or one that LiteRT cannot express.
        ResourceError: TensorFlow is not installed.
    """
    graph_of(predictor)
    content = _convert(predictor, precision, [predictor.view(image) for image in images])
    archive = io.BytesIO(content)
    with zipfile.ZipFile(archive, "a") as attached:
        metadata = {**file_metadata(predictor, "resized"), "precision": precision}
        attached.writestr(METADATA, json.dumps(metadata, sort_keys=True, ensure_ascii=False))
        attached.writestr(LABELS, "".join(f"{name}\n" for name in predictor.class_names))
    return archive.getvalue()


def _convert(predictor: Predictor, precision: Precision, examples: Sequence[Any]) -> bytes:
    model: Any = predictor.model
    if isinstance(model, OnnxModel):
        return _convert_lite(model, precision, examples, _calibration(predictor))
    from peu.networks.litert import network_as_litert
    from peu.networks.network_model import NetworkModel

    if isinstance(model, OnnxNetwork):
        model = NetworkModel.read(model.keras_file.parent)
    if not isinstance(model, NetworkModel):
        raise BundleError(
            "A LiteRT file is made of a network that Keras trained, or of EfficientNet-Lite. "
            "Received: another ONNX backbone. Export it as .onnx."
        )
    return network_as_litert(model.network, precision, examples, _calibration(predictor))


def _calibration(predictor: Predictor) -> tuple[Any, Any] | None:
    found = predictor.trust.calibration
    return None if found is None else (found.slopes, found.intercepts)


def _convert_lite(
    model: OnnxModel,
    precision: Precision,
    examples: Sequence[Any],
    calibration: tuple[Any, Any] | None,
) -> bytes:
    import onnx

    from peu.networks.efficientnet_lite import lite_network
    from peu.networks.litert import windows_as_litert

    graph = onnx.load_from_string(model.content)
    name = next((json.loads(e.value) for e in graph.metadata_props if e.key == "backbone"), None)
    if name not in VARIANTS:
        raise BundleError(
            f"The model's backbone must be one of {', '.join(VARIANTS)}. Received: {name!r}. "
            "Train it again, or export it as .onnx."
        )
    layers = _layers(graph)
    return windows_as_litert(
        lite_network(with_weights_of(read_efficientnet_lite(name), graph)),
        MIDDLE,
        layers.dense,
        unit_length=layers.unit_length,
        precision=precision,
        examples=examples,
        calibration=calibration,
    )


def _layers(graph: Any) -> Layers:
    """The classifier that `add_classifier` put behind a graph's features."""
    from onnx import numpy_helper

    stored = {each.name: each for each in graph.graph.initializer}
    dense = tuple(
        tuple(np.asarray(numpy_helper.to_array(stored[name])) for name in node.input[1:])
        for node in graph.graph.node
        if node.op_type == "Gemm"
    )
    lengths = any(node.op_type == "ReduceL2" for node in graph.graph.node)
    return Layers(tuple((weights, biases) for weights, biases in dense), unit_length=lengths)
