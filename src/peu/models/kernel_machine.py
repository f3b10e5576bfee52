"""A support vector machine on HOG features, saved as plain arrays."""

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.images.resizing import check_image_size
from peu.images.workers import small_products
from peu.models.arrays import check_positive, check_predicts, read_arrays, write_arrays
from peu.models.hog_features import COLOUR_WIDTH, colour_statistics, gradient_histograms

Array = NDArray[np.float64]
# Each two classes have a machine of their own.
_MOST_CLASSES = 1000


@dataclass(frozen=True, eq=False, kw_only=True)
class KernelMachine:
    """A one-against-one support vector machine on HOG features, as arrays.

    Attributes:
        support_vectors: (s, d) standardised features, grouped by class.
        coefficients: (k - 1, s), LIBSVM's dual coefficients.
        intercepts: (k (k - 1) / 2,), one per pair of classes.
        support_counts: (k,), support vectors of each class.
        gamma: of the kernel exp(-gamma |x - y|^2), or 0 for the linear kernel.
        temperature: scores are divided by it before the softmax.
        centre: (d,), subtracted from features.
        scale: (d,), features are divided by it.
        orientations: bins of the gradient histograms.
        cell_size: in pixels.
        block_size: in cells.
        with_colour: whether colour statistics follow the histograms.
        height: of the images, in pixels.
        width: of the images, in pixels.

    Source: Chang and Lin (2011), LIBSVM; Guo et al. (2017) for the temperature.
    """

    file_name: ClassVar[str] = "model.npz"

    support_vectors: Array = field(repr=False)
    coefficients: Array = field(repr=False)
    intercepts: Array = field(repr=False)
    support_counts: NDArray[np.int64] = field(repr=False)
    gamma: float
    temperature: float
    centre: Array = field(repr=False)
    scale: Array = field(repr=False)
    orientations: int
    cell_size: int
    block_size: int
    with_colour: bool
    height: int
    width: int

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) of its input, in pixels."""
        return self.height, self.width

    @property
    def class_count(self) -> int:
        """Number of classes."""
        return len(self.support_counts)

    def check_shapes(self) -> None:
        """Refuse numbers that would have more computed than the arrays are made for.

        Raises:
            ValueError: features of another width, or more classes than are told apart in seconds.
            RecipeError: its image size is out of range.
        """
        check_image_size(self.image_size, "stretch")
        cells = [side // max(1, self.cell_size) for side in self.image_size]
        blocks = [count - self.block_size + 1 for count in cells]
        if min(self.cell_size, self.block_size, self.orientations, *blocks) < 1:
            raise ValueError("no block of cells fits into its images")
        width = blocks[0] * blocks[1] * self.block_size**2 * self.orientations
        width += COLOUR_WIDTH if self.with_colour else 0
        shapes = {self.centre.shape, self.scale.shape, self.support_vectors.shape[1:]}
        if shapes != {(width,)}:
            raise ValueError(f"it has features of {sorted(shapes)} numbers, and makes {width}")
        if self.class_count > _MOST_CLASSES:
            raise ValueError(f"it has more than {_MOST_CLASSES:,} classes")

    def predict_proba(self, pixels: NDArray[np.uint8]) -> Array:
        """Predict the probabilities of the classes.

        Args:
            pixels: (n, height, width, 3) in [0, 255].

        Returns:
            (n, k), rows summing to 1.
        """
        if len(pixels) == 0:
            return np.zeros((0, self.class_count))
        features = gradient_histograms(
            pixels,
            orientations=self.orientations,
            cell_size=self.cell_size,
            block_size=self.block_size,
        )
        if self.with_colour:
            features = np.hstack([features, colour_statistics(pixels)])
        with small_products():
            scores = self.scores(features)
        return softmax(scores / self.temperature)

    def scores(self, features: Array) -> Array:
        """Votes for each class against the others, refined by their margins.

        Args:
            features: (n, d), not yet standardised.

        Returns:
            (n, k); the largest is the predicted class.
        """
        kernel = kernel_of(
            products_of((features - self.centre) / self.scale, self.support_vectors, self.gamma),
            self.gamma,
        )
        return vote(kernel, self.coefficients, self.intercepts, self.support_counts)

    def write(self, folder: Path) -> None:
        """Write the arrays into a bundle's folder."""
        write_arrays(folder / self.file_name, vars(self))

    @classmethod
    def read(cls, folder: Path) -> "KernelMachine":
        """Read the arrays of a bundle.

        Raises:
            BundleError: the file does not contain a kernel machine.
        """

        def build(values: dict[str, Any]) -> KernelMachine:
            machine = cls(**values)
            machine.check_shapes()
            check_positive(machine.temperature)
            check_predicts(machine)
            return machine

        return read_arrays(
            folder / cls.file_name,
            [each.name for each in fields(cls)],
            build,
            what="a kernel machine",
        )


def products_of(x: Array, others: Array, gamma: float) -> Array:
    """What a kernel needs to know of each two rows, whatever its width.

    Args:
        x: (n, d).
        others: (s, d).
        gamma: 0 for the linear kernel.

    Returns:
        (n, s) squared distances, or products for the linear kernel.
    """
    products: Array = x @ others.T
    if gamma == 0:
        return products
    squares = (x**2).sum(axis=1)[:, None] + (others**2).sum(axis=1)[None, :]
    return np.asarray(np.maximum(squares - 2 * products, 0))


def kernel_of(products: Array, gamma: float) -> Array:
    """The kernel (n, s) from `products_of`: exp(-gamma |x - y|^2), or the product itself."""
    return products if gamma == 0 else np.asarray(np.exp(-gamma * products))


def vote(
    kernel: Array, coefficients: Array, intercepts: Array, support_counts: NDArray[np.int64]
) -> Array:
    """Votes for each class against the others, refined by their margins.

    Args:
        kernel: (n, s) of images and support vectors, which are grouped by class.
        coefficients: (k - 1, s), LIBSVM's dual coefficients.
        intercepts: (k (k - 1) / 2,), one per pair of classes.
        support_counts: (k,), support vectors of each class.

    Returns:
        (n, k); the largest is the predicted class.
    """
    count = len(support_counts)
    ends = np.cumsum(support_counts)
    starts = ends - support_counts
    votes = np.zeros((len(kernel), count))
    margins = np.zeros((len(kernel), count))
    pair = 0
    for i in range(count):
        for j in range(i + 1, count):
            decision = (
                kernel[:, starts[i] : ends[i]] @ coefficients[j - 1, starts[i] : ends[i]]
                + kernel[:, starts[j] : ends[j]] @ coefficients[i, starts[j] : ends[j]]
                + intercepts[pair]
            )
            for_i = decision > 0
            votes[:, i] += for_i
            votes[:, j] += ~for_i
            margins[:, i] += decision
            margins[:, j] -= decision
            pair += 1
    return np.asarray(votes + margins / (3 * (np.abs(margins) + 1)))


def softmax(scores: Array) -> Array:
    """Probabilities from scores, row by row."""
    shifted = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=1, keepdims=True))
