"""What follows a backbone in its ONNX graph: pooling over windows, and a classifier."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MIDDLE = 0.7
"""Side of the last pooling window, as a share of the map's."""
_LEAST = 1e-12
_AXES_ARE_INPUT = 18


def add_pooling(model: Any) -> Any:
    """Pool the map of a graph over three windows: all of it, its central square, 70 % a side.

    Args:
        model: an `onnx.ModelProto` whose only output is a map (n, channels, rows, columns).

    Returns:
        The model with a second output, "features" (n, channels); the first stays for heat maps.
    """
    from onnx import TensorProto, helper

    builder = _Builder(model)
    feature_map = model.graph.output[0].name
    channels = model.graph.output[0].type.tensor_type.shape.dim[1].dim_value
    sides = builder.node("Slice", [builder.node("Shape", [feature_map]), *builder.ints([2], [4])])
    square = builder.node("ReduceMin", [sides], keepdims=1)
    square = builder.node("Concat", [square, square], axis=0)
    share = builder.floats(MIDDLE)
    # Rounded half away from zero, and never to nothing, as by NumPy for these sizes.
    middle = builder.node("Mul", [builder.node("Cast", [sides], to=TensorProto.FLOAT), share])
    middle = builder.node("Floor", [builder.node("Add", [middle, builder.floats(0.5)])])
    middle = builder.node("Max", [middle, builder.floats(1.0)])
    middle = builder.node("Cast", [middle], to=TensorProto.INT64)
    means = [builder.node("ReduceMean", [feature_map], axes=[2, 3], keepdims=0)]
    for size in (square, middle):
        start = builder.node("Div", [builder.node("Sub", [sides, size]), *builder.ints([2])])
        end = builder.node("Add", [start, size])
        window = builder.node("Slice", [feature_map, start, end, *builder.ints([2, 3])])
        means.append(builder.node("ReduceMean", [window], axes=[2, 3], keepdims=0))
    builder.node("Mean", means, output="features")
    features = helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", channels])
    model.graph.output.append(features)
    return model


def window_weights(rows: int, columns: int) -> NDArray[np.float32]:
    """What each place of a map counts in the pooling of `add_pooling`.

    Args:
        rows: of the map.
        columns: of the map.

    Returns:
        (rows, columns), all above 0, summing to 1.
    """
    square = (min(rows, columns),) * 2
    middle = tuple(max(1, int(side * np.float32(MIDDLE) + 0.5)) for side in (rows, columns))
    weights = np.full((rows, columns), 1 / (rows * columns))
    for high, wide in (square, middle):
        top, left = (rows - high) // 2, (columns - wide) // 2
        weights[top : top + high, left : left + wide] += 1 / (high * wide)
    return np.asarray(weights / 3, np.float32)


@dataclass(frozen=True, eq=False)
class Layers:
    """A classifier of features: dense layers with ReLU between, and a softmax.

    Attributes:
        dense: weights (d, m) and biases (m,) of each layer.
        unit_length: whether features are brought to unit length first.
    """

    dense: tuple[tuple[NDArray[Any], NDArray[Any]], ...]
    unit_length: bool

    @property
    def parameters(self) -> int:
        """Numbers in all layers."""
        return sum(weights.size + biases.size for weights, biases in self.dense)

    def predict_proba(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Probabilities (n, k) for features (n, d)."""
        x = features.astype(np.float64)
        if self.unit_length:
            x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), _LEAST)
        for number, (weights, biases) in enumerate(self.dense):
            x = (np.maximum(x, 0) if number else x) @ weights + biases
        shifted = np.exp(x - x.max(axis=1, keepdims=True)) if len(x) else x
        return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))


def add_classifier(model: Any, layers: Layers, metadata: dict[str, Any]) -> Any:
    """Put a classifier behind "features".

    Args:
        model: with the output "features" (n, d), as of `add_pooling`.
        layers: of the classifier.
        metadata: class names and settings, kept in the file as JSON.

    Returns:
        A copy with the outputs "probabilities" (n, k), "features" (n, d) and, where the model has
        one, "map".
    """
    import onnx
    from onnx import TensorProto, checker, helper

    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    builder = _Builder(copy)
    x = "features"
    if layers.unit_length:
        length = builder.length(x)
        length = builder.node("Max", [length, builder.floats(_LEAST)])
        x = builder.node("Div", [x, length])
    for number, (weights, biases) in enumerate(layers.dense):
        if number:
            x = builder.node("Relu", [x])
        x = builder.node("Gemm", [x, builder.array(weights), builder.array(biases)])
    builder.node("Softmax", [x], output="probabilities", axis=1)
    outputs = {each.name: each for each in copy.graph.output}
    del copy.graph.output[:]
    class_count = len(layers.dense[-1][1])
    copy.graph.output.append(
        helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["n", class_count])
    )
    kept = [outputs[name] for name in ("map", "features") if name in outputs]
    copy.graph.output.extend(kept)
    del copy.metadata_props[:]
    for name, value in metadata.items():
        entry = copy.metadata_props.add()
        entry.key, entry.value = name, json.dumps(value, sort_keys=True, ensure_ascii=False)
    checker.check_model(copy)
    return copy


class _Builder:
    """Appends nodes and constants to a graph under fresh names."""

    def __init__(self, model: Any) -> None:
        self._graph = model.graph
        self._opset = next(each.version for each in model.opset_import if not each.domain)

    def length(self, x: str) -> str:
        """Euclidean length of each row, (n, 1)."""
        # Since opset 18 the axes are an input.
        if self._opset >= _AXES_ARE_INPUT:
            return self.node("ReduceL2", [x, *self.ints([1])], keepdims=1)
        return self.node("ReduceL2", [x], axes=[1], keepdims=1)

    def node(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"p{len(self._graph.node)}"
        self._graph.node.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def array(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"k{len(self._graph.initializer)}"
        array = np.asarray(value)
        kind = np.int64 if np.issubdtype(array.dtype, np.integer) else np.float32
        self._graph.initializer.append(numpy_helper.from_array(array.astype(kind), name))
        return name

    def ints(self, *values: Sequence[int]) -> list[str]:
        return [self.array(np.array(each, np.int64)) for each in values]

    def floats(self, value: float) -> str:
        return self.array(np.float32(value))
