"""EfficientNet-Lite as a Keras network: what is trained, and what becomes LiteRT."""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from peu.networks.backend import keras

if TYPE_CHECKING:
    from peu.backbones.efficientnet_lite import Block, Convolution


def lite_network(blocks: "Sequence[Block]", image_size: tuple[int, int] | None = None) -> Any:
    """Build EfficientNet-Lite with its weights.

    Args:
        blocks: of `peu.backbones.efficientnet_lite.read_efficientnet_lite`.
        image_size: (height, width), multiples of 32; None takes any.

    Returns:
        A keras.Model from uint8 pixels (n, height, width, 3) to the last block's map (n, rows,
        columns, channels), float32. It answers as the ONNX graph of the same blocks does.
    """
    pixels = keras.Input((*(image_size or (None, None)), 3), dtype="uint8", name="pixels")
    x = keras.layers.Rescaling(1 / 128, offset=-127 / 128, name="scale")(pixels)
    return keras.Model(pixels, lite_layers(x, blocks), name="efficientnet_lite")


def lite_layers(x: Any, blocks: "Sequence[Block]", mask: Any = None) -> Any:
    """Apply blocks of EfficientNet-Lite to a symbolic map.

    Args:
        x: (n, rows, columns, channels).
        blocks: the layers made of them hold their weights.
        mask: (n, rows, columns, 1), 1 where there is image and 0 beyond, for images of several
            shapes side by side: each then answers as it would alone.
    """
    for block in blocks:
        before = x
        for convolution in block.convolutions:
            if mask is not None and convolution.depthwise:
                x = keras.layers.Multiply(name=f"{convolution.name}_within")([x, mask])
            x = _convolve(x, convolution)
            if mask is not None and convolution.stride > 1:
                mask = mask[:, ::2, ::2]
        if block.shortcut:
            name = block.convolutions[0].name.partition("_")[0]
            x = keras.layers.Add(name=f"{name}_sum")([x, before])
    return x


def updated_blocks(blocks: "Sequence[Block]", network: Any) -> "tuple[Block, ...]":
    """The same blocks with the weights of a network's layers, where it has them.

    Args:
        blocks: of the whole backbone.
        network: a keras.Model, of some of these blocks.
    """
    layers = {layer.name: layer for layer in network.layers}

    def update(convolution: "Convolution") -> "Convolution":
        layer = layers.get(convolution.name)
        if layer is None:
            return convolution
        kernel, bias = layer.get_weights()
        order = (2, 3, 0, 1) if convolution.depthwise else (3, 2, 0, 1)
        weight = np.ascontiguousarray(kernel.transpose(order))
        return replace(convolution, weight=weight, bias=bias)

    return tuple(
        replace(block, convolutions=tuple(update(each) for each in block.convolutions))
        for block in blocks
    )


def _convolve(x: Any, convolution: "Convolution") -> Any:
    side, stride = convolution.weight.shape[2], convolution.stride
    options = {"strides": stride, "padding": "same", "name": convolution.name}
    if convolution.depthwise:
        layer = keras.layers.DepthwiseConv2D(side, **options)
        kernel = convolution.weight.transpose(2, 3, 0, 1)
    else:
        layer = keras.layers.Conv2D(len(convolution.bias), side, **options)
        kernel = convolution.weight.transpose(2, 3, 1, 0)
    x = layer(x)
    layer.set_weights([kernel, convolution.bias])
    if convolution.activate:
        x = keras.layers.ReLU(max_value=6, name=f"{convolution.name}_relu6")(x)
    return x
