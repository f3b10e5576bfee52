"""Quality of a variational auto-encoder: its bound, error, and latent dimensions."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.models.codes import Codes

NEIGHBOURS = 10


@dataclass(frozen=True, eq=False, kw_only=True)
class LatentFigures:
    """Quality of a variational auto-encoder on held-out images.

    Attributes:
        elbo: evidence lower bound for an image in nats, at the pixel variance that makes it
            highest; higher is better. Values of different images cannot be compared.
        mse: mean squared error of a pixel, for intensities from 0 to 1, with one code drawn
            from the encoder for each image, as the bound requires.
        mse_of_means: the same with the means of the codes.
        kl: divergence of each dimension, in nats.
        active_units: number of dimensions that vary with the image.
        knn_accuracy: share of images recognised by the 10 nearest training images in the
            latent space; None without labels.
        images: number of held-out images.
    """

    elbo: float
    mse: float
    mse_of_means: float
    kl: tuple[float, ...]
    active_units: int
    knn_accuracy: float | None
    images: int


def best_bound(mse: float, kl: float, pixels: int) -> float:
    """Evidence lower bound at the pixel variance that makes it highest.

    With a normal decoder of one variance s^2 for all pixels,
    -ELBO = D / (2 s^2) MSE + D / 2 ln(2 pi s^2) + KL; it is best where s^2 = MSE.

    Args:
        mse: mean squared error of a pixel, above 0, with codes drawn from the encoder.
        kl: mean KL divergence of an image, in nats, summed over the dimensions.
        pixels: D, values in an image.

    Returns:
        Nats for each image. As a log density over intensities from 0 to 1, it can be above 0.

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
    """Quality of a variational auto-encoder from its codes and errors.

    Args:
        codes: of the held-out images.
        mse: with drawn codes.
        mse_of_means: with the means as codes.
        pixels: D, values in an image.
        knn_accuracy: from `neighbour_accuracy`, or None without labels.
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
    """Accuracy of recognising images by the nearest training images in the latent space.

    Args:
        known: codes of the training images.
        known_labels: (n,) class indices.
        codes: of the images to recognise.
        labels: (m,) true class indices.
        neighbours: number of neighbours that vote; at most the number of training images.

    Returns:
        The accuracy, in [0, 1].
    """
    from sklearn.neighbors import KNeighborsClassifier

    classifier = KNeighborsClassifier(min(neighbours, len(known)))
    return float(classifier.fit(known.means, known_labels).score(codes.means, labels))
