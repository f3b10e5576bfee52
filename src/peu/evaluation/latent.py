"""How good a variational auto-encoder is: its bound, its error, its dimensions, its map."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.models.codes import Codes

NEIGHBOURS = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class LatentFigures:
    """Hold what held-out images say of a variational auto-encoder.

    Attributes:
        elbo: evidence lower bound of an image in nats, at the variance that is best for the
            mean error; higher is better, and figures of other images cannot be compared.
        mse: squared error of a pixel, in intensities of 0 to 1, with one code drawn for each
            image, as the bound wants it.
        mse_of_means: the same from the codes' means.
        kl: divergence of each dimension, in nats.
        active_units: how many dimensions move with the images.
        knn_accuracy: share of images whose class is that of most of the 10 nearest training
            images by their codes' means; None without labels.
        images: how many images were held out.
    """

    elbo: float
    mse: float
    mse_of_means: float
    kl: tuple[float, ...]
    active_units: int
    knn_accuracy: float | None
    images: int

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON holds them."""
        return {
            "elbo": self.elbo,
            "mse": self.mse,
            "mse_of_means": self.mse_of_means,
            "kl": list(self.kl),
            "active_units": self.active_units,
            "knn_accuracy": self.knn_accuracy,
            "images": self.images,
        }


def best_bound(mse: float, kl: float, pixels: int) -> float:
    """Give the evidence lower bound at the variance of pixels that makes it highest.

    With a normal decoder of one variance s^2 for all pixels,
    -ELBO = D / (2 s^2) MSE + D / 2 ln(2 pi s^2) + KL; it is best where s^2 = MSE.

    Args:
        mse: mean squared error of a pixel, above 0, with codes drawn from the encoder.
        kl: mean KL divergence of an image, in nats, summed over the dimensions.
        pixels: D, values in an image.

    Returns:
        Nats an image, of densities over intensities of 0 to 1: it can be above 0.

    Source: Rybkin, Daniilidis and Levine (2021), ICML.
    """
    return -pixels / 2 * (math.log(2 * math.pi * mse) + 1) - kl


def latent_figures(
    codes: Codes,
    mse: float,
    mse_of_means: float,
    pixels: int,
    knn_accuracy: float | None,
) -> LatentFigures:
    """Put the figures of held-out images together.

    Args:
        codes: of the held-out images.
        mse: with drawn codes.
        mse_of_means: with the means as codes.
        pixels: D, values in an image.
        knn_accuracy: of `neighbour_accuracy`, or None.
    """
    kl = codes.kl
    return LatentFigures(
        elbo=best_bound(mse, float(kl.sum()), pixels),
        mse=mse,
        mse_of_means=mse_of_means,
        kl=tuple(float(each) for each in kl),
        active_units=int(np.count_nonzero(codes.active)),
        knn_accuracy=knn_accuracy,
        images=len(codes),
    )


def neighbour_accuracy(
    known: Codes,
    known_labels: NDArray[np.int64],
    codes: Codes,
    labels: NDArray[np.int64],
    neighbours: int = NEIGHBOURS,
) -> float:
    """Recognise images by the training images that lie nearest in the latent space.

    Args:
        known: codes of the training images.
        known_labels: their classes (n,).
        codes: of the images to recognise.
        labels: their true classes (m,).
        neighbours: how many vote; all of them, where there are fewer training images.

    Returns:
        The share recognised, in [0, 1].
    """
    from sklearn.neighbors import KNeighborsClassifier

    voters = KNeighborsClassifier(min(neighbours, len(known)))
    voters.fit(known.means, known_labels)
    return float(np.mean(voters.predict(codes.means) == labels))
