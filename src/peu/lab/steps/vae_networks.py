"""Sections 3.1 to 3.3: encoder, decoder and whole VAE, before any training."""

import math
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from peu.autoencoders.vae import VAE
from peu.lab.context import LabContext
from peu.lab.digits import digit_size, first_digits, test_digits
from peu.lab.parameters import LayerCount, ParameterCount, count_decoder, count_encoder
from peu.lab.steps.decoder_outputs import (
    EPOCHS,
    KL_WEIGHT,
    DecoderOutput,
    StartTrial,
    try_outputs,
)
from peu.models.codes import encode_pixels

_ENCODED, _RECONSTRUCTED = 64, 16
_DRAWS = 2000
_TOLERANCE = 1e-3
_HELD_OUT = 500
# An error from here on, in units of the mean image's or of another start's.
_NO_BETTER, _SLOWER = 0.98, 1.1


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
        mean_pixel: mean intensity of the digits, in [0, 1].
        mean_image_error: squared error of the mean image on test images.
        tried: short trainings, each output from every seed.
        tried_on: digits of each.
        epochs: of each.
        kl_weight: of each.
    """

    count: ParameterCount
    filters: int
    activation: str
    output: tuple[int, ...]
    mean_pixel: float
    mean_image_error: float
    tried: tuple[StartTrial, ...]
    tried_on: int
    epochs: int
    kl_weight: float

    @property
    def outputs(self) -> list[DecoderOutput]:
        """The trials by their output, in the order in which they were tried."""
        keys = dict.fromkeys((one.activation, one.bias) for one in self.tried)
        return [
            DecoderOutput(
                *key, tuple(one for one in self.tried if (one.activation, one.bias) == key)
            )
            for key in keys
        ]

    @property
    def plain(self) -> DecoderOutput:
        """The sigmoid with Keras's own bias of zero, as a student types it."""
        return next(one for one in self.outputs if one.bias == "zero")

    @property
    def started(self) -> DecoderOutput:
        """The sigmoid that starts at the mean intensity."""
        return next(one for one in self.outputs if one.bias == "mean")

    @property
    def unbounded(self) -> list[DecoderOutput]:
        """Outputs that may leave [0, 1], with a bias of zero."""
        return [one for one in self.outputs if one.activation != "sigmoid"]

    def learnt(self, output: DecoderOutput) -> int:
        """How many of an output's trials are better than the mean image."""
        return sum(one.error < _NO_BETTER * self.mean_image_error for one in output.trials)

    @property
    def plain_start(self) -> Literal["learns", "slower", "learns_nothing"]:
        """What a bias of zero costs in this short training."""
        if not self.learnt(self.plain):
            return "learns_nothing"
        return "slower" if self.plain.error > _SLOWER * self.started.error else "learns"


@dataclass(frozen=True, kw_only=True)
class WholeVAE:
    """Encoder and decoder as one network, from image to image.

    Attributes:
        count: its parameters.
        input: shape of an image.
        output: shape of a reconstruction.
        lowest: least intensity of the reconstructions.
        highest: largest intensity of the reconstructions.
        encoder_parameters: of the encoder.
        decoder_parameters: of the decoder.
        two_passes: mean difference of a pixel between two passes of the same images.
        code_by_mean: the same where mu is decoded instead of a draw.
        n_terms: terms that the network adds to the loss by itself.
    """

    latent_dim: ClassVar[int] = VAE().latent_dim

    count: ParameterCount
    input: tuple[int, ...]
    output: tuple[int, ...]
    lowest: float
    highest: float
    encoder_parameters: int
    decoder_parameters: int
    two_passes: float
    code_by_mean: float
    n_terms: int

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
    """Count the decoder's parameters, look at its last layer, and try where it starts."""
    decoder = _untrained_vae(lab).decoder
    pixels = first_digits(lab.digits, lab.settings.budget.output_images)
    held_out = test_digits(lab.digits, _HELD_OUT)
    return Decoder(
        count=ParameterCount(_decoder_layers(lab), int(decoder.count_params())),
        filters=int(decoder.layers[-1].filters),
        activation=str(decoder.layers[-1].activation.__name__),
        output=tuple(decoder.output.shape[1:]),
        mean_pixel=float(pixels.mean() / 255),
        mean_image_error=float(np.square((held_out - pixels.mean(axis=0)) / 255).mean()),
        tried=try_outputs(lab, pixels, held_out),
        tried_on=len(pixels),
        epochs=EPOCHS,
        kl_weight=KL_WEIGHT,
    )


def measure_vae(lab: LabContext) -> WholeVAE:
    """Join encoder and decoder and send images through."""
    from peu.networks.inference import run_in_batches
    from peu.networks.vae import training_network

    parts = _untrained_vae(lab)
    network = training_network(parts)
    pixels = first_digits(lab.digits, _RECONSTRUCTED)
    (reconstructions,), (again,) = (run_in_batches(network, pixels) for _ in range(2))
    means = [encode_pixels(parts.encoder, pixels).means for _ in range(2)]
    decoded = [run_in_batches(parts.decoder, mean)[0] for mean in means]
    layers = (*_encoder_layers(lab), *_decoder_layers(lab))
    return WholeVAE(
        count=ParameterCount(layers, _n_trainable(network)),
        input=pixels.shape[1:],
        output=reconstructions.shape[1:],
        lowest=float(reconstructions.min()),
        highest=float(reconstructions.max()),
        encoder_parameters=_n_trainable(parts.encoder),
        decoder_parameters=_n_trainable(parts.decoder),
        two_passes=float(np.abs(reconstructions - again).mean()),
        code_by_mean=float(np.abs(decoded[0] - decoded[1]).mean()),
        n_terms=len(network.losses),
    )


def _untrained_vae(lab: LabContext) -> Any:
    from peu.networks.vae import build_vae

    # The sheet names no activation of the dense layers.
    return build_vae(
        (*digit_size(lab.digits), 1), dense_activation="linear", seed=lab.settings.seed
    )


def _encoder_layers(lab: LabContext) -> tuple[LayerCount, ...]:
    return count_encoder(VAE(), digit_size(lab.digits), 1)


def _decoder_layers(lab: LabContext) -> tuple[LayerCount, ...]:
    return count_decoder(VAE(), digit_size(lab.digits), 1)


def _n_trainable(network: Any) -> int:
    return sum(math.prod(weights.shape) for weights in network.trainable_weights)
