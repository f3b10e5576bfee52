"""Parameter counts by calculation, layer by layer, to check a network's own count."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.vae import VAE
from peu.classifiers.small_cnn import SmallCNN


@dataclass(frozen=True)
class LayerCount:
    """Parameters of one layer.

    Attributes:
        layer: its kind and size, the same in every language.
        output: shape of its output, (height, width, channels) or (units,).
        formula: the calculation.
        parameters: its result.
    """

    layer: str
    output: tuple[int, ...]
    formula: str = "0"
    parameters: int = 0

    @property
    def multiplications(self) -> int:
        """Multiplications for one image: each weight once a place of the output."""
        places = self.output[0] * self.output[1] if len(self.output) == 3 else 1
        return places * (self.parameters - self.output[-1] if self.parameters else 0)


@dataclass(frozen=True)
class ParameterCount:
    """Parameters of a network, by calculation and as Keras displays them.

    Attributes:
        layers: the calculation.
        displayed: weights and biases of the network as it was built.
    """

    layers: tuple[LayerCount, ...]
    displayed: int

    @property
    def calculated(self) -> int:
        """Sum of the layers."""
        return sum(layer.parameters for layer in self.layers)


def convolution(
    output: tuple[int, int], kernel: int, ins: int, outs: int, *, layer: str = "Conv2D"
) -> LayerCount:
    """Count a convolution, transposed or not: a weight for every pair of channels and place."""
    return LayerCount(
        f"{layer} {outs}",
        (*output, outs),
        f"({kernel} × {kernel} × {ins} + 1) × {outs}",
        (kernel * kernel * ins + 1) * outs,
    )


def dense(layer: str, ins: int, outs: int) -> LayerCount:
    """Count a dense layer: a weight for every pair, and a bias for every unit."""
    return LayerCount(layer, (outs,), f"({ins} + 1) × {outs}", (ins + 1) * outs)


def count_small_cnn(recipe: SmallCNN, n_classes: int) -> tuple[LayerCount, ...]:
    """Layers of the sheet's network of section 1.2, without batch normalisation."""
    rows = _convolutions_and_poolings(
        recipe.filters, recipe.image_size, 3, recipe.kernel_size, recipe.pool_strides
    )
    flat = math.prod(rows[-1].output)
    return (
        *rows,
        LayerCount("Flatten", (flat,)),
        dense(f"Dense {recipe.dense_units}", flat, recipe.dense_units),
        dense(f"Dense {n_classes}", recipe.dense_units, n_classes),
    )


def count_denoiser(
    recipe: Denoiser, size: tuple[int, int], channels: int
) -> tuple[LayerCount, ...]:
    """Layers of the sheet's denoiser of section 2.2."""
    rows = _convolutions_and_poolings(recipe.widths, size, channels)
    rows += _transposed_convolutions(tuple(reversed(recipe.widths)), rows[-1].output)
    height, width, ins = rows[-1].output
    return (*rows, convolution((height, width), 3, ins, channels))


def count_encoder(recipe: VAE, size: tuple[int, int], channels: int) -> tuple[LayerCount, ...]:
    """Layers of the encoder of section 3.1."""
    rows = _convolutions_and_poolings(recipe.filters, size, channels)
    flat = math.prod(rows[-1].output)
    return (
        *rows,
        LayerCount("Flatten", (flat,)),
        dense(f"Dense {recipe.dense_units}", flat, recipe.dense_units),
        dense("mu", recipe.dense_units, recipe.latent_dim),
        dense("log_var", recipe.dense_units, recipe.latent_dim),
        LayerCount("Sampling", (recipe.latent_dim,)),
    )


def count_decoder(recipe: VAE, size: tuple[int, int], channels: int) -> tuple[LayerCount, ...]:
    """Layers of the decoder of section 3.2."""
    factor = 2 ** len(recipe.filters)
    height, width = (math.ceil(side / factor) for side in size)
    ins = recipe.filters[-1]
    rows = [
        dense(f"Dense {height} × {width} × {ins}", recipe.latent_dim, height * width * ins),
        LayerCount("Reshape", (height, width, ins)),
    ]
    rows += _transposed_convolutions(recipe.decoder_filters, rows[-1].output)
    return (*rows, convolution(size, 3, rows[-1].output[-1], channels))


def _convolutions_and_poolings(
    filters: Sequence[int], size: tuple[int, int], ins: int, kernel: int = 3, strides: int = 2
) -> list[LayerCount]:
    (height, width), rows = size, list[LayerCount]()
    for outs in filters:
        rows.append(convolution((height, width), kernel, ins, outs))
        height, width = math.ceil(height / strides), math.ceil(width / strides)
        rows.append(LayerCount("MaxPooling2D", (height, width, outs)))
        ins = outs
    return rows


def _transposed_convolutions(filters: Sequence[int], below: tuple[int, ...]) -> list[LayerCount]:
    height, width, ins = below
    rows = list[LayerCount]()
    for outs in filters:
        height, width = 2 * height, 2 * width
        rows.append(convolution((height, width), 3, ins, outs, layer="Conv2DTranspose"))
        ins = outs
    return rows
