"""A denoising auto-encoder: learns from clean images to take noise out of others."""

import dataclasses
from typing import Annotated, Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.utils.validation import check_is_fitted

from peu.autoencoders.autoencoder import Autoencoder, LearntAttributes
from peu.autoencoders.images import ImageSet
from peu.autoencoders.inference import TILE, DenoisingFunction, Inference
from peu.autoencoders.noise import read_noise
from peu.networks.choices import DENOISER_FILTERS, DenoisingNetwork, ImageLoss, OutputBias
from peu.networks.history import History
from peu.networks.training_settings import TrainingSettings
from peu.settings import check_setting, settings

_SCHEDULES: dict[DenoisingNetwork, TrainingSettings] = {
    "sheet": TrainingSettings(epochs=20),
    "unet": TrainingSettings(epochs=20, batch_size=64, learning_rate=3e-3, schedule="cosine"),
}


@dataclasses.dataclass(kw_only=True)
class LearntDenoiser(LearntAttributes):
    """The attributes of a fitted `Denoiser`.

    Attributes:
        inference_: how often the network runs over an image, as proved best after training.
    """

    inference_: Inference


@settings()
class Denoiser(Autoencoder):
    """Take noise out of images; network and training are the lab sheet's by default.

    The network learns from clean images, to which noise is added anew in every epoch (once, with
    `fresh_noise=False`). It is fully
    convolutional, so that a trained one takes images of any size. A collapse to a constant output
    is detected, and training restarts. Fewer than 6,400 images get as many training steps as those
    would, in smaller batches: with 160 colour images of 64 x 64, 20 epochs of 32 left the U-Net
    3 dB below the best classical filter, and 60 of 8 brought it level.

    Example:
        >>> denoiser = Denoiser(noise="0-0.6").fit("mnist")  # doctest: +SKIP
        >>> clean = denoiser.denoise(noisy)  # doctest: +SKIP

    Source: lab sheet, sections 2.1 to 2.3.
    """

    kind: ClassVar[str] = "denoiser"
    networks: ClassVar[tuple[str, ...]] = ("network",)
    learnt: ClassVar[type[LearntAttributes]] = LearntDenoiser
    _meant_for: ClassVar[int] = 6400

    network: Annotated[
        DenoisingNetwork,
        Field(description="The lab sheet's, or a small U-Net that predicts the noise."),
    ] = "sheet"
    filters: Annotated[
        Annotated[
            tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False, min_length=1, max_length=6)
        ]
        | None,
        Field(description="Filters of each resolution; none takes the network's own."),
    ] = None
    members: Annotated[
        int, Field(ge=1, le=20, description="Networks to train, whose mean is taken.")
    ] = 1
    noise: Annotated[
        str | float,
        Field(description="As 0.2, 0-0.6, poisson:30 or salt-and-pepper:0.1."),
    ] = 0.2
    loss: Annotated[
        ImageLoss,
        Field(description="mixed is the squared error and a tenth of the absolute one."),
    ] = "mse"
    output_bias: Annotated[
        OutputBias,
        Field(description="Where sheet's output starts: at the mean pixel, or at 1/2."),
    ] = "mean"

    fresh_noise: Annotated[
        bool,
        Field(description="Draw noise anew in every epoch; false adds it once, as the lab sheet."),
    ] = True

    once: Annotated[
        bool,
        Field(
            description="Run the network once over an image, rather than as often as proves best."
        ),
    ] = False

    def __post_init__(self) -> None:
        read_noise(self.noise)
        check_setting(
            "image_size",
            holds=all(side % self.stride == 0 for side in self.image_size or ()),
            expected=f"divisible by {self.stride}, since the network halves it",
            received=self.image_size,
            advice="Try (64, 64).",
        )
        check_setting(
            "loss",
            holds=self.network == "sheet" or self.loss != "binary_crossentropy",
            expected="mse, mae or mixed for the U-Net, whose outputs are not probabilities",
            received=self.loss,
            advice="Try 'mse'.",
        )

    @property
    def widths(self) -> tuple[int, ...]:
        """Filters of each resolution, those of the network where none are given."""
        return self.filters or DENOISER_FILTERS[self.network]

    @property
    def stride(self) -> int:
        """The factor by which the network's poolings shrink an image."""
        return int(2 ** (len(self.widths) - (self.network == "unet")))

    def denoise(
        self, images: NDArray[Any], *, once: bool = False, tile: int = TILE
    ) -> NDArray[np.float32]:
        """Take the noise out of images of any one size.

        The network runs on four shifted copies, and again on images noisier than those in
        training, where that proved better after training.

        Args:
            images: (n, height, width, 1 or 3) or one image without n, of 0 to 255.
            once: run the network once, which takes up to a twelfth of the time.
            tile: longest side in pixels that the network sees at once, without an overlap.

        Returns:
            Intensities of the same shape, in [0, 1].
        """
        check_is_fitted(self)
        inference = Inference() if once else self.inference_
        if images.ndim == 3:
            one: NDArray[np.float32] = self._function()(images[None], inference, tile)[0]
            return one
        return self._function()(images, inference, tile)

    def _function(self) -> DenoisingFunction:
        return DenoisingFunction(
            network=self.network_,
            channels=self.channels_,
            stride=self.stride,
            ends_in_sigmoid=self.network == "sheet",
        )

    def _schedule_for_many(self) -> TrainingSettings:
        return _SCHEDULES[self.network]

    def _shapes(self) -> list[tuple[int | None, ...]]:
        return [(None, None, self.channels_)] * 2

    def _train(self, split: ImageSet) -> History:
        from peu.autoencoders.denoiser_training import choose_inference, train_members

        self.network_, history = train_members(self, split, self._note)
        self.inference_: Inference = (
            Inference()
            if self.once
            else choose_inference(
                self._function(), split.train, read_noise(self.noise), seed=self.seed
            )
        )
        return history
