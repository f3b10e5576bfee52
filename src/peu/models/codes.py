"""Where images lie in a latent space, and how much each dimension says of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import keras

ACTIVE_VARIANCE = 0.01
_CHUNK = 500
# The contrast of a deviation of 8 grey levels: what is flatter counts as flat.
_FLAT = (8 / 255) ** 2


@dataclass(frozen=True, eq=False)
class Codes:
    """Hold the normal distribution that an encoder gives each image.

    Attributes:
        means: (n, latent).
        log_variances: (n, latent), natural logarithms.
    """

    means: NDArray[np.float64]
    log_variances: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.means)

    @property
    def divergences(self) -> NDArray[np.float64]:
        """KL divergence from the standard normal of each image and dimension (n, latent), nats.

        It is never negative, and zero where the code says nothing of the image.
        """
        variances = np.exp(self.log_variances)
        return np.maximum(0, 0.5 * (variances + self.means**2 - 1 - self.log_variances))

    @property
    def kl(self) -> NDArray[np.float64]:
        """Mean KL divergence of each dimension (latent,), in nats."""
        return np.asarray(self.divergences.mean(axis=0), np.float64)

    @property
    def active(self) -> NDArray[np.bool_]:
        """Whether each dimension moves with the images (latent,): Var_x(E[z|x]) > 0.01.

        Source: Burda, Grosse and Salakhutdinov (2016), Importance weighted autoencoders.
        """
        return np.asarray(self.means.var(axis=0) > ACTIVE_VARIANCE, np.bool_)

    def draw(self, seed: int) -> NDArray[np.float32]:
        """Draw one code of each image (n, latent)."""
        noise = np.random.default_rng(seed).standard_normal(self.means.shape)
        return (self.means + np.exp(0.5 * self.log_variances) * noise).astype(np.float32)


def encode_pixels(encoder: Any, pixels: NDArray[np.uint8]) -> Codes:
    """Find where images lie.

    Args:
        encoder: a keras.Model from pixels to [code, mean, log variance].
        pixels: (n, height, width, channels) of the size it takes.
    """
    means, log_variances = [], []
    for at in range(0, len(pixels), _CHUNK):
        _, mean, log_variance = encoder(pixels[at : at + _CHUNK], training=False)
        means.append(keras.ops.convert_to_numpy(mean))
        log_variances.append(keras.ops.convert_to_numpy(log_variance))
    latent = int(encoder.output_shape[1][-1])
    empty = np.zeros((0, latent))
    return Codes(
        np.concatenate([empty, *means]).astype(np.float64),
        np.concatenate([empty, *log_variances]).astype(np.float64),
    )


def decode_codes(decoder: Any, codes: NDArray[np.floating[Any]]) -> NDArray[np.float32]:
    """Draw the images of codes.

    Args:
        decoder: a keras.Model from codes to intensities.
        codes: (n, latent).

    Returns:
        (n, height, width, channels) in [0, 1].
    """
    parts = [
        keras.ops.convert_to_numpy(
            decoder(codes[at : at + _CHUNK].astype(np.float32), training=False)
        )
        for at in range(0, len(codes), _CHUNK)
    ]
    return np.concatenate([np.zeros((0, *decoder.output_shape[1:]), np.float32), *parts])


def squared_error(
    decoder: Any, codes: NDArray[np.floating[Any]], pixels: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """Give the mean squared error of each image (n,), in intensities of 0 to 1.

    A chunk at a time: thousands of reconstructions need not be in memory at once.

    Args:
        decoder: as in `decode_codes`.
        codes: (n, latent) of the images.
        pixels: (n, height, width, channels) in [0, 255].
    """
    errors = np.zeros(len(pixels))
    for at in range(0, len(pixels), _CHUNK):
        wanted = pixels[at : at + _CHUNK].astype(np.float32) / np.float32(255)
        found = decode_codes(decoder, codes[at : at + _CHUNK])
        errors[at : at + _CHUNK] = np.square(wanted - found).mean(axis=(1, 2, 3))
    return errors


def latent_distances(codes: Codes) -> NDArray[np.float64]:
    """Give how far each image's mean lies from the middle of the map (n,).

    In standard deviations of the prior: at 2 dimensions, half of what the decoder was made for
    lies within 1.18.
    """
    return np.asarray(np.sqrt(np.square(codes.means).sum(axis=1)), np.float64)


def unexplained(errors: NDArray[np.float64], pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Give the share of each image's contrast that its reconstruction misses (n,).

    An image with little on it has a small error whatever becomes of it. Of ten digits left out
    of a map in turn, the thin 1 was the worst recognised as odd by its error alone: 0.37 under the
    ROC curve, and 0.83 by this share (`benchmarks/anomalies.py --epochs 5 --images 30000`).

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


def unusualness(
    codes: Codes, shares: NDArray[np.float64], usual_share: float, pixels: int
) -> NDArray[np.float64]:
    """Give the nats that telling each image costs (n,), up to a constant: error and distance.

    It is the negative evidence lower bound, the noise of each image being in proportion to its
    contrast, as large as in held-out images.

    Args:
        codes: of the images.
        shares: of their contrast that reconstructions miss (n,), of `unexplained`.
        usual_share: that of held-out images, above 0.
        pixels: D, values in an image.
    """
    cost = shares * (pixels / (2 * usual_share)) + codes.divergences.sum(axis=1)
    return np.asarray(cost, np.float64)
