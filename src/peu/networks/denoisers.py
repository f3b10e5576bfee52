"""Networks from noisy images to clean ones: the lab sheet's, and a small U-Net."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from peu.networks.backend import keras
from peu.recipes.denoising import Denoising
from peu.seeds import child_seed

_DARKEST = 0.01


def denoiser(
    recipe: Denoising,
    channels: int,
    mean: float,
    *,
    seed: int,
    precision: str = "float32",
    held: bool = False,
) -> Any:
    """Build the network that `Denoising` trains, with weights drawn from `seed`.

    It holds convolutions alone, so that it takes images of any size whose sides are divisible
    by the recipe's stride.

    Args:
        recipe: which network, and its filters.
        channels: 1 or 3, of the images that it takes and gives.
        mean: the mean intensity of the clean images, in [0, 1].
        seed: of the weights.
        precision: a Keras dtype policy; the images that it gives are float32 under each.
        held: hold the U-Net's outputs in [0, 1] while it learns: what is empty need not come out
            as exactly 0, only at or below it. Where truth lies between the ends that does harm:
            an output beyond them learns nothing any more.

    Returns:
        A keras.Model from pixels (n, height, width, channels) of 0 to 255, whole or not, to
        intensities of the same shape in [0, 1].

    Source: lab sheet, section 2.2, for "sheet". Ronneberger et al. (2015) for the U-Net, and
        Zhang et al. (2017, DnCNN) for predicting the noise.
    """
    build = _sheet if recipe.network == "sheet" else _unet
    inputs = keras.Input((None, None, channels), dtype="float32", name="pixels")
    scaled = keras.layers.Rescaling(1 / 255, dtype=precision, name="scale")(inputs)
    bias = logit_of_mean(mean) if recipe.output_bias == "mean" else 0.0
    outputs = build(scaled, recipe.widths, channels, bias, seed, precision)
    if held and recipe.network == "unet":
        outputs = keras.layers.ReLU(max_value=1.0, dtype="float32", name="held")(outputs)
    return keras.Model(inputs, outputs, name=f"{recipe.network}_denoiser_{seed}")


def mean_of_denoisers(networks: Sequence[Any], channels: int) -> Any:
    """Join denoisers in one network that gives the mean of what they give.

    Args:
        networks: two or more that `denoiser` built, from different seeds.
        channels: 1 or 3, of the images that they take and give.

    Returns:
        A keras.Model from and to what each takes and gives.
    """
    inputs = keras.Input((None, None, channels), dtype="float32", name="pixels")
    # The same layers in a model of their own, which does not carry along how they were trained.
    bare = [keras.Model(each.input, each.output, name=each.name) for each in networks]
    mean = keras.layers.Average(dtype="float32", name="mean")([each(inputs) for each in bare])
    return keras.Model(inputs, mean, name="mean_of_denoisers")


def logit_of_mean(mean: float) -> float:
    """Give the bias from which a sigmoid starts at the mean intensity.

    From a bias of zero the sheet's network first learns to be dark everywhere, as most of a digit
    is; its sigmoids saturate, no gradient comes through any more, and it stays black for good.
    """
    held = min(1 - _DARKEST, max(_DARKEST, mean))
    return math.log(held / (1 - held))


def _sheet(
    x: Any, widths: tuple[int, ...], channels: int, bias: float, seed: int, precision: str
) -> Any:
    convolution, transposed = _layers(seed, precision)
    for number, filters in enumerate(widths, start=1):
        x = convolution(filters, f"conv_{number}")(x)
        x = keras.layers.MaxPooling2D(
            3, strides=2, padding="same", dtype=precision, name=f"pool_{number}"
        )(x)
    for number, filters in enumerate(reversed(widths), start=1):
        x = transposed(filters, f"transposed_{number}")(x)
    return keras.layers.Conv2D(
        channels,
        3,
        padding="same",
        activation="sigmoid",
        kernel_initializer=keras.initializers.GlorotUniform(seed=child_seed(seed, "output")),
        bias_initializer=keras.initializers.Constant(bias),
        dtype="float32",
        name="output",
    )(x)


def _unet(
    x: Any,
    widths: tuple[int, ...],
    channels: int,
    bias: float,  # noqa: ARG001 - it starts at the noisy image itself, whatever the mean
    seed: int,
    precision: str,
) -> Any:
    convolution, transposed = _layers(seed, precision)
    noisy = x
    skipped = []
    for number, filters in enumerate(widths[:-1], start=1):
        x = convolution(filters, f"down_{number}a")(x)
        x = convolution(filters, f"down_{number}b")(x)
        skipped.append(x)
        x = keras.layers.MaxPooling2D(2, dtype=precision, name=f"pool_{number}")(x)
    x = convolution(widths[-1], "bottom_a")(x)
    x = convolution(widths[-1], "bottom_b")(x)
    for number in range(len(widths) - 1, 0, -1):
        x = transposed(widths[number - 1], f"up_{number}")(x)
        x = keras.layers.Concatenate(dtype=precision, name=f"join_{number}")(
            [skipped[number - 1], x]
        )
        x = convolution(widths[number - 1], f"up_{number}a")(x)
        x = convolution(widths[number - 1], f"up_{number}b")(x)
    noise = keras.layers.Conv2D(
        channels, 3, padding="same", kernel_initializer="zeros", dtype="float32", name="noise"
    )(x)
    return keras.layers.Subtract(dtype="float32", name="clean")([noisy, noise])


def _layers(seed: int, precision: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Give 3 x 3 convolutions and doubling transposed ones, each drawn from its own seed."""

    def settings(name: str) -> dict[str, Any]:
        return {
            "padding": "same",
            "activation": "relu",
            "kernel_initializer": keras.initializers.GlorotUniform(
                seed=child_seed(seed, "weights", name)
            ),
            "dtype": precision,
            "name": name,
        }

    def convolution(filters: int, name: str) -> Any:
        return keras.layers.Conv2D(filters, 3, **settings(name))

    def transposed(filters: int, name: str) -> Any:
        return keras.layers.Conv2DTranspose(filters, 3, strides=2, **settings(name))

    return convolution, transposed
