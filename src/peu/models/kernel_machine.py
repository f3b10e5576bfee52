"""A support vector machine on descriptors as a fitted model: plain arrays, no pickle."""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.models.arrays import check_answers, read_arrays, write_arrays
from peu.models.descriptors import colour_statistics, gradient_histograms

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class KernelMachine:
    """Hold what a one-against-one support vector machine learnt, as arrays.

    Attributes:
        support_vectors: (s, d) standardised descriptors, grouped by class.
        coefficients: (k - 1, s), LIBSVM's dual coefficients.
        intercepts: (k (k - 1) / 2,), one a pair of classes.
        support_counts: (k,), support vectors of each class.
        gamma: of the kernel exp(-gamma |x - y|^2), or 0 for the linear kernel.
        temperature: what scores are divided by before the softmax.
        centre: (d,), subtracted from descriptors.
        scale: (d,), what they are divided by.
        orientations: bins of the gradient histograms.
        cell_size: in pixels.
        block_size: in cells.
        with_colour: whether colour statistics follow the histograms.
        height: of the images, in pixels.
        width: of the images, in pixels.

    Source: Chang and Lin (2011), LIBSVM; Guo et al. (2017) for the temperature.
    """

    file_name: ClassVar[str] = "model.npz"

    support_vectors: Array
    coefficients: Array
    intercepts: Array
    support_counts: NDArray[np.int64]
    gamma: float
    temperature: float
    centre: Array
    scale: Array
    orientations: int
    cell_size: int
    block_size: int
    with_colour: bool
    height: int
    width: int

    @property
    def image_size(self) -> tuple[int, int]:
        """Give the (height, width) of the images that it takes, in pixels."""
        return self.height, self.width

    @property
    def class_count(self) -> int:
        """Give how many classes it tells apart."""
        return len(self.support_counts)

    def predict_proba(self, pixels: NDArray[np.uint8]) -> Array:
        """Give the probabilities of the classes.

        Args:
            pixels: (n, height, width, 3) in [0, 255].

        Returns:
            (n, k), rows summing to 1.
        """
        if len(pixels) == 0:
            return np.zeros((0, self.class_count))
        descriptors = gradient_histograms(
            pixels,
            orientations=self.orientations,
            cell_size=self.cell_size,
            block_size=self.block_size,
        )
        if self.with_colour:
            descriptors = np.hstack([descriptors, colour_statistics(pixels)])
        return softmax(self.scores(descriptors) / self.temperature)

    def scores(self, descriptors: Array) -> Array:
        """Give each class's votes against the others, refined by how clear they were.

        Args:
            descriptors: (n, d), not yet standardised.

        Returns:
            (n, k); the largest is the predicted class.
        """
        kernel = self._kernel((descriptors - self.centre) / self.scale)
        count = self.class_count
        ends = np.cumsum(self.support_counts)
        starts = ends - self.support_counts
        votes = np.zeros((len(kernel), count))
        clarity = np.zeros((len(kernel), count))
        pair = 0
        for i in range(count):
            for j in range(i + 1, count):
                decision = (
                    kernel[:, starts[i] : ends[i]] @ self.coefficients[j - 1, starts[i] : ends[i]]
                    + kernel[:, starts[j] : ends[j]] @ self.coefficients[i, starts[j] : ends[j]]
                    + self.intercepts[pair]
                )
                for_i = decision > 0
                votes[:, i] += for_i
                votes[:, j] += ~for_i
                clarity[:, i] += decision
                clarity[:, j] -= decision
                pair += 1
        return np.asarray(votes + clarity / (3 * (np.abs(clarity) + 1)))

    def _kernel(self, x: Array) -> Array:
        products: Array = x @ self.support_vectors.T
        if self.gamma == 0:
            return products
        squares = (x**2).sum(axis=1)[:, None] + (self.support_vectors**2).sum(axis=1)[None, :]
        return np.asarray(np.exp(-self.gamma * np.maximum(squares - 2 * products, 0)))

    def write(self, folder: Path) -> None:
        """Write the arrays into a bundle's folder."""
        write_arrays(
            folder / self.file_name,
            {setting.name: getattr(self, setting.name) for setting in fields(self)},
        )

    @classmethod
    def read(cls, folder: Path) -> "KernelMachine":
        """Read the arrays of a bundle.

        Raises:
            BundleError: the file does not hold a kernel machine.
        """

        def build(values: dict[str, Any]) -> KernelMachine:
            machine = cls(**values)
            check_answers(machine)
            return machine

        return read_arrays(
            folder / cls.file_name,
            [setting.name for setting in fields(cls)],
            build,
            what="a kernel machine",
        )


def softmax(scores: Array) -> Array:
    """Turn scores into probabilities, row by row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
