"""What the settings of auto-encoders can be; nothing heavy, since the command line reads it."""

from typing import Literal

DenoisingNetwork = Literal["sheet", "unet"]
ImageLoss = Literal["mse", "mae", "mixed", "binary_crossentropy"]
OutputBias = Literal["mean", "zero"]
OutputActivation = Literal["sigmoid", "linear", "relu"]
DenseActivation = Literal["relu", "linear"]
Init = Literal["random", "tsne"]
KLWeight = float | Literal["auto"]
SampleSource = Literal["images", "prior"]

PRIOR_REACH = 3.0
"""All but 3 in 1,000 draws of a standard normal lie within this distance of 0."""

DENOISER_FILTERS: dict[DenoisingNetwork, tuple[int, ...]] = {
    "sheet": (16, 32),
    "unet": (16, 32, 64),
}
"""Filters of each resolution, from the full one down."""
