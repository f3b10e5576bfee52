"""A linear classifier on Fisher vectors, saved as plain arrays."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.models.arrays import check_predicts, read_arrays, write_arrays
from peu.models.kernel_machine import softmax
from peu.models.patches import PatchGrid, describe_patches

Array = NDArray[np.float64]
_POWER = 0.5


@dataclass(frozen=True, eq=False, kw_only=True)
class Codebook:
    """A Gaussian mixture of patch descriptors.

    Attributes:
        centre: (136,), the mean descriptor.
        projection: (136, p), onto the directions of largest variance.
        place_weight: factor of positions, which are appended to the p numbers.
        shares: (c,), weights of the components, summing to 1.
        means: (c, p + 2) of the components.
        variances: (c, p + 2) of the components.
    """

    centre: Array = field(repr=False)
    projection: Array = field(repr=False)
    place_weight: float
    shares: Array = field(repr=False)
    means: Array = field(repr=False)
    variances: Array = field(repr=False)

    def project(self, described: NDArray[np.float32], placed: NDArray[np.float32]) -> Array:
        """Project descriptors (m, 136) and positions (m, 2) to the mixture's space, (m, p + 2)."""
        short = (described - self.centre) @ self.projection
        return np.hstack([short, self.place_weight * placed])

    def encode(self, patches: Iterable[Array]) -> NDArray[np.float32]:
        """Fisher vectors: gradients of the mixture's log-likelihood over each image's patches.

        Args:
            patches: (m, p + 2) for each image, from `project`.

        Returns:
            (n, c (2 (p + 2) + 1)), rows of length 1: for each component its share, means and
            variances. Signed square roots keep a few frequent patches from drowning the rest.

        Source: Perronnin, Sanchez and Mensink (2010), sections 2 and 3.
        """
        from skimage.feature import fisher_vector

        mixture = self._mixture()
        rows = [
            fisher_vector(each, mixture, improved=True, alpha=_POWER).astype(np.float32)
            for each in patches
        ]
        return np.stack(rows)

    def _mixture(self) -> Any:
        """scikit-learn's mixture with these parameters, not fitted."""
        from sklearn.mixture import GaussianMixture

        mixture = GaussianMixture(len(self.shares), covariance_type="diag")
        mixture.weights_ = self.shares
        mixture.means_ = self.means
        mixture.covariances_ = self.variances
        mixture.precisions_cholesky_ = 1 / np.sqrt(self.variances)
        return mixture


@dataclass(frozen=True, eq=False, kw_only=True)
class FisherMachine:
    """A codebook of patches and a linear classifier for each class.

    Attributes:
        codebook: turns patches into an image's vector.
        weights: (k, d), one row per class.
        intercepts: (k,).
        temperature: scores are divided by it before the softmax.
        grid: where patches are taken.
        height: of the images, in pixels.
        width: of the images, in pixels.

    Source: Perronnin, Sanchez and Mensink (2010); Guo et al. (2017) for the temperature.
    """

    file_name: ClassVar[str] = "fisher.npz"

    codebook: Codebook
    weights: Array = field(repr=False)
    intercepts: Array = field(repr=False)
    temperature: float
    grid: PatchGrid
    height: int
    width: int

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of its input, in pixels."""
        return self.height, self.width

    @property
    def class_count(self) -> int:
        """Number of classes."""
        return len(self.intercepts)

    def predict_proba(self, pixels: NDArray[np.uint8]) -> Array:
        """Predict the probabilities of the classes.

        Args:
            pixels: (n, height, width, 3) in [0, 255].

        Returns:
            (n, k), rows summing to 1.
        """
        if len(pixels) == 0:
            return np.zeros((0, self.class_count))
        vectors = self.codebook.encode(
            self.codebook.project(*describe_patches(image, self.grid)) for image in pixels
        )
        return softmax(self.scores(vectors) / self.temperature)

    def scores(self, vectors: NDArray[np.float32]) -> Array:
        """Score of each class (n, k) for Fisher vectors (n, d): distance from its boundary."""
        return linear_scores(vectors, self.weights, self.intercepts)

    def write(self, folder: Path) -> None:
        """Write the arrays into a bundle's folder."""
        own = {name: value for name, value in vars(self).items() if name in _own_names()}
        write_arrays(folder / self.file_name, {**own, **vars(self.codebook), **vars(self.grid)})

    @classmethod
    def read(cls, folder: Path) -> "FisherMachine":
        """Read the arrays of a bundle.

        Raises:
            BundleError: the file does not contain such a classifier.
        """

        def build(values: dict[str, Any]) -> FisherMachine:
            values["scales"] = tuple(np.atleast_1d(values["scales"]).tolist())
            machine = cls(
                codebook=Codebook(**{name: values[name] for name in _names(Codebook)}),
                grid=PatchGrid(**{name: values[name] for name in _names(PatchGrid)}),
                **{name: values[name] for name in _own_names()},
            )
            check_predicts(machine)
            return machine

        names = [*_own_names(), *_names(Codebook), *_names(PatchGrid)]
        return read_arrays(folder / cls.file_name, names, build, what="Fisher vectors")


def _names(part: type[Any]) -> list[str]:
    return [each.name for each in fields(part)]


def _own_names() -> list[str]:
    return [name for name in _names(FisherMachine) if name not in ("codebook", "grid")]


def linear_scores(vectors: NDArray[np.float32], weights: Array, intercepts: Array) -> Array:
    """Score of each class (n, k) for Fisher vectors (n, d): distance from its boundary."""
    return np.asarray(vectors.astype(np.float64) @ weights.T + intercepts)
