"""The settings of a denoising auto-encoder."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from peu.recipes.checks import (
    Channels,
    ResizeMode,
    check,
    check_choice,
    check_count,
    check_image,
    check_name,
    check_range,
)
from peu.recipes.noise import read_noise
from peu.recipes.training import TrainingSettings, check_training, keep_steps

DenoisingNetwork = Literal["sheet", "unet"]
ImageLoss = Literal["mse", "mae", "mixed", "binary_crossentropy"]
OutputBias = Literal["mean", "zero"]
_FILTERS: dict[str, tuple[int, ...]] = {"sheet": (16, 32), "unet": (16, 32, 64)}
_MEANT_FOR = 6400
_MOST_MEMBERS = 20
_TRAINING = {
    "sheet": TrainingSettings(epochs=20),
    "unet": TrainingSettings(epochs=20, batch_size=64, learning_rate=3e-3, schedule="cosine"),
}


@dataclass(frozen=True, kw_only=True)
class Denoising:
    """Learn to take noise out of images; network and training are the lab sheet's by default.

    The network learns from clean images, to which noise is added anew in every epoch. It
    holds convolutions alone, so that it takes images of any size once it is trained.

    Attributes:
        name: what the recipe is called in tables.
        image_size: (height, width) in pixels that images are brought to for training, both
            divisible by 2 for each of the network's halvings; None takes the images' own size
            where all have the same and it is 64 or less, else 64 x 64.
        resize_mode: how an image of another shape is brought there.
        channels: "auto" learns grey where every image is grey, else colour.
        network: "sheet" is the lab sheet's encoder and decoder; "unet" a small U-Net that
            predicts the noise and subtracts it.
        filters: filters of each resolution, from the full one down; None takes the sheet's
            (16, 32), for "unet" (16, 32, 64).
        members: how many networks are trained, each from its own seed; where there are several,
            the mean of what they give is taken. Two take twice the time, and err a little less.
        noise: as `read_noise` reads it; a range trains a blind denoiser.
        loss: what is minimised: the mean squared error, the mean absolute error, which asks for
            medians, "mixed", the squared error and a tenth of the absolute one, which leaves
            empty places emptier, or, for "sheet", the cross-entropy of intensities taken as
            probabilities.
        output_bias: where the last layer of "sheet" starts: at the "mean" pixel, or at "zero",
            an even grey of 1/2, as the sheet's text has it; from there it can turn all black.
        test_share: of the images, held out for the figures where the set has no test
            images of its own.
        restarts: how often a collapsed training is begun again from another seed.
        training: how it is trained.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, sections 2.1 to 2.3.
    """

    kind: ClassVar[str] = "denoising"
    networks: ClassVar[tuple[str, ...]] = ("denoiser",)

    name: str = "denoising"
    image_size: tuple[int, int] | None = None
    resize_mode: ResizeMode = "crop"
    channels: Channels = "auto"
    network: DenoisingNetwork = "sheet"
    filters: tuple[int, ...] | None = None
    members: int = 1
    noise: str | float = 0.2
    loss: ImageLoss = "mse"
    output_bias: OutputBias = "mean"
    test_share: float = 0.2
    restarts: int = 3
    training: TrainingSettings = field(default_factory=lambda: _TRAINING["sheet"])

    def __post_init__(self) -> None:
        check_name(self.name)
        check_choice("network", self.network, DenoisingNetwork)
        check_choice("channels", self.channels, Channels)
        self._check_filters()
        check_image(self.image_size or (64, 64), self.resize_mode)
        if self.image_size is not None:
            check(
                "image_size",
                holds=all(side % self.stride == 0 for side in self.image_size),
                expected=f"divisible by {self.stride}, for the network halves it",
                received=self.image_size,
                advice="28 and 64 are.",
            )
        check_count("members", self.members, "1 is quick; 3 err a little less.")
        check(
            "members",
            holds=self.members <= _MOST_MEMBERS,
            expected=f"at most {_MOST_MEMBERS}",
            received=self.members,
            advice="More than a few add nothing but time.",
        )
        read_noise(self.noise)
        check_choice("loss", self.loss, ImageLoss)
        check_choice("output_bias", self.output_bias, OutputBias)
        check(
            "loss",
            holds=self.network == "sheet" or self.loss != "binary_crossentropy",
            expected="mse, mae or mixed for the U-Net, whose outputs are no probabilities",
            received=self.loss,
            advice="The sheet's network ends in a sigmoid.",
        )
        check_range("test_share", self.test_share, 0, 1, "0.2 is a fifth.", ends="()")
        check(
            "restarts",
            holds=isinstance(self.restarts, int)
            and not isinstance(self.restarts, bool)
            and self.restarts >= 0,
            expected="a whole number, 0 or more",
            received=self.restarts,
            advice="3 is plenty.",
        )
        check_training(self.training)

    @property
    def widths(self) -> tuple[int, ...]:
        """The filters of each resolution, those of the network where none were given."""
        return self.filters or _FILTERS[self.network]

    @property
    def stride(self) -> int:
        """What both sides of an image must be divisible by inside the network."""
        halvings = len(self.widths) - (self.network == "unet")
        return int(2**halvings)

    def _check_filters(self) -> None:
        if self.filters is None:
            return
        check(
            "filters",
            holds=isinstance(self.filters, tuple) and 1 <= len(self.filters) <= 6,
            expected="one to six whole numbers above 0, or nothing for the network's own",
            received=self.filters,
            advice="The sheet has 16 and 32.",
        )
        for number in self.filters:
            check_count("filters", number, "The sheet has 16 and 32.")


def usual_training(
    network: DenoisingNetwork, images: int | None = None, *, batch_size: int | None = None
) -> TrainingSettings:
    """Give the training that suits a network and so many images.

    The sheet's network gets the sheet's 20 epochs of 32, the U-Net 20 of 64 with a step size that
    falls. Fewer than 6,400 images get as many steps as those would, in smaller batches: of 160
    colour images of 64 x 64, 20 epochs of 32 left the U-Net 3 dB below the best classical
    filter, and 60 of 8 brought it level.

    Args:
        network: "sheet" or "unet".
        images: to learn from, 1 or more; None for many.
        batch_size: of smaller batches, where it is given.
    """
    settings = _TRAINING[network]
    if images is None:
        return settings
    return keep_steps(settings, images, meant_for=_MEANT_FOR, batch_size=batch_size)
