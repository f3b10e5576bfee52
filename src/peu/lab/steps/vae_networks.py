"""Sections 3.1 to 3.3: encoder, decoder and whole VAE, before any training."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from peu.autoencoders.vae import VAE
from peu.lab.context import LabContext
from peu.lab.digits import digit_size, first_digits
from peu.lab.parameters import LayerCount, ParameterCount, count_decoder, count_encoder
from peu.models.codes import encode_pixels

_ENCODED, _RECONSTRUCTED = 64, 16
_DRAWS = 2000
_TOLERANCE = 1e-3


@dataclass(frozen=True, kw_only=True)
class Encoder:
    """The encoder, its output for the first image, and its divergence.

    Attributes:
        count: its parameters.
        mean: mu of the first image, one value a dimension.
        log_variance: log_var of the first image.
        n_draws: codes drawn for the first image.
        drawn_mean: their mean; close to `mean`.
        drawn_deviation: their standard deviation; close to `deviation`.
        n_images: images that the divergence is a mean of.
        kl_by_formula: KL divergence from the standard normal, in nats, by its formula.
        kl_by_layer: what the sampling layer adds to the loss.
    """

    latent_dim: ClassVar[int] = VAE().latent_dim

    count: ParameterCount
    mean: tuple[float, ...]
    log_variance: tuple[float, ...]
    n_draws: int
    drawn_mean: tuple[float, ...]
    drawn_deviation: tuple[float, ...]
    n_images: int
    kl_by_formula: float
    kl_by_layer: float

    @property
    def deviation(self) -> tuple[float, ...]:
        """exp(log_var / 2) of the first image."""
        return tuple(math.exp(0.5 * each) for each in self.log_variance)

    @property
    def kl_agrees(self) -> bool:
        """Whether formula and layer give the same divergence, within 0.1 %."""
        difference = abs(self.kl_by_formula - self.kl_by_layer)
        return difference <= _TOLERANCE * max(_TOLERANCE, self.kl_by_formula)


@dataclass(frozen=True, kw_only=True)
class Decoder:
    """The decoder's parameters and its last layer.

    Attributes:
        count: its parameters.
        filters: of the last layer.
        activation: of the last layer, as Keras names it.
        output: shape of the output.
    """

    count: ParameterCount
    filters: int
    activation: str
    output: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class WholeVAE:
    """Encoder and decoder as one network, from image to image.

    Attributes:
        count: its parameters.
        input: shape of an image.
        output: shape of a reconstruction.
        lowest: least intensity of the reconstructions.
        highest: largest intensity of the reconstructions.
    """

    latent_dim: ClassVar[int] = VAE().latent_dim

    count: ParameterCount
    input: tuple[int, ...]
    output: tuple[int, ...]
    lowest: float
    highest: float

    @property
    def n_pixels(self) -> int:
        """Values of an image."""
        return math.prod(self.input)


def measure_encoder(lab: LabContext) -> Encoder:
    """Count the encoder's parameters and check what it computes against the formulas."""
    from peu.networks.inference import run_in_batches

    encoder = _untrained_vae(lab).encoder
    pixels = first_digits(lab.digits, _ENCODED)
    same_image = np.repeat(pixels[:1], _DRAWS, axis=0)
    drawn, *_ = run_in_batches(encoder, same_image, _DRAWS)
    codes = encode_pixels(encoder, pixels)
    # The layer adds the divergence of the images that it saw last.
    (added,) = encoder.losses
    return Encoder(
        count=ParameterCount(_encoder_layers(lab), _n_trainable(encoder)),
        mean=tuple(codes.means[0].tolist()),
        log_variance=tuple(codes.log_variances[0].tolist()),
        n_draws=_DRAWS,
        drawn_mean=tuple(drawn.mean(axis=0).tolist()),
        drawn_deviation=tuple(drawn.std(axis=0).tolist()),
        n_images=len(pixels),
        kl_by_formula=float(codes.divergences.sum(axis=1).mean()),
        kl_by_layer=float(added),
    )


def measure_decoder(lab: LabContext) -> Decoder:
    """Count the decoder's parameters and look at its last layer."""
    decoder = _untrained_vae(lab).decoder
    return Decoder(
        count=ParameterCount(_decoder_layers(lab), int(decoder.count_params())),
        filters=int(decoder.layers[-1].filters),
        activation=str(decoder.layers[-1].activation.__name__),
        output=tuple(decoder.output.shape[1:]),
    )


def measure_vae(lab: LabContext) -> WholeVAE:
    """Join encoder and decoder and send images through."""
    from peu.networks.inference import run_in_batches
    from peu.networks.vae import training_network

    network = training_network(_untrained_vae(lab))
    pixels = first_digits(lab.digits, _RECONSTRUCTED)
    (reconstructions,) = run_in_batches(network, pixels)
    layers = (*_encoder_layers(lab), *_decoder_layers(lab))
    return WholeVAE(
        count=ParameterCount(layers, _n_trainable(network)),
        input=pixels.shape[1:],
        output=reconstructions.shape[1:],
        lowest=float(reconstructions.min()),
        highest=float(reconstructions.max()),
    )


def _untrained_vae(lab: LabContext) -> Any:
    from peu.networks.vae import build_vae

    return build_vae((*digit_size(lab.digits), 1), seed=lab.settings.seed)


def _encoder_layers(lab: LabContext) -> tuple[LayerCount, ...]:
    return count_encoder(VAE(), digit_size(lab.digits), 1)


def _decoder_layers(lab: LabContext) -> tuple[LayerCount, ...]:
    return count_decoder(VAE(), digit_size(lab.digits), 1)


def _n_trainable(network: Any) -> int:
    return sum(math.prod(weights.shape) for weights in network.trainable_weights)
