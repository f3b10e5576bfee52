"""Where the images of a training lie in a latent space, as a mixture to draw from."""

import warnings
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray
from pydantic import PlainSerializer, PlainValidator

_MAX_COMPONENTS = 10
_CODES_PER_DIMENSION = 10
_MIN_VARIANCE = 1e-6

FloatArray = Annotated[
    NDArray[np.float64],
    PlainValidator(lambda value: np.array(value, np.float64)),
    PlainSerializer(lambda array: array.tolist()),
]


@dataclass(frozen=True, eq=False)
class CodeMixture:
    """A Gaussian mixture over codes.

    The codes of few images do not fill the standard normal: samples from it fall between them,
    where the decoder has learnt nothing.

    Attributes:
        weights: (k,), summing to 1.
        means: (k, latent_dim).
        factors: (k, latent_dim, latent_dim), the Cholesky factors of the covariances.

    Raises:
        ValueError: wrong shapes, values that are not finite, or weights that are none.

    Source: Ghosh, Sajjadi, Vergari, Black and Schölkopf (2020), From variational to
    deterministic autoencoders, ICLR, for a density fitted to the codes after training.
    """

    weights: FloatArray
    means: FloatArray
    factors: FloatArray

    def __post_init__(self) -> None:
        components, latent_dim = self.means.shape if self.means.ndim == 2 else (0, 0)
        if not (
            min(components, latent_dim) > 0
            and self.weights.shape == (components,)
            and self.factors.shape == (components, latent_dim, latent_dim)
            and all(np.isfinite(each).all() for each in (self.weights, self.means, self.factors))
            and bool((self.weights >= 0).all())
            and abs(float(self.weights.sum()) - 1) < 1e-6
        ):
            raise ValueError("a mixture needs weights that sum to 1, and a mean and factor each")

    def draw(self, count: int, seed: int) -> NDArray[np.float64]:
        """Draw codes (count, latent_dim)."""
        generator = np.random.default_rng(seed)
        chosen = generator.choice(len(self.weights), size=count, p=self.weights)
        noise = generator.standard_normal((count, self.means.shape[1], 1))
        return np.asarray(self.means[chosen] + (self.factors[chosen] @ noise)[..., 0])


def fit_mixture(codes: NDArray[np.floating[Any]], *, seed: int) -> CodeMixture:
    """Fit a mixture with one component per ten codes and dimension, at most ten.

    Args:
        codes: (n, latent_dim), n at least 2, drawn from the encoder's distributions.
        seed: random seed of the initialisation.
    """
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    count, latent_dim = codes.shape
    mixture = GaussianMixture(
        min(_MAX_COMPONENTS, max(1, count // (_CODES_PER_DIMENSION * latent_dim))),
        reg_covar=_MIN_VARIANCE,
        random_state=seed,
    )
    with warnings.catch_warnings():
        # Codes that coincide leave components empty; the result is still a density.
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(codes.astype(np.float64))
    return CodeMixture(
        mixture.weights_ / mixture.weights_.sum(),
        mixture.means_,
        np.linalg.cholesky(mixture.covariances_),
    )
