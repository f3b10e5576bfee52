"""A linear machine on Fisher vectors as a fitted model: plain arrays, no pickle."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.models.arrays import check_answers, read_arrays, write_arrays
from peu.models.kernel_machine import softmax
from peu.models.patches import PatchGrid, describe_patches

Array = NDArray[np.float64]
_EVENED = 0.5
_OWN = ("weights", "intercepts", "temperature", "height", "width")


@dataclass(frozen=True, eq=False, kw_only=True)
class Codebook:
    """Hold what patches look like in general, as a mixture of normal distributions.

    Attributes:
        centre: (136,), the mean description of a patch.
        projection: (136, p), onto the directions in which descriptions differ most.
        place_weight: what places are multiplied by when they join the p numbers.
        shares: (c,), of the mixture's parts, summing to 1.
        means: (c, p + 2) of the parts, of p numbers and the place.
        variances: (c, p + 2), the same.
    """

    centre: Array
    projection: Array
    place_weight: float
    shares: Array
    means: Array
    variances: Array

    def project(self, described: NDArray[np.float32], placed: NDArray[np.float32]) -> Array:
        """Bring descriptions (m, 136) and places (m, 2) to what the mixture is of, (m, p + 2)."""
        short = (described - self.centre) @ self.projection
        return np.hstack([short, self.place_weight * placed])

    def encode(self, patches: Iterable[Array]) -> NDArray[np.float32]:
        """Turn each image's patches into the change that they would make in the mixture.

        Args:
            patches: for each image what `project` gave, (m, p + 2).

        Returns:
            (n, c (2 (p + 2) + 1)) of length 1: for each part its share, means and variances,
            square roots taken so that a few frequent patches do not drown the rest.

        Source: Perronnin, Sanchez and Mensink (2010), sections 2 and 3.
        """
        from skimage.feature import fisher_vector

        mixture = self._mixture()
        rows = [
            fisher_vector(each, mixture, improved=True, alpha=_EVENED).astype(np.float32)
            for each in patches
        ]
        return np.stack(rows)

    def _mixture(self) -> Any:
        """Give scikit-learn's own mixture, set to these arrays rather than fitted."""
        from sklearn.mixture import GaussianMixture

        mixture = GaussianMixture(len(self.shares), covariance_type="diag")
        mixture.weights_ = self.shares
        mixture.means_ = self.means
        mixture.covariances_ = self.variances
        mixture.precisions_cholesky_ = 1 / np.sqrt(self.variances)
        return mixture


@dataclass(frozen=True, eq=False, kw_only=True)
class FisherMachine:
    """Hold a codebook of patches and a linear machine for each class.

    Attributes:
        codebook: turns patches into an image's vector.
        weights: (k, d), one row a class.
        intercepts: (k,).
        temperature: what scores are divided by before the softmax.
        grid: where patches are taken.
        height: of the images, in pixels.
        width: of the images, in pixels.

    Source: Perronnin, Sanchez and Mensink (2010); Guo et al. (2017) for the temperature.
    """

    file_name: ClassVar[str] = "fisher.npz"

    codebook: Codebook
    weights: Array
    intercepts: Array
    temperature: float
    grid: PatchGrid
    height: int
    width: int

    @property
    def image_size(self) -> tuple[int, int]:
        """Give the (height, width) of the images that it takes, in pixels."""
        return self.height, self.width

    @property
    def class_count(self) -> int:
        """Give how many classes it tells apart."""
        return len(self.intercepts)

    def predict_proba(self, pixels: NDArray[np.uint8]) -> Array:
        """Give the probabilities of the classes.

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
        """Give how far each image (n, d) lies on the side of each class, (n, k)."""
        return linear_scores(vectors, self.weights, self.intercepts)

    def write(self, folder: Path) -> None:
        """Write the arrays into a bundle's folder."""
        own = {name: getattr(self, name) for name in _OWN}
        write_arrays(
            folder / self.file_name,
            {
                **own,
                **{
                    setting.name: getattr(self.codebook, setting.name)
                    for setting in fields(Codebook)
                },
                **{setting.name: getattr(self.grid, setting.name) for setting in fields(PatchGrid)},
            },
        )

    @classmethod
    def read(cls, folder: Path) -> "FisherMachine":
        """Read the arrays of a bundle.

        Raises:
            BundleError: the file does not hold such a machine.
        """
        names = [setting.name for part in (Codebook, PatchGrid) for setting in fields(part)]

        def build(values: dict[str, Any]) -> FisherMachine:
            grid = PatchGrid(
                scales=tuple(np.atleast_1d(values["scales"]).tolist()),
                radius=values["radius"],
                step=values["step"],
            )
            machine = cls(
                **{name: values[name] for name in _OWN},
                codebook=Codebook(
                    **{setting.name: values[setting.name] for setting in fields(Codebook)}
                ),
                grid=grid,
            )
            check_answers(machine)
            return machine

        return read_arrays(folder / cls.file_name, [*_OWN, *names], build, what="Fisher vectors")


def linear_scores(vectors: NDArray[np.float32], weights: Array, intercepts: Array) -> Array:
    """Give how far each image (n, d) lies on the side of each class, (n, k)."""
    return np.asarray(vectors.astype(np.float64) @ weights.T + intercepts)
