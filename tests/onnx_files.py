"""Small ONNX files of every form that a backbone or a saved model may have."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from onnx import TensorProto, helper, numpy_helper


def onnx_model(
    nodes: Sequence[Any],
    shape: Sequence[int | str],
    outputs: Sequence[str],
    constants: dict[str, Any] | None = None,
    *,
    kind: int = TensorProto.FLOAT,
    output_kind: int | None = None,
    opset: int = 17,
) -> Any:
    """A model from "x" of a shape to outputs of any."""
    graph = helper.make_graph(
        list(nodes),
        "backbone",
        [helper.make_tensor_value_info("x", kind, list(shape))],
        [helper.make_tensor_value_info(name, output_kind or kind, None) for name in outputs],
        [numpy_helper.from_array(np.asarray(v), name) for name, v in (constants or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)


def same(shape: Sequence[int | str], **options: Any) -> Any:
    """A model that gives its input back."""
    return onnx_model([helper.make_node("Identity", ["x"], ["y"])], shape, ["y"], **options)


def convolution(side: int | str = 32, *, opset: int = 17) -> Any:
    """A model of one drawn convolution with ReLU, (n, 3, side, side) to (n, 6, ., .)."""
    weight = np.random.default_rng(0).normal(0, 0.2, (6, 3, 5, 5)).astype(np.float32)
    nodes = [
        helper.make_node("Conv", ["x", "w"], ["c"], strides=[4, 4]),
        helper.make_node("Relu", ["c"], ["y"]),
    ]
    return onnx_model(nodes, ["n", 3, side, side], ["y"], {"w": weight}, opset=opset)


def written(model: Any, folder: Path, name: str = "backbone.onnx") -> Path:
    """The path of a model's file."""
    path = folder / name
    path.write_bytes(model.SerializeToString())
    return path


def classifier(side: int | str = "s", **metadata: Any) -> bytes:
    """A saved model of two classes: two maps whose means are features and scores.

    Args:
        side: of the images that it takes; a name lets it take any.
        metadata: instead of what it says of itself; None leaves an entry out.
    """
    nodes = [
        helper.make_node("Cast", ["pixels"], ["f"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["f"], ["t"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["t", "w"], ["map"], strides=[8, 8]),
        helper.make_node("ReduceMean", ["map"], ["features"], axes=[2, 3], keepdims=0),
        helper.make_node("Softmax", ["features"], ["probabilities"], axis=1),
    ]
    weights = np.random.default_rng(0).normal(0, 0.01, (2, 3, 8, 8)).astype(np.float32)
    float32, value = TensorProto.FLOAT, helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "classifier",
        [value("pixels", TensorProto.UINT8, ["n", side, side, 3])],
        [
            value("probabilities", float32, ["n", 2]),
            value("map", float32, ["n", 2, None, None]),
            value("features", float32, ["n", 2]),
        ],
        [numpy_helper.from_array(weights, "w")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    told = {
        "class_names": ["cat", "dog"],
        "shorter_side": 64,
        "class_weights": [[1, 0], [0, 1]],
        "identity": "drawn",
    }
    for name, stored in (told | metadata).items():
        if stored is not None:
            entry = model.metadata_props.add()
            entry.key, entry.value = name, json.dumps(stored)
    return bytes(model.SerializeToString())
