"""The lab sheet's variational auto-encoder: encoder, sampling, decoder."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from peu.networks.backend import keras
from peu.networks.choices import DenseActivation, OutputActivation, OutputBias
from peu.seeds import child_seed

_LEAST_SHARE = 1e-3


@keras.saving.register_keras_serializable(package="peu")
class Sampling(keras.layers.Layer):  # type: ignore[misc]
    """Draw a code from its mean and the logarithm of its variance, and add the KL term.

    The sheet's layer with two differences: the KL weight is a saved weight that may change in
    training, and the draws come from a seed of the layer's own.

    Source: lab sheet, section 3.1.
    """

    def __init__(self, kl_weight: float = 1.0, seed: int = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._kl_weight = kl_weight
        self._seed = seed
        self._generator = keras.random.SeedGenerator(seed)

    def build(self, _shapes: Any) -> None:
        """Create the KL weight as a weight; Keras calls this."""
        self.kl_weight = self.add_weight(
            name="kl_weight",
            shape=(),
            dtype="float32",
            initializer=keras.initializers.Constant(self._kl_weight),
            trainable=False,
        )

    def call(self, inputs: Sequence[Any]) -> Any:
        """Draw codes (n, latent_dim) from means and log variances of that shape."""
        ops = keras.ops
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self._generator)
        self.add_loss(self.kl_weight * ops.mean(ops.sum(divergence(mean, log_variance), axis=1)))
        return mean + ops.exp(0.5 * log_variance) * noise

    def get_config(self) -> dict[str, Any]:
        """The arguments of `from_config`; the KL weight itself is saved with the weights."""
        return {**super().get_config(), "kl_weight": self._kl_weight, "seed": self._seed}


class OptimalKLWeight(keras.layers.Layer):  # type: ignore[misc]
    """Move a `Sampling` layer's KL weight to 2 MSE / D in training; pass images through.

    The error is a moving average over the last steps, and the KL weight grows linearly over the
    first steps, so that the codes carry information before they cost anything.

    Source: Rybkin, Daniilidis and Levine (2021), Simple and effective VAE training with
    calibrated decoders, ICML.
    """

    def __init__(
        self, sampling: Sampling, *, error: float, pixels: int, window: int, warm_up: int
    ) -> None:
        super().__init__(name="optimal_kl_weight")
        self._sampling = sampling
        self._start = error
        self._pixels = pixels
        self._keep = 1 - 1 / window
        self._warm_up = max(1, warm_up)

    def build(self, _shapes: Any) -> None:
        """Create the moving average and the number of steps as weights; Keras calls this."""
        constant = keras.initializers.Constant
        settings = {"shape": (), "dtype": "float32", "trainable": False}
        self.error = self.add_weight(name="error", initializer=constant(self._start), **settings)
        self.steps = self.add_weight(name="steps", initializer=constant(0.0), **settings)

    def call(self, inputs: Sequence[Any], training: bool | None = None) -> Any:
        """Return the reconstructions; in training, update the KL weight from their error."""
        ops = keras.ops
        wanted, found = inputs
        if training:
            error = ops.mean(ops.square(ops.cast(wanted, "float32") - ops.cast(found, "float32")))
            self.error.assign(self._keep * self.error + (1 - self._keep) * ops.stop_gradient(error))
            self.steps.assign(self.steps + 1.0)
            share = ops.minimum(1.0, self.steps / self._warm_up)
            self._sampling.kl_weight.assign(share * 2.0 * self.error / self._pixels)
        return found


@dataclass(frozen=True, eq=False)
class VAENetwork:
    """Encoder and decoder of a variational auto-encoder, which share no weight.

    Attributes:
        encoder: a keras.Model from pixels (n, height, width, channels) in [0, 255] to
            [code, mean, log variance], each (n, latent_dim).
        decoder: a keras.Model from codes (n, latent_dim) to pixels in [0, 1].
        sampling: the encoder's `Sampling` layer.
    """

    encoder: Any
    decoder: Any
    sampling: Sampling


def build_vae(
    shape: tuple[int, int, int],
    *,
    latent_dim: int = 2,
    filters: tuple[int, ...] = (32, 32),
    dense_units: int = 16,
    dense_activation: DenseActivation = "relu",
    decoder_filters: tuple[int, ...] = (32, 16),
    mean_pixel: float = 0.5,
    output_bias: OutputBias = "mean",
    activation: OutputActivation = "sigmoid",
    kl_weight: float = 1.0,
    seed: int = 0,
    precision: str = "float32",
) -> VAENetwork:
    """Build encoder and decoder with weights drawn from `seed`; the sizes are the sheet's.

    The last bias starts at the logit of the mean pixel: from zero the network would first have
    to learn how dark the images are. Sides that the poolings do not divide are rounded up in the
    encoder and cropped in the decoder.

    Args:
        shape: (height, width, channels) of the images.
        latent_dim: dimensions of the latent space.
        filters: of the encoder's convolutions.
        dense_units: width of the layer between the convolutions and the latent space.
        dense_activation: of that layer and of the decoder's first; the sheet names none.
        decoder_filters: of the decoder's transposed convolutions, as many as `filters`.
        mean_pixel: of all images and channels, in [0, 1].
        output_bias: initial output: the "mean" pixel; or with "zero" 1/2 of a sigmoid, 0 of the
            others.
        activation: of the output, which the sheet leaves open. Outputs other than a sigmoid's
            may leave [0, 1]: clip them.
        kl_weight: initial weight of the KL term.
        seed: random seed of the weights and of the draws.
        precision: a Keras dtype policy of the convolutions; codes and pixels are float32.

    Returns:
        The untrained network.

    Source: lab sheet, sections 3.1 and 3.2.
    """
    encoder, sampling = _encoder(
        shape, filters, dense_units, dense_activation, latent_dim, kl_weight, seed, precision
    )
    start = _logit(mean_pixel) if activation == "sigmoid" else mean_pixel
    decoder = _decoder(
        shape,
        latent_dim,
        filters[-1],
        dense_activation,
        decoder_filters,
        activation,
        start if output_bias == "mean" else 0.0,
        seed,
        precision,
    )
    return VAENetwork(encoder, decoder, sampling)


def training_network(network: VAENetwork, optimum: OptimalKLWeight | None = None) -> Any:
    """Join both for training: from pixels in [0, 255] to reconstructions in [0, 1].

    Args:
        network: encoder and decoder.
        optimum: if given, adapts the KL weight.
    """
    pixels = keras.Input(network.encoder.input_shape[1:], dtype="uint8", name="pixels")
    code, _, _ = network.encoder(pixels)
    found = network.decoder(code)
    if optimum is not None:
        wanted = keras.layers.Rescaling(1 / 255, dtype="float32", name="wanted")(pixels)
        found = optimum([wanted, found])
    return keras.Model(pixels, found, name="vae")


def divergence(mean: Any, log_variance: Any) -> Any:
    """KL divergence from the standard normal, in nats, of each code and dimension."""
    ops = keras.ops
    return -0.5 * (1.0 + log_variance - ops.square(mean) - ops.exp(log_variance))


def _encoder(
    shape: tuple[int, int, int],
    widths: tuple[int, ...],
    dense_units: int,
    dense_activation: DenseActivation,
    latent_dim: int,
    kl_weight: float,
    seed: int,
    precision: str,
) -> tuple[Any, Sampling]:
    layers = keras.layers
    pixels = keras.Input(shape, dtype="uint8", name="pixels")
    x = layers.Rescaling(1 / 255, dtype=precision, name="scale")(pixels)
    for number, filters in enumerate(widths, start=1):
        x = layers.Conv2D(
            filters,
            3,
            padding="same",
            activation="relu",
            kernel_initializer=_weights(seed, f"conv_{number}"),
            dtype=precision,
            name=f"conv_{number}",
        )(x)
        x = layers.MaxPooling2D(
            3, strides=2, padding="same", dtype=precision, name=f"pool_{number}"
        )(x)
    x = layers.Flatten(dtype=precision, name="flatten")(x)
    x = layers.Dense(
        dense_units,
        activation=dense_activation,
        kernel_initializer=_weights(seed, "hidden"),
        dtype=precision,
        name="hidden",
    )(x)
    mean, log_variance = (
        layers.Dense(
            latent_dim, kernel_initializer=_weights(seed, name), dtype="float32", name=name
        )(x)
        for name in ("mean", "log_variance")
    )
    sampling = Sampling(kl_weight, child_seed(seed, "sampling"), dtype="float32", name="sampling")
    code = sampling([mean, log_variance])
    return keras.Model(pixels, [code, mean, log_variance], name="encoder"), sampling


def _decoder(
    shape: tuple[int, int, int],
    latent_dim: int,
    spread_filters: int,
    dense_activation: DenseActivation,
    widths: tuple[int, ...],
    activation: OutputActivation,
    bias: float,
    seed: int,
    precision: str,
) -> Any:
    layers = keras.layers
    *image_size, channels = shape
    factor = 2 ** len(widths)
    height, width = (-(-side // factor) for side in image_size)
    codes = keras.Input((latent_dim,), name="codes")
    x = layers.Dense(
        height * width * spread_filters,
        activation=dense_activation,
        kernel_initializer=_weights(seed, "spread"),
        dtype=precision,
        name="spread",
    )(codes)
    x = layers.Reshape((height, width, spread_filters), dtype=precision, name="maps")(x)
    for number, filters in enumerate(widths, start=1):
        x = layers.Conv2DTranspose(
            filters,
            3,
            strides=2,
            padding="same",
            activation="relu",
            kernel_initializer=_weights(seed, f"deconv_{number}"),
            dtype=precision,
            name=f"deconv_{number}",
        )(x)
    excess = tuple(
        (over // 2, over - over // 2)
        for over in (
            factor * small - side for small, side in zip((height, width), image_size, strict=True)
        )
    )
    if any(sum(pair) for pair in excess):
        x = layers.Cropping2D(excess, dtype=precision, name="cut")(x)
    reconstruction = layers.Conv2D(
        channels,
        3,
        padding="same",
        activation=activation,
        kernel_initializer=_weights(seed, "image"),
        bias_initializer=keras.initializers.Constant(bias),
        dtype="float32",
        name="image",
    )(x)
    return keras.Model(codes, reconstruction, name="decoder")


def _logit(mean: float) -> float:
    share = min(1 - _LEAST_SHARE, max(_LEAST_SHARE, mean))
    return math.log(share / (1 - share))


def _weights(seed: int, name: str) -> Any:
    return keras.initializers.GlorotUniform(seed=child_seed(seed, "weights", name))
