"""How good a variational auto-encoder is: its bound, its error, its dimensions, its map."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.fitted.codes import Codes

NEIGHBOURS = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class LatentFigures:
    """Hold what held-out pictures say of a variational auto-encoder.

    Attributes:
        elbo: evidence lower bound of a picture in nats, at the variance that is best for the
            mean error; higher is better, and figures of other pictures cannot be compared.
        mse: squared error of a pixel, in intensities of 0 to 1, with one code drawn for each
            picture, as the bound wants it.
        mse_of_means: the same from the codes' means.
        kl: divergence of each dimension, in nats.
        active_units: how many dimensions move with the pictures.
        knn_accuracy: share of pictures whose class is that of most of the 10 nearest training
            pictures by their codes' means; None without labels.
        pictures: how many pictures were held out.
    """

    elbo: float
    mse: float
    mse_of_means: float
    kl: tuple[float, ...]
    active_units: int
    knn_accuracy: float | None
    pictures: int

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON holds them."""
        return {
            "elbo": self.elbo,
            "mse": self.mse,
            "mse_of_means": self.mse_of_means,
            "kl": list(self.kl),
            "active_units": self.active_units,
            "knn_accuracy": self.knn_accuracy,
            "pictures": self.pictures,
        }


def best_bound(mse: float, kl: float, pixels: int) -> float:
    """Give the evidence lower bound at the variance of pixels that makes it highest.

    With a normal decoder of one variance s^2 for all pixels,
    -ELBO = D / (2 s^2) MSE + D / 2 ln(2 pi s^2) + KL; it is best where s^2 = MSE.

    Args:
        mse: mean squared error of a pixel, above 0, with codes drawn from the encoder.
        kl: mean KL divergence of a picture, in nats, summed over the dimensions.
        pixels: D, values in a picture.

    Returns:
        Nats a picture, of densities over intensities of 0 to 1: it can be above 0.

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
    """Put the figures of held-out pictures together.

    Args:
        codes: of the held-out pictures.
        mse: with drawn codes.
        mse_of_means: with the means as codes.
        pixels: D, values in a picture.
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
        pictures=len(codes),
    )


def neighbour_accuracy(
    known: Codes,
    known_labels: NDArray[np.int64],
    codes: Codes,
    labels: NDArray[np.int64],
    neighbours: int = NEIGHBOURS,
) -> float:
    """Recognise pictures by the training pictures that lie nearest in the latent space.

    Args:
        known: codes of the training pictures.
        known_labels: their classes (n,).
        codes: of the pictures to recognise.
        labels: their true classes (m,).
        neighbours: how many vote; all of them, where there are fewer training pictures.

    Returns:
        The share recognised, in [0, 1].
    """
    from sklearn.neighbors import KNeighborsClassifier

    voters = KNeighborsClassifier(min(neighbours, len(known)))
    voters.fit(known.means, known_labels)
    return float(np.mean(voters.predict(codes.means) == labels))
