"""Codes of images in a latent space, and how much information each dimension carries."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

ACTIVE_VARIANCE = 0.01
_CHUNK = 500
# The contrast of a deviation of 8 grey levels: what is flatter counts as flat.
_FLAT = (8 / 255) ** 2


@dataclass(frozen=True, eq=False)
class Codes:
    """The normal distributions that an encoder gives for n images.

    Attributes:
        means: (n, latent_dim).
        log_variances: (n, latent_dim), natural logarithms.
    """

    means: NDArray[np.float64]
    log_variances: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.means)

    @property
    def divergences(self) -> NDArray[np.float64]:
        """KL divergence from the standard normal (n, latent_dim), in nats.

        It is never negative, and zero where a dimension carries no information on an image.
        """
        variances = np.exp(self.log_variances)
        return np.maximum(0, 0.5 * (variances + self.means**2 - 1 - self.log_variances))

    @property
    def kl(self) -> NDArray[np.float64]:
        """Mean KL divergence of each dimension (latent_dim,), in nats."""
        return np.asarray(self.divergences.mean(axis=0), np.float64)

    @property
    def active(self) -> NDArray[np.bool_]:
        """Whether each dimension moves with the images (latent_dim,): Var_x(E[z|x]) > 0.01.

        Source: Burda, Grosse and Salakhutdinov (2016), Importance weighted autoencoders.
        """
        return np.asarray(self.means.var(axis=0) > ACTIVE_VARIANCE, np.bool_)

    def draw(self, seed: int) -> NDArray[np.float32]:
        """Draw one code for each image (n, latent_dim)."""
        noise = np.random.default_rng(seed).standard_normal(self.means.shape)
        return (self.means + np.exp(0.5 * self.log_variances) * noise).astype(np.float32)


def encode_pixels(encoder: Any, pixels: NDArray[np.uint8]) -> Codes:
    """Encode images.

    Args:
        encoder: a keras.Model from pixels to [code, mean, log variance].
        pixels: (n, height, width, channels) of the size it takes.
    """
    from peu.networks.inference import run_in_batches

    _, means, log_variances = run_in_batches(encoder, pixels, _CHUNK)
    return Codes(means.astype(np.float64), log_variances.astype(np.float64))


def decode_codes(decoder: Any, codes: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Decode codes to images.

    Args:
        decoder: a keras.Model from codes to intensities.
        codes: (n, latent_dim).

    Returns:
        (n, height, width, channels) in [0, 1].
    """
    from peu.networks.inference import run_in_batches

    (images,) = run_in_batches(decoder, codes.astype(np.float32), _CHUNK)
    return images


def squared_error(
    decoder: Any, codes: NDArray[np.floating[Any]], pixels: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Mean squared error of each reconstruction (n,), in intensities of 0 to 1.

    Computed in chunks, so that thousands of reconstructions are never in memory at once.

    Args:
        decoder: as in `decode_codes`.
        codes: (n, latent_dim) of the images.
        pixels: (n, height, width, channels) in [0, 255].
    """
    errors = np.zeros(len(pixels))
    for at in range(0, len(pixels), _CHUNK):
        wanted = pixels[at : at + _CHUNK].astype(np.float32) / np.float32(255)
        found = decode_codes(decoder, codes[at : at + _CHUNK])
        errors[at : at + _CHUNK] = np.square(wanted - found).mean(axis=(1, 2, 3))
    return errors


def latent_distances(codes: Codes) -> NDArray[np.float64]:
    """Distance of each image's mean from the origin of the latent space (n,).

    In standard deviations of the prior: with 2 dimensions, half of its draws lie within 1.18.
    """
    return np.asarray(np.sqrt(np.square(codes.means).sum(axis=1)), np.float64)


def unexplained(errors: NDArray[np.float64], pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Share of each image's contrast that its reconstruction misses (n,).

    An image with little on it always has a small error. When each of ten digits was left out of
    the training in turn, the thin 1 was the hardest to detect by its error alone, with an area
    under the ROC curve of 0.37; by this share it was 0.83
    (`benchmarks/anomalies.py --epochs 5 --images 30000`).

    Args:
        errors: mean squared errors (n,), in intensities of 0 to 1.
        pixels: the images, (n, height, width, channels) in [0, 255].
    """
    shares = np.empty(len(errors))
    for at in range(0, len(errors), _CHUNK):
        part = pixels[at : at + _CHUNK].astype(np.float32) / np.float32(255)
        contrast = part.var(axis=(1, 2, 3))
        shares[at : at + _CHUNK] = errors[at : at + _CHUNK] / (contrast + _FLAT)
    return shares


def anomaly_score(
    codes: Codes, shares: NDArray[np.float64], typical_share: float, pixels: int
) -> NDArray[np.float64]:
    """Nats that encoding each image costs (n,), up to a constant.

    It is the negative evidence lower bound with a noise in proportion to each image's contrast,
    as strong as in held-out images.

    Args:
        codes: of the images.
        shares: of their contrast that reconstructions miss (n,), from `unexplained`.
        typical_share: mean share of held-out images, above 0.
        pixels: D, values in an image.
    """
    cost = shares * (pixels / (2 * typical_share)) + codes.divergences.sum(axis=1)
    return np.asarray(cost, np.float64)
