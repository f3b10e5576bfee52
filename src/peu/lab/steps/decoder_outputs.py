"""Section 3.2's open question: which activation the decoder ends in, and where it starts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.lab.context import LabContext
from peu.lab.side_by_side import train_all
from peu.networks.choices import OutputActivation, OutputBias
from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed

EPOCHS, KL_WEIGHT = 2, 1e-4
_OUTPUTS: tuple[tuple[OutputActivation, OutputBias], ...] = (
    ("sigmoid", "zero"),
    ("sigmoid", "mean"),
    ("linear", "zero"),
    ("relu", "zero"),
)


@dataclass(frozen=True, kw_only=True)
class StartTrial:
    """A short training of the whole VAE with one output.

    Attributes:
        activation: of the output.
        bias: where it starts.
        error: squared error on test images, outputs clipped to [0, 1].
        output_mean: mean intensity of their reconstructions.
    """

    activation: OutputActivation = "sigmoid"
    bias: OutputBias
    error: float
    output_mean: float


@dataclass(frozen=True)
class DecoderOutput:
    """Short trainings with one output, from several seeds."""

    activation: OutputActivation
    bias: OutputBias
    trials: tuple[StartTrial, ...]

    @property
    def error(self) -> float:
        """Mean squared error on test images."""
        return float(np.mean([one.error for one in self.trials]))

    @property
    def output_mean(self) -> float:
        """Mean intensity of the reconstructions."""
        return float(np.mean([one.output_mean for one in self.trials]))


def try_outputs(
    lab: LabContext, pixels: NDArray[np.uint8], held_out: NDArray[np.uint8]
) -> tuple[StartTrial, ...]:
    """Train the whole VAE for a short time with each output, from several seeds.

    Args:
        lab: whose budget says how many seeds.
        pixels: training images (n, height, width, 1).
        held_out: images to measure on.
    """
    cases = [
        (activation, bias, child_seed(lab.settings.seed, "decoder output", number))
        for activation, bias in _OUTPUTS
        for number in range(lab.settings.budget.output_seeds)
    ]
    return train_all(
        _try_output,
        (pixels, held_out),
        cases,
        workers=lab.at_once(len(cases)),
        label=lambda case: f"{case[0]}, {case[1]}",
    )


def _try_output(
    images: tuple[NDArray[np.uint8], NDArray[np.uint8]],
    case: tuple[OutputActivation, OutputBias, int],
) -> StartTrial:
    from peu.networks.fit import fit_network
    from peu.networks.inference import run_in_batches
    from peu.networks.objective import image_objective, mean_of
    from peu.networks.vae import build_vae, training_network

    (pixels, held_out), (activation, bias, seed) = images, case
    height, width, channels = pixels.shape[1:]
    network = build_vae(
        (height, width, channels),
        dense_activation="linear",
        mean_pixel=mean_of(pixels),
        output_bias=bias,
        activation=activation,
        kl_weight=KL_WEIGHT,
        seed=seed,
    )
    joined = training_network(network)
    fit_network(
        joined,
        pixels,
        pixels,
        TrainingSettings(epochs=EPOCHS),
        seed=child_seed(seed, "batches"),
        objective=image_objective(pixels),
        phase="Trying where the output starts",
    )
    (found,) = run_in_batches(joined, held_out)
    return StartTrial(
        activation=activation,
        bias=bias,
        error=float(np.square(held_out / 255 - np.clip(found, 0, 1)).mean()),
        output_mean=float(found.mean()),
    )
