"""EfficientNet-Lite's blocks as an ONNX graph, and back."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from peu.backbones.efficientnet_lite import Block, Convolution

_OPSET = 17


def lite_graph(blocks: Sequence[Block], name: str) -> Any:
    """Build the graph of EfficientNet-Lite, or of its first blocks.

    Args:
        blocks: of `read_efficientnet_lite`, at least the stem.
        name: of the graph.

    Returns:
        An `onnx.ModelProto` from uint8 pixels "pixels" (n, height, width, 3), sides multiples of
        32, to the last block's "map" (n, channels, rows, columns), float32. Weights are named as
        their convolutions are.
    """
    graph = _Graph()
    x = graph.scale("pixels")
    for block in blocks:
        before = x
        for convolution in block.convolutions:
            x = graph.convolution(x, convolution)
        if block.shortcut:
            x = graph.node("Add", [x, before])
    return graph.model(x, name, channels=len(blocks[-1].convolutions[-1].bias))


def with_weights_of(blocks: Sequence[Block], model: Any) -> tuple[Block, ...]:
    """The same blocks with the weights that a graph holds, as after fine-tuning.

    Args:
        blocks: of the same variant.
        model: an `onnx.ModelProto` that `lite_graph` began.

    Raises:
        KeyError: the graph is of another network.
        ValueError: the graph is of another variant.
    """
    from onnx import numpy_helper

    stored = {each.name: each for each in model.graph.initializer}

    def read(name: str, like: Any) -> Any:
        array = np.asarray(numpy_helper.to_array(stored[name]), np.float32)
        if array.shape != like.shape:
            raise ValueError(f"{name} must have the shape {like.shape}, not {array.shape}")
        return array

    return tuple(
        replace(
            block,
            convolutions=tuple(
                replace(
                    each,
                    weight=read(f"{each.name}.weight", each.weight),
                    bias=read(f"{each.name}.bias", each.bias),
                )
                for each in block.convolutions
            ),
        )
        for block in blocks
    )


class _Graph:
    """An ONNX graph under construction; tensors are named by numbers."""

    def __init__(self) -> None:
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def scale(self, pixels: str) -> str:
        """(x - 127) / 128, channels first."""
        x = self.node("Cast", [pixels], to=1)
        x = self.node("Sub", [x, self._constant(127, "mean")])
        x = self.node("Div", [x, self._constant(128, "deviation")])
        return self.node("Transpose", [x], perm=[0, 3, 1, 2])

    def convolution(self, x: str, convolution: Convolution) -> str:
        """A convolution, and ReLU6 where it has one."""
        side, stride = convolution.weight.shape[2], convolution.stride
        # TensorFlow's "same": of an uneven padding the larger part is below and to the right.
        total = side - stride if stride > 1 else side - 1
        before = total // 2
        found = self.node(
            "Conv",
            [
                x,
                self._constant(convolution.weight, f"{convolution.name}.weight"),
                self._constant(convolution.bias, f"{convolution.name}.bias"),
            ],
            strides=[stride, stride],
            pads=[before, before, total - before, total - before],
            group=len(convolution.bias) if convolution.depthwise else 1,
        )
        if not convolution.activate:
            return found
        name = convolution.name
        limits = [self._constant(each, f"{name}.limit{each}") for each in (0, 6)]
        return self.node("Clip", [found, *limits])

    def node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        output = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def model(self, output: str, name: str, *, channels: int) -> Any:
        """Close the graph."""
        from onnx import TensorProto, checker, helper

        pixels = helper.make_tensor_value_info(
            "pixels", TensorProto.UINT8, ["n", "height", "width", 3]
        )
        self._nodes.append(helper.make_node("Identity", [output], ["map"]))
        feature_map = helper.make_tensor_value_info(
            "map", TensorProto.FLOAT, ["n", channels, "rows", "columns"]
        )
        graph = helper.make_graph(self._nodes, name, [pixels], [feature_map], self._constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9
        )
        checker.check_model(model)
        return model

    def _constant(self, value: Any, name: str) -> str:
        from onnx import numpy_helper

        self._constants.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name
