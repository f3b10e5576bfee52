"""A pretrained network as a small file, for models that have no features of their own."""

import functools
import json
from typing import Any

import numpy as np

from peu.backbones.onnx_features import onnx_features
from peu.models.feature_graph import FeatureGraph

_LEAST_SAVED = 1000
BACKBONE, SHORTER_SIDE = "efficientnet-lite0", 224


@functools.lru_cache(maxsize=1)
def small_features() -> FeatureGraph:
    """EfficientNet-Lite0 from images to features, its weights in half precision: 7 MB.

    Raises:
        BundleError: its weights are damaged.
        ResourceError: its weights package is not installed.
    """
    features = onnx_features(BACKBONE, SHORTER_SIDE)
    model = in_half_precision(features.graph)
    kept = [each for each in model.graph.output if each.name == "features"]
    del model.graph.output[:]
    model.graph.output.extend(kept)
    for name, value in (
        ("shorter_side", SHORTER_SIDE),
        ("identity", f"{features.identity}:float16"),
    ):
        entry = model.metadata_props.add()
        entry.key, entry.value = name, json.dumps(value)
    content: bytes = model.SerializeToString()
    return FeatureGraph(content)


def in_half_precision(model: Any) -> Any:
    """A copy of a graph that keeps its large weights in 16 bits and computes in 32.

    Args:
        model: an `onnx.ModelProto`.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    casts = []
    for tensor in copy.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < _LEAST_SAVED:
            continue
        name, short = tensor.name, f"{tensor.name}.half"
        tensor.CopyFrom(
            numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float16), short)
        )
        casts.append(helper.make_node("Cast", [short], [name], to=TensorProto.FLOAT))
    nodes = list(copy.graph.node)
    del copy.graph.node[:]
    copy.graph.node.extend([*casts, *nodes])
    return copy
