"""Resizing inside an ONNX graph, equal to Pillow's within a grey level."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from peu.exports.resizing import Resizing
from peu.images.proportions import LONGEST, MULTIPLE

_OPSET = 19
_CUBIC = {"mode": "cubic", "cubic_coeff_a": -0.5}
_LINEAR = {"mode": "linear"}
_INNER = "resized_pixels"


def with_resizing(model: Any, resizing: Resizing) -> Any:
    """Put resizing before a graph, so that it takes images of any size.

    Args:
        model: an `onnx.ModelProto` whose input "pixels" (n, height, width, 3) uint8 is of the
            size that `resizing` gives.
        resizing: how images are brought to that size.

    Returns:
        A model of opset 19 whose input "pixels" takes images of any size; those of one batch
        share it.
    """
    from onnx import TensorProto, checker, helper, version_converter

    found = version_converter.convert_version(model, _OPSET)
    for node in found.graph.node:
        for place, name in enumerate(node.input):
            if name == "pixels":
                node.input[place] = _INNER
    front = _Front()
    front.build(resizing)
    nodes, rest = front.nodes, list(found.graph.node)
    del found.graph.node[:]
    found.graph.node.extend([*nodes, *rest])
    found.graph.initializer.extend(front.constants)
    count = found.graph.input[0].type.tensor_type.shape.dim[0].dim_value or "n"
    del found.graph.input[:]
    found.graph.input.append(
        helper.make_tensor_value_info("pixels", TensorProto.UINT8, [count, "height", "width", 3])
    )
    checker.check_model(found)
    return found


class _Front:
    """Nodes and constants that resize "pixels"; tensors have names of their own."""

    def __init__(self) -> None:
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def build(self, resizing: Resizing) -> None:
        """Add all nodes, from "pixels" to the model's own input."""
        x = self._node("Transpose", ["pixels"], perm=[0, 3, 1, 2])
        shape = self._node("Shape", [x])
        counts = self._part(shape, 0, 2)
        sides = self._node("Cast", [self._part(shape, 2, 4)], to=11)
        goal = [resizing.height, resizing.width]
        if resizing.mode == "proportional":
            x = self._resize(x, counts, self._proportional(sides, resizing.height), _CUBIC)
        elif resizing.mode == "stretch":
            x = self._resize(x, counts, self._ints(goal), _LINEAR)
        else:
            inner = self._inside(sides, goal)
            x = self._resize(x, counts, inner, _LINEAR)
            missing = self._node("Sub", [self._ints(goal), inner])
            before = self._node("Div", [missing, self._ints([2])])
            after = self._node("Sub", [missing, before])
            none = self._ints([0, 0])
            pads = self._node("Concat", [none, before, none, after], axis=0)
            x = self._node("Pad", [x, pads], mode="edge")
        self._node("Transpose", [x], output=_INNER, perm=[0, 2, 3, 1])

    def _proportional(self, sides: str, shorter: int) -> str:
        """`peu.images.proportions.proportional_size`, in the same order of operations."""
        shortest = self._node("ReduceMin", [sides], keepdims=1)
        scale = self._node("Div", [self._doubles(shorter), shortest])
        multiples = self._node("Div", [self._node("Mul", [sides, scale]), self._doubles(MULTIPLE)])
        found = self._node("Mul", [self._node("Round", [multiples]), self._doubles(MULTIPLE)])
        found = self._node("Max", [found, self._doubles(MULTIPLE)])
        return self._node("Cast", [self._node("Min", [found, self._doubles(LONGEST)])], to=7)

    def _inside(self, sides: str, goal: Sequence[int]) -> str:
        """The largest size of the image's shape inside the goal, as `resize_image` pads it."""
        goals = self._doubles(*goal)
        scale = self._node("ReduceMin", [self._node("Div", [goals, sides])], keepdims=1)
        found = self._node("Round", [self._node("Mul", [sides, scale])])
        found = self._node("Min", [self._node("Max", [found, self._doubles(1)]), goals])
        return self._node("Cast", [found], to=7)

    def _resize(self, x: str, counts: str, size: str, kind: dict[str, Any]) -> str:
        """Resize uint8 (n, 3, h, w) across, then down, rounded after each, as Pillow does."""
        sizes = self._node("Concat", [counts, size], axis=0)
        return self._node(
            "Resize",
            [x, "", "", sizes],
            antialias=1,
            coordinate_transformation_mode="half_pixel",
            exclude_outside=1,
            **kind,
        )

    def _part(self, vector: str, start: int, end: int) -> str:
        return self._node("Slice", [vector, self._ints([start]), self._ints([end])])

    def _node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        from onnx import helper

        output = output or f"resize_{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _ints(self, values: Sequence[int]) -> str:
        return self._constant(np.array(values, np.int64))

    def _doubles(self, *values: float) -> str:
        return self._constant(np.array(values, np.float64))

    def _constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"resize_constant_{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(value, name))
        return name
