"""A variational auto-encoder: learns a latent space of images that new ones are drawn from."""

import dataclasses
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.utils.validation import check_is_fitted

from peu.autoencoders.autoencoder import Autoencoder, LearntAttributes
from peu.autoencoders.code_mixture import CodeMixture
from peu.autoencoders.images import ImageSet
from peu.autoencoders.kl_weight import Spectrum
from peu.images.dataset import ImageDataset
from peu.models.codes import (
    Codes,
    anomaly_score,
    decode_codes,
    encode_pixels,
    latent_distances,
    squared_error,
    unexplained,
)
from peu.networks.choices import (
    PRIOR_REACH,
    DenseActivation,
    Init,
    OutputBias,
    SampleSource,
)
from peu.networks.history import History
from peu.networks.training_settings import TrainingSettings
from peu.seeds import child_seed
from peu.settings import check_setting, settings

_MAX_TSNE_DIMENSIONS = 3
_QUANTILES = 101
_Filters = Annotated[
    tuple[Annotated[int, Field(ge=1)], ...], Field(strict=False, min_length=1, max_length=11)
]


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeldOutQuantiles:
    """Evenly spaced quantiles, from 0 to 1, of what held-out images of the training have.

    They say how unusual another image is when the images are no longer at hand.

    Attributes:
        scores: anomaly scores, in nats.
        errors: mean squared errors of reconstructions.
        shares: of the contrast that reconstructions miss.
        distances: from the origin of the latent space.
    """

    scores: tuple[float, ...]
    errors: tuple[float, ...]
    shares: tuple[float, ...]
    distances: tuple[float, ...]


@dataclasses.dataclass(kw_only=True)
class LearntVAE(LearntAttributes):
    """The attributes of a fitted `VAE`.

    Attributes:
        kl_weight_: weight of the KL term at the end of training.
        restarts_: how often training began again from another seed; not saved.
        spectrum_: principal variances of the training images.
        mixture_: where the codes of the training images lie.
        held_out_: typical errors and distances.
    """

    kl_weight_: float
    restarts_: int
    spectrum_: Spectrum
    mixture_: CodeMixture
    held_out_: HeldOutQuantiles


@dataclasses.dataclass(frozen=True, eq=False, kw_only=True)
class Anomalies:
    """How unusual images are, compared with the held-out images of the training.

    Attributes:
        score: nats that encoding each image costs (n,), up to a constant: the share of its
            contrast that is missed, and its distance from the origin.
        error: mean squared error of each reconstruction (n,).
        distance: from the origin of the latent space (n,).
        threshold: the quantile of the held-out images' scores.
    """

    score: NDArray[np.float64]
    error: NDArray[np.float64]
    distance: NDArray[np.float64]
    threshold: float

    @property
    def unusual(self) -> NDArray[np.bool_]:
        """Whether each score is above the threshold (n,)."""
        return np.asarray(self.score > self.threshold, np.bool_)


@settings()
class VAE(Autoencoder):
    """Learn a latent space of images; networks and training are the lab sheet's by default.

    At 28 x 28 x 1 and two dimensions the encoder has 34,740 parameters and the decoder 18,721.
    The sheet's KL weight of 1 makes every reconstruction the same grey: with a squared error that
    is a mean over D pixels, a KL weight c stands for a noise of variance c D / 2 in the pixels.
    "auto" learns that variance with the network and moves the KL weight to 2 MSE / D, where the
    likelihood is best. Fewer than 12,800 images get as many training steps as those would.

    Where images are given to a method, they are a dataset, or pixels (n, height, width, channels)
    of 0 to 255 of the size and number of channels that the model was trained on.

    Example:
        >>> vae = VAE(latent_dim=2).fit("mnist")  # doctest: +SKIP
        >>> codes, images = vae.sample(16)  # doctest: +SKIP

    Source: lab sheet, section 3; Rybkin, Daniilidis and Levine (2021) for the variance.
    """

    kind: ClassVar[str] = "vae"
    networks: ClassVar[tuple[str, ...]] = ("encoder", "decoder")
    learnt: ClassVar[type[LearntAttributes]] = LearntVAE
    _meant_for: ClassVar[int] = 12_800

    latent_dim: Annotated[int, Field(ge=1, description="Dimensions of the latent space.")] = 2
    kl_weight: Annotated[
        Annotated[float, Field(gt=0, lt=1e6)] | Literal["auto"],
        Field(description="Weight of the Kullback-Leibler term; auto finds the best one."),
    ] = "auto"
    filters: Annotated[
        _Filters, Field(description="Filters of the encoder's convolutions, each with a pooling.")
    ] = (32, 32)
    dense_units: Annotated[
        int, Field(ge=1, description="Width of the layer before the latent space.")
    ] = 16
    dense_activation: Annotated[
        DenseActivation,
        Field(description="Of that layer and the decoder's first; the lab sheet names none."),
    ] = "relu"
    decoder_filters: Annotated[
        _Filters, Field(description="Filters of the decoder's transposed convolutions.")
    ] = (32, 16)
    output_bias: Annotated[
        OutputBias, Field(description="Where the output starts: at the mean pixel, or at 1/2.")
    ] = "mean"
    warm_up: Annotated[
        float, Field(ge=0, le=1000, description="Epochs over which an auto KL weight grows.")
    ] = 1.0
    init: Annotated[
        Init,
        Field(description="Random weights, or a start from a t-SNE of up to 5,000 images."),
    ] = "random"

    def __post_init__(self) -> None:
        check_setting(
            "latent_dim",
            holds=self.init == "random" or self.latent_dim <= _MAX_TSNE_DIMENSIONS,
            expected=f"at most {_MAX_TSNE_DIMENSIONS} with init='tsne'",
            received=self.latent_dim,
            advice="Take fewer dimensions, or init='random'.",
        )
        check_setting(
            "decoder_filters",
            holds=len(self.decoder_filters) == len(self.filters),
            expected=f"as many numbers as `filters` has, {len(self.filters)}",
            received=self.decoder_filters,
            advice="Each upsampling undoes one pooling.",
        )
        size = self.image_size or (64, 64)
        check_setting(
            "filters",
            holds=2 ** len(self.filters) <= min(size),
            expected=f"few enough for poolings of {size}",
            received=self.filters,
            advice="Take fewer layers or larger images.",
        )

    def encode(self, images: ImageDataset | NDArray[np.uint8]) -> Codes:
        """Encode images to normal distributions in the latent space."""
        return encode_pixels(self._encoder(), self._in_form(images))

    def decode(self, codes: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
        """Decode codes (..., latent_dim) to intensities (..., height, width, channels)."""
        check_is_fitted(self)
        images = decode_codes(self.decoder_, codes.reshape(-1, self.latent_dim))
        return images.reshape(*codes.shape[:-1], *images.shape[1:])

    def reconstruct(self, images: ImageDataset | NDArray[np.uint8]) -> NDArray[np.float32]:
        """Encode images and decode their codes' means, to intensities of the same shape."""
        return self.decode(self.encode(images).means)

    def sample(
        self, count: int, *, source: SampleSource = "images", seed: int = 0
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Draw new images: random codes, decoded.

        Args:
            count: number of images.
            source: of the codes. "images" draws where those of the training lie, "prior" from the
                standard normal, which many images fill if the KL weight is right.
            seed: random seed.

        Returns:
            Codes (count, latent_dim) and intensities (count, height, width, channels).
        """
        check_is_fitted(self)
        drawn = child_seed(seed, "samples")
        if source == "prior":
            codes = np.random.default_rng(drawn).standard_normal((count, self.latent_dim))
        else:
            codes = self.mixture_.draw(count, drawn)
        return codes, self.decode(codes)

    def interpolate(
        self, images: ImageDataset | NDArray[np.uint8], steps: int = 10
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Walk in a straight line from one image's code to another's.

        Args:
            images: two.
            steps: images on the way, both ends included, 2 or more.

        Returns:
            Codes (steps, latent_dim) and intensities (steps, height, width, channels).
        """
        first, last = self.encode(images).means
        codes = np.linspace(first, last, steps)
        return codes, self.decode(codes)

    def anomalies(
        self, images: ImageDataset | NDArray[np.uint8], *, quantile: float = 0.99
    ) -> Anomalies:
        """Measure how unusual images are.

        Args:
            images: any number.
            quantile: share of the training's held-out images that stay below the threshold, in
                (0, 1).
        """
        pixels = self._in_form(images)
        codes = self.encode(pixels)
        errors = squared_error(self.decoder_, codes.means, pixels)
        typical_share = float(np.mean(self.held_out_.shares))
        shares = unexplained(errors, pixels)
        return Anomalies(
            score=anomaly_score(codes, shares, typical_share, int(np.prod(pixels.shape[1:]))),
            error=errors,
            distance=latent_distances(codes),
            threshold=interpolated_quantile(self.held_out_.scores, quantile),
        )

    @property
    def reach(self) -> float:
        """How far a grid must go in each direction to show what is typical: 3, or further.

        The prior lies within 3. The codes of few images may lie further apart: then it is as far
        as nine in ten of the held-out images.
        """
        check_is_fitted(self)
        return max(
            PRIOR_REACH, float(np.ceil(interpolated_quantile(self.held_out_.distances, 0.9)))
        )

    def _encoder(self) -> Any:
        check_is_fitted(self)
        return self.encoder_

    def _in_form(self, images: ImageDataset | NDArray[np.uint8]) -> NDArray[np.uint8]:
        return self.pixels(images) if isinstance(images, ImageDataset) else images

    def _schedule_for_many(self) -> TrainingSettings:
        return TrainingSettings(epochs=15, batch_size=128)

    def _shapes(self) -> list[tuple[int | None, ...]]:
        images = (*self.image_size_, self.channels_)
        return [images, *[(self.latent_dim,)] * 4, images]

    def _train(self, split: ImageSet) -> History:
        from peu.autoencoders.vae_training import fit_code_mixture, train_vae

        network, self.spectrum_, self.kl_weight_, history, self.restarts_ = train_vae(
            self, split, self._note
        )
        self.encoder_, self.decoder_ = network.encoder, network.decoder
        self.mixture_: CodeMixture = fit_code_mixture(
            network.encoder, split.train, seed=child_seed(self.seed, "mixture")
        )
        codes = self.encode(split.test)
        errors = squared_error(self.decoder_, codes.means, split.test)
        shares = unexplained(errors, split.test)
        score = anomaly_score(codes, shares, float(shares.mean()), split.test[0].size)
        self.held_out_ = HeldOutQuantiles(
            scores=_quantiles(score),
            errors=_quantiles(errors),
            shares=_quantiles(shares),
            distances=_quantiles(latent_distances(codes)),
        )
        return history


def interpolated_quantile(quantiles: tuple[float, ...], level: float) -> float:
    """A quantile between stored ones, which are evenly spaced from 0 to 1."""
    return float(np.interp(level, np.linspace(0, 1, len(quantiles)), quantiles))


def _quantiles(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.quantile(values, np.linspace(0, 1, _QUANTILES)).tolist())
