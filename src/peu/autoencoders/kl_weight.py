"""What a KL weight will lead to, predicted from the images before training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MOST_WIDE = 2048
_MOST_IMAGES_OF_WIDE = 2000
_CHUNK = 4096


@dataclass(frozen=True, eq=False)
class Spectrum:
    """Variances of images along their principal components.

    Attributes:
        eigenvalues: the largest variances, in squared intensities, in falling order.
        total: the sum of all variances.
        pixels: D, the values in an image: height times width times channels.
    """

    eigenvalues: tuple[float, ...]
    total: float
    pixels: int

    @property
    def bounds(self) -> NDArray[np.float64]:
        """KL weights 2 lambda_i / D from which dimension i must stay empty.

        A KL weight c stands for pixels with noise of variance c D / 2. Where that is more than
        the variance of the i-th component, encoding the component costs more nats than it saves:
        the best linear auto-encoder leaves the dimension at the prior. The sheet's network was
        measured to do the same.

        Source: Lucas, Tucker, Grosse and Norouzi (2019), Don't blame the ELBO! A linear VAE
        perspective on posterior collapse, NeurIPS.
        """
        return 2 * np.array(self.eigenvalues) / self.pixels

    @property
    def start(self) -> float:
        """The KL weight that suits the mean image as reconstruction: 2 Var / D."""
        return 2 * self.total / self.pixels**2

    def usable_dimensions(self, kl_weight: float, latent_dim: int) -> int:
        """How many of `latent_dim` dimensions can carry information under a KL weight."""
        return int(np.count_nonzero(self.bounds[:latent_dim] > kl_weight))


def image_spectrum(pixels: NDArray[np.uint8], count: int) -> Spectrum:
    """Compute the principal variances of images.

    Of images with more than 2,048 values, 2,000 evenly spaced ones are used; their Gram matrix
    has the same eigenvalues as the covariance of their pixels.

    Args:
        pixels: (n, height, width, channels), n at least 2.
        count: number of variances; those beyond n - 1 are 0.

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
    return Spectrum(tuple(eigenvalues.tolist()), float(np.trace(matrix)), wide)


def collapse_warning(spectrum: Spectrum, kl_weight: float, latent_dim: int) -> str | None:
    """Predict before training which dimensions a KL weight leaves empty; None if none.

    Args:
        spectrum: of the training images, with `latent_dim` eigenvalues or more.
        kl_weight: of the KL term.
        latent_dim: dimensions of the code.

    Example:
        >>> collapse_warning(Spectrum((5.0, 4.0), 50.0, 784), 1.0, 2)
        'KL weight 1 will leave 2 of 2 dimensions empty: on these images it must stay below \
0.0102 (2 lambda / D). Try `auto`.'
    """
    usable = spectrum.usable_dimensions(kl_weight, latent_dim)
    if usable == latent_dim:
        return None
    return (
        f"KL weight {kl_weight:g} will leave {latent_dim - usable} of {latent_dim} dimensions "
        f"empty: on these images it must stay below {spectrum.bounds[latent_dim - 1]:.3g} "
        "(2 lambda / D). Try `auto`."
    )


def _centred(rows: NDArray[np.uint8], mean: NDArray[np.float64]) -> NDArray[np.float32]:
    return (rows.astype(np.float32) / np.float32(255)) - mean.astype(np.float32)
