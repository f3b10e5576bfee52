"""Small ONNX files of every form that a backbone may have."""

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
