"""Section 2.2: the denoiser's layers, its bottleneck, and the output that the sheet leaves open."""

import math
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.noise import add_noise, read_noise
from peu.evaluation.reconstruction import peak_signal_to_noise
from peu.lab.context import LabContext
from peu.lab.digits import digit_size, first_digits, test_digits
from peu.lab.parameters import ParameterCount, count_denoiser
from peu.lab.side_by_side import train_all
from peu.lab.steps.noisy_digits import TEST_NOISE, TRAINING_NOISE
from peu.networks.choices import OutputActivation, OutputBias
from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed

_EPOCHS, _TESTED = 2, 500
# A mean output below this is black.
_DARK = 0.02

ACTIVATIONS: tuple[OutputActivation, ...] = get_args(OutputActivation)
Outcome = Literal["learnt", "black", "grey"]


@dataclass(frozen=True, kw_only=True)
class OutputTrial:
    """A short training with one output.

    Attributes:
        activation: of the output.
        bias: where the output starts.
        collapsed: whether a constant output would have been as good.
        loss: last training loss.
        output_mean: mean intensity of the output on noisy test images.
        psnr: of denoised test images at the noise of the test, in dB.
    """

    activation: OutputActivation
    bias: OutputBias
    collapsed: bool
    loss: float
    output_mean: float
    psnr: float

    @property
    def outcome(self) -> Outcome:
        """What became of it."""
        if not self.collapsed:
            return "learnt"
        return "black" if self.output_mean < _DARK else "grey"


@dataclass(frozen=True)
class Output:
    """Short trainings with one output, from several seeds."""

    activation: OutputActivation
    bias: OutputBias
    trials: tuple[OutputTrial, ...]

    @property
    def learnt(self) -> list[OutputTrial]:
        """Those that learnt."""
        return [one for one in self.trials if one.outcome == "learnt"]

    @property
    def psnr(self) -> float:
        """Mean quality, in dB."""
        return float(np.mean([one.psnr for one in self.trials]))

    @property
    def output_mean(self) -> float:
        """Mean intensity of the outputs."""
        return float(np.mean([one.output_mean for one in self.trials]))

    @property
    def outcome(self) -> Outcome | Literal["mixed"]:
        """What became of them, where it is the same."""
        outcomes = {one.outcome for one in self.trials}
        return outcomes.pop() if len(outcomes) == 1 else "mixed"


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The sheet's denoiser as it was built.

    Attributes:
        count: its parameters.
        input_size: height and width in pixels.
        bottleneck: shape of the tensor between encoder and decoder.
        output: shape of the output.
        filters: of the last layer.
        mean_pixel: mean intensity of the digits, in [0, 1].
        tried: short trainings, each output from every seed.
        tried_on: digits of each.
        epochs: of each.
        noisy_psnr: of the noisy test images, in dB.
        black_error: squared error of a black output.
    """

    count: ParameterCount
    input_size: tuple[int, ...]
    bottleneck: tuple[int, ...]
    output: tuple[int, ...]
    filters: int
    mean_pixel: float
    tried: tuple[OutputTrial, ...]
    tried_on: int
    epochs: int
    noisy_psnr: float
    black_error: float

    @property
    def pooled_sizes(self) -> list[tuple[int, ...]]:
        """Height and width after each pooling."""
        return [row.output[:2] for row in self.count.layers if row.layer == "MaxPooling2D"]

    @property
    def n_pixels(self) -> int:
        """Values of an image."""
        return math.prod(self.input_size)

    @property
    def n_values(self) -> int:
        """Values in the bottleneck."""
        return math.prod(self.bottleneck)

    @property
    def compresses(self) -> bool:
        """Whether the bottleneck is smaller than the image."""
        return self.n_values < self.n_pixels

    @property
    def outputs(self) -> list[Output]:
        """The trials by their output, in the order in which they were tried."""
        keys = dict.fromkeys((one.activation, one.bias) for one in self.tried)
        return [
            Output(
                activation,
                bias,
                tuple(o for o in self.tried if (o.activation, o.bias) == (activation, bias)),
            )
            for activation, bias in keys
        ]

    @property
    def as_typed(self) -> list[Output]:
        """The outputs with Keras's own bias of zero, as a student types them."""
        return [one for one in self.outputs if one.bias == "zero"]

    @property
    def best(self) -> Output:
        """The output of the highest quality."""
        return max(self.outputs, key=lambda one: one.psnr)


def measure(lab: LabContext) -> Findings:
    """Build the denoiser, count its parameters, and try the outputs that the sheet leaves open."""
    from peu.networks.denoisers import build_denoiser
    from peu.networks.inference import run_in_batches
    from peu.networks.layers import layer_output
    from peu.networks.objective import mean_of

    size, recipe = digit_size(lab.digits), Denoiser()
    network = build_denoiser(seed=lab.settings.seed)
    image = np.zeros((1, *size, 1), np.float32)
    pixels = first_digits(lab.digits, lab.settings.budget.output_images)
    clean = test_digits(lab.digits, _TESTED)
    generator = np.random.default_rng(child_seed(lab.settings.seed, "test noise"))
    noisy = add_noise(clean, read_noise(TEST_NOISE), generator)
    return Findings(
        count=ParameterCount(count_denoiser(recipe, size, 1), int(network.count_params())),
        input_size=size,
        bottleneck=layer_output(network, f"pool_{len(recipe.widths)}", image).shape[1:],
        output=run_in_batches(network, image)[0].shape[1:],
        filters=int(network.layers[-1].filters),
        mean_pixel=mean_of(pixels),
        tried=_try_outputs(lab, pixels, clean, noisy),
        tried_on=len(pixels),
        epochs=_EPOCHS,
        noisy_psnr=_quality(clean, noisy / np.float32(255)),
        black_error=float(np.square(clean / 255).mean()),
    )


def _try_outputs(
    lab: LabContext,
    pixels: NDArray[np.uint8],
    clean: NDArray[np.uint8],
    noisy: NDArray[np.float32],
) -> tuple[OutputTrial, ...]:
    biases: tuple[OutputBias, ...] = ("zero", "mean")
    cases = [
        (activation, bias, child_seed(lab.settings.seed, "output", seed))
        for bias in biases
        for activation in ACTIVATIONS
        for seed in range(lab.settings.budget.output_seeds)
    ]
    return train_all(
        _try_output,
        (pixels, clean, noisy),
        cases,
        workers=lab.at_once(len(cases)),
        label=lambda case: f"{case[0]}, {case[1]}",
    )


def _try_output(
    images: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]],
    case: tuple[OutputActivation, OutputBias, int],
) -> OutputTrial:
    from peu.autoencoders.denoiser_training import train_denoiser
    from peu.networks.denoisers import build_denoiser
    from peu.networks.inference import run_in_batches
    from peu.networks.objective import mean_of

    (pixels, clean, noisy), (activation, bias, seed) = images, case
    network = build_denoiser(
        mean=mean_of(pixels), output_bias=bias, activation=activation, seed=seed
    )
    history, collapsed = train_denoiser(
        network,
        pixels,
        TrainingSettings(epochs=_EPOCHS),
        noise=read_noise(TRAINING_NOISE),
        fresh_noise=False,
        seed=seed,
    )
    (outputs,) = run_in_batches(network, noisy)
    return OutputTrial(
        activation=activation,
        bias=bias,
        collapsed=collapsed,
        loss=history.metrics["loss"][-1],
        output_mean=float(outputs.mean()),
        psnr=_quality(clean, np.clip(outputs, 0, 1)),
    )


def _quality(clean: NDArray[np.uint8], intensities: NDArray[np.float32]) -> float:
    return float(peak_signal_to_noise(clean / 255, intensities).mean())
