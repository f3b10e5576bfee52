"""Where the images of a training lie in a latent space, as a mixture to draw from."""

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MOST_PARTS = 10
_CODES_A_DIMENSION = 10
_LEAST_VARIANCE = 1e-6


@dataclass(frozen=True, eq=False)
class CodeMixture:
    """Hold a mixture of normal distributions over codes.

    Few images pin their codes down without filling the standard normal: what it draws then
    falls between them, where the decoder has learnt nothing.

    Attributes:
        weights: (parts,), summing to 1.
        means: (parts, latent).
        factors: (parts, latent, latent), lower triangular, whose products with their own
            transposes are the covariances.

    Raises:
        ValueError: numbers that cannot be these.

    Source: Ghosh, Sajjadi, Vergari, Black and Schölkopf (2020), From variational to
    deterministic autoencoders, ICLR, for a density fitted to the codes once training is over.
    """

    weights: NDArray[np.float64]
    means: NDArray[np.float64]
    factors: NDArray[np.float64]

    def __post_init__(self) -> None:
        parts, latent = self.means.shape if self.means.ndim == 2 else (0, 0)
        good = (
            min(parts, latent) > 0
            and self.weights.shape == (parts,)
            and self.factors.shape == (parts, latent, latent)
            and all(np.isfinite(each).all() for each in (self.weights, self.means, self.factors))
            and bool((self.weights >= 0).all())
            and abs(float(self.weights.sum()) - 1) < 1e-6
        )
        if not good:
            raise ValueError("a mixture needs weights that sum to 1, and a mean and factor each")

    def draw(self, count: int, seed: int) -> NDArray[np.float64]:
        """Draw codes (count, latent)."""
        generator = np.random.default_rng(seed)
        parts = generator.choice(len(self.weights), size=count, p=self.weights)
        noise = generator.standard_normal((count, self.means.shape[1], 1))
        return np.asarray(self.means[parts] + (self.factors[parts] @ noise)[..., 0])

    def to_dict(self) -> dict[str, Any]:
        """Give what JSON can hold."""
        return {
            "weights": self.weights.tolist(),
            "means": self.means.tolist(),
            "factors": self.factors.tolist(),
        }


def mixture_from_dict(stored: Any) -> CodeMixture:
    """Make a mixture from `CodeMixture.to_dict`'s form.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    return CodeMixture(
        *(np.asarray(stored[name], np.float64) for name in ("weights", "means", "factors"))
    )


def fit_mixture(codes: NDArray[np.floating[Any]], *, seed: int) -> CodeMixture:
    """Fit a mixture to codes: a part for every ten of them and dimension, at most ten parts.

    Args:
        codes: (n, latent), n at least 2, drawn from what the encoder says of each image.
        seed: of where the fitting starts.

    Returns:
        The mixture.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    count, latent = codes.shape
    mixture = GaussianMixture(
        min(_MOST_PARTS, max(1, count // (_CODES_A_DIMENSION * latent))),
        reg_covar=_LEAST_VARIANCE,
        random_state=seed % 2**32,
    )
    with warnings.catch_warnings():
        # Codes that coincide leave parts empty; what is fitted is still a density.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(codes.astype(np.float64))
    return CodeMixture(
        mixture.weights_ / mixture.weights_.sum(),
        mixture.means_,
        np.linalg.cholesky(mixture.covariances_),
    )
