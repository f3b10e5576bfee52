"""Section 2.2: the denoiser's layers, its bottleneck and its output."""

import math
from dataclasses import dataclass

import numpy as np

from peu.autoencoders.denoiser import Denoiser
from peu.lab.context import LabContext
from peu.lab.digits import digit_size, first_digits
from peu.lab.parameters import ParameterCount, count_denoiser

_MEASURED_ON = 1000


@dataclass(frozen=True, kw_only=True)
class Findings:
    """The sheet's denoiser as it was built.

    Attributes:
        count: its parameters.
        input_size: height and width in pixels.
        bottleneck: shape of the tensor between encoder and decoder.
        output: shape of the output.
        filters: of the last layer.
        activation: of the last layer, as Keras names it.
        mean_pixel: mean intensity of the digits, in [0, 1].
    """

    count: ParameterCount
    input_size: tuple[int, ...]
    bottleneck: tuple[int, ...]
    output: tuple[int, ...]
    filters: int
    activation: str
    mean_pixel: float

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


def measure(lab: LabContext) -> Findings:
    """Build the denoiser, count its parameters and look at its bottleneck."""
    from peu.networks.denoisers import build_denoiser
    from peu.networks.inference import run_in_batches
    from peu.networks.layers import layer_output
    from peu.networks.objective import mean_of

    size, recipe = digit_size(lab.digits), Denoiser()
    network = build_denoiser(seed=lab.settings.seed)
    image = np.zeros((1, *size, 1), np.float32)
    last = network.layers[-1]
    return Findings(
        count=ParameterCount(count_denoiser(recipe, size, 1), int(network.count_params())),
        input_size=size,
        bottleneck=layer_output(network, f"pool_{len(recipe.widths)}", image).shape[1:],
        output=run_in_batches(network, image)[0].shape[1:],
        filters=int(last.filters),
        activation=str(last.activation.__name__),
        mean_pixel=mean_of(first_digits(lab.digits, _MEASURED_ON)),
    )
