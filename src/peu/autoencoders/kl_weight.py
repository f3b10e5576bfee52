"""What a kl_weight will do, told from the images alone, before anything is trained."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MOST_WIDE = 2048
_MOST_IMAGES_OF_WIDE = 2000
_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Hold how far images spread along their principal components.

    Attributes:
        eigenvalues: the largest variances, in squared intensities, falling.
        total: the sum of all variances.
        pixels: D, the values in an image: height times width times channels.
    """

    eigenvalues: NDArray[np.float64]
    total: float
    pixels: int

    @property
    def bounds(self) -> NDArray[np.float64]:
        """The kl_weight 2 lambda_i / D from which dimension i must stay empty.

        A kl_weight c stands for pixels with noise of variance c D / 2. Where that is more than
        the i-th component varies, telling the component costs more nats than it saves: the best
        linear auto-encoder leaves the dimension at the prior. The sheet's network was measured
        to do the same.

        Source: Lucas, Tucker, Grosse and Norouzi (2019), Don't blame the ELBO! A linear VAE
        perspective on posterior collapse, NeurIPS.
        """
        return 2 * self.eigenvalues / self.pixels

    @property
    def start(self) -> float:
        """The kl_weight that suits the mean image as reconstruction: 2 Var / D."""
        return 2 * self.total / self.pixels**2

    def fillable(self, kl_weight: float, latent: int) -> int:
        """Give how many of so many dimensions can carry something under a kl_weight."""
        return int(np.count_nonzero(self.bounds[:latent] > kl_weight))


def image_spectrum(pixels: NDArray[np.uint8], count: int) -> Spectrum:
    """Find the principal variances of images.

    Images of more than 2,048 values are judged by 2,000 of them, evenly taken; their
    covariance among themselves has the same eigenvalues as that of their pixels.

    Args:
        pixels: (n, height, width, channels), n at least 2.
        count: how many variances are wanted; there are at most as many as images less one.

    Returns:
        The spectrum, in squared intensities of 0 to 1.
    """
    wide = int(np.prod(pixels.shape[1:]))
    if wide > _MOST_WIDE and len(pixels) > _MOST_IMAGES_OF_WIDE:
        pixels = pixels[np.linspace(0, len(pixels) - 1, _MOST_IMAGES_OF_WIDE).astype(int)]
    rows = pixels.reshape(len(pixels), wide)
    mean = rows.mean(axis=0, dtype=np.float64) / 255
    if wide <= len(rows):
        matrix = np.zeros((wide, wide))
        for start in range(0, len(rows), _CHUNK):
            part = _centred(rows[start : start + _CHUNK], mean)
            matrix += part.T @ part
    else:
        centred = _centred(rows, mean)
        matrix = (centred @ centred.T).astype(np.float64)
    matrix /= len(rows)
    found = np.linalg.eigvalsh(matrix)[::-1][:count]
    eigenvalues = np.zeros(count)
    eigenvalues[: len(found)] = np.maximum(found, 0)
    return Spectrum(eigenvalues, float(np.trace(matrix)), wide)


def collapse_warning(spectrum: Spectrum, kl_weight: float, latent: int) -> str | None:
    """Say before training what a kl_weight must lead to, or nothing where it can work.

    Args:
        spectrum: of the training images, with `latent` eigenvalues or more.
        kl_weight: of the KL term.
        latent: dimensions of the code.

    Example:
        >>> collapse_warning(Spectrum(np.array([5.0, 4.0]), 50.0, 784), 1.0, 2)
        'Coefficient 1 will leave 2 of 2 dimensions empty: on these images it must stay below \
0.0102 (2 lambda / D). Try `auto`.'
    """
    fillable = spectrum.fillable(kl_weight, latent)
    if fillable == latent:
        return None
    return (
        f"Coefficient {kl_weight:g} will leave {latent - fillable} of {latent} dimensions empty: "
        f"on these images it must stay below {spectrum.bounds[latent - 1]:.3g} (2 lambda / D). "
        "Try `auto`."
    )


def _centred(rows: NDArray[np.uint8], mean: NDArray[np.float64]) -> NDArray[np.float32]:
    return (rows.astype(np.float32) / np.float32(255)) - mean.astype(np.float32)
