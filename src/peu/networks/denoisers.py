"""Denoising networks: the lab sheet's, and a small U-Net."""

import math
from collections.abc import Callable, Sequence
from typing import Any

from peu.networks.backend import keras
from peu.networks.choices import (
    DENOISER_FILTERS,
    DenoisingNetwork,
    OutputActivation,
    OutputBias,
)
from peu.seeds import child_seed

_DARKEST = 0.01


def build_denoiser(
    network: DenoisingNetwork = "sheet",
    filters: tuple[int, ...] | None = None,
    *,
    channels: int = 1,
    mean: float = 0.5,
    output_bias: OutputBias = "mean",
    activation: OutputActivation = "sigmoid",
    bounded: bool = False,
    seed: int = 0,
    precision: str = "float32",
) -> Any:
    """Build a network that takes noise out of images, with weights drawn from `seed`.

    It is fully convolutional: it takes images of any size whose sides are divisible by the
    network's stride.

    Args:
        network: "sheet", the lab sheet's, or "unet", which predicts the noise and subtracts it.
        filters: of each resolution, from the full one down; None takes those of `DENOISER_FILTERS`.
        channels: 1 or 3, of its inputs and outputs.
        mean: mean intensity of the clean images, in [0, 1].
        output_bias: initial output of "sheet": the "mean" intensity; or with "zero" 1/2 of a
            sigmoid, 0 of the others.
        activation: of the output of "sheet", which leaves it open. Outputs other than a sigmoid's
            may leave [0, 1]: clip them.
        bounded: clip the U-Net's outputs to [0, 1] while it learns, so that empty places only
            have to come out at or below 0. Where the truth lies in between this does harm: an
            output out of bounds has no gradient.
        seed: random seed of the weights.
        precision: a Keras dtype policy; the outputs are float32 under each.

    Returns:
        A keras.Model from pixels (n, height, width, channels) of 0 to 255, whole or not, to
        intensities of the same shape, in [0, 1] with the default activation.

    Source: lab sheet, section 2.2, for "sheet". Ronneberger et al. (2015) for the U-Net, and
        Zhang et al. (2017, DnCNN) for predicting the noise.
    """
    inputs = keras.Input((None, None, channels), dtype="float32", name="pixels")
    scaled = keras.layers.Rescaling(1 / 255, dtype=precision, name="scale")(inputs)
    widths = filters or DENOISER_FILTERS[network]
    if network == "sheet":
        start = logit_of_mean(mean) if activation == "sigmoid" else mean
        bias = start if output_bias == "mean" else 0.0
        outputs = _sheet(scaled, widths, channels, activation, bias, seed, precision)
    else:
        outputs = _unet(scaled, widths, channels, seed, precision)
    if bounded and network == "unet":
        outputs = keras.layers.ReLU(max_value=1.0, dtype="float32", name="bounds")(outputs)
    return keras.Model(inputs, outputs, name=f"{network}_denoiser_{seed}")


def mean_of_denoisers(networks: Sequence[Any], channels: int) -> Any:
    """Join denoisers in one network whose output is the mean of theirs.

    Args:
        networks: two or more of `build_denoiser`, from different seeds.
        channels: 1 or 3, of their inputs and outputs.

    Returns:
        A keras.Model with the inputs and outputs of each.
    """
    inputs = keras.Input((None, None, channels), dtype="float32", name="pixels")
    # New models of the same layers, without the optimizers they were trained with.
    bare = [keras.Model(each.input, each.output, name=each.name) for each in networks]
    mean = keras.layers.Average(dtype="float32", name="mean")([each(inputs) for each in bare])
    return keras.Model(inputs, mean, name="mean_of_denoisers")


def logit_of_mean(mean: float) -> float:
    """The bias with which a sigmoid's initial output is the mean intensity.

    From a bias of zero the sheet's network first learns to be dark everywhere, as most of a digit
    is; its sigmoids saturate, their gradient vanishes, and it stays black.
    """
    clipped = min(1 - _DARKEST, max(_DARKEST, mean))
    return math.log(clipped / (1 - clipped))


def _sheet(
    x: Any,
    widths: tuple[int, ...],
    channels: int,
    activation: OutputActivation,
    bias: float,
    seed: int,
    precision: str,
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
        activation=activation,
        kernel_initializer=keras.initializers.GlorotUniform(seed=child_seed(seed, "output")),
        bias_initializer=keras.initializers.Constant(bias),
        dtype="float32",
        name="output",
    )(x)


def _unet(x: Any, widths: tuple[int, ...], channels: int, seed: int, precision: str) -> Any:
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
    """3 x 3 convolutions and upsampling transposed ones, each with a seed of its own."""

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
