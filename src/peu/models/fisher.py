"""A linear classifier on Fisher vectors, saved as plain arrays."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from peu.images.resizing import check_image_size
from peu.images.workers import in_order, small_products
from peu.models.arrays import check_positive, check_predicts, read_arrays, write_arrays
from peu.models.kernel_machine import softmax
from peu.models.patches import DESCRIPTOR_LENGTH, LEVELS, PatchGrid, describe_patches

MOST_SHARES = 100_000_000
"""Patches of an image times components of the mixture, for which four bytes each are needed."""

Array = NDArray[np.float64]
Patches = NDArray[np.float32]


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

    @property
    def width(self) -> int:
        """The numbers that are computed for each patch at a time, about."""
        return int(max(len(self.shares), self.projection.shape[1], DESCRIPTOR_LENGTH))

    def project(self, described: NDArray[np.uint8], placed: NDArray[np.float32]) -> Patches:
        """Project descriptors (m, 136) and positions (m, 2) to the mixture's space, (m, p + 2)."""
        projection, offset = self._projection
        short = described.astype(np.float32) @ projection - offset
        return np.hstack([short, np.float32(self.place_weight) * placed])

    def encode(self, patches: Iterable[Patches | Array]) -> NDArray[np.float32]:
        """Fisher vectors: gradients of the mixture's log-likelihood over each image's patches.

        Args:
            patches: (m, p + 2) for each image, from `project`.

        Returns:
            (n, c (2 (p + 2) + 1)), rows of length 1: for each component its share, means and
            variances. Signed square roots keep a few frequent patches from drowning the rest.

        Source: Perronnin, Sanchez and Mensink (2010), sections 2 and 3.
        """
        return np.concatenate([self.gradients(self.sums(each)[None]) for each in patches])

    def sums(self, patches: Patches | Array) -> Array:
        """What a Fisher vector needs to know of some patches; sums of two sets of patches add up.

        Args:
            patches: (m, p + 2), from `project`.

        Returns:
            (c, 1 + 2 (p + 2)): how many patches each component explains, the sum of their
            numbers and of the squares of these.
        """
        factors, constant = self._densities
        numbers = patches.astype(np.float32)
        squares = numbers**2
        shares = np.hstack([numbers, squares]) @ factors
        shares += constant
        shares -= shares.max(axis=1, keepdims=True)
        np.exp(shares, out=shares)
        shares /= shares.sum(axis=1, keepdims=True)
        one = np.ones((len(numbers), 1), np.float32)
        return (shares.T @ np.hstack([one, numbers, squares])).astype(np.float64)

    def gradients(self, sums: Array) -> NDArray[np.float32]:
        """Fisher vectors (n, d) from what `sums` found in n sets of patches, (n, c, ...)."""
        count = sums[:, :, 0].sum(axis=1)[:, None, None]
        means, squares = np.split(sums[:, :, 1:] / count, 2, axis=2)
        found = sums[:, :, :1] / count
        root = np.sqrt(self.shares)[:, None]
        by_share = (found - self.shares[:, None]) / root
        by_mean = (means - found * self.means) / (root * np.sqrt(self.variances))
        spread = squares - 2 * means * self.means + found * (self.means**2 - self.variances)
        by_variance = -spread / (np.sqrt(2) * root * self.variances)
        vectors = np.concatenate(
            [each.reshape(len(sums), -1) for each in (by_share, by_mean, by_variance)], axis=1
        )
        vectors = np.sign(vectors) * np.sqrt(np.abs(vectors))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors, np.float32)

    @cached_property
    def _projection(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Factors of a descriptor's stored numbers, and what is subtracted afterwards."""
        offset = self.centre @ self.projection
        return (self.projection / LEVELS).astype(np.float32), offset.astype(np.float32)

    @cached_property
    def _densities(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Each component's log density is (numbers, squares) @ factors + constant."""
        precisions = 1 / self.variances
        constant = np.log(self.shares) - 0.5 * (
            (self.means**2 * precisions).sum(axis=1) + np.log(self.variances).sum(axis=1)
        )
        factors = np.vstack([(self.means * precisions).T, -0.5 * precisions.T])
        return factors.astype(np.float32), constant.astype(np.float32)


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
        with small_products():
            vectors = self.codebook.encode(in_order(self._patches, pixels))
        return softmax(self.scores(vectors) / self.temperature)

    def without_each_part(self, pixels: NDArray[np.uint8], rows: int, columns: int) -> Array:
        """Predict an image once without the patches of each part of it.

        Nothing is described again: the patches of a part are left out of the sums over them.

        Args:
            pixels: (height, width, 3) in [0, 255].
            rows: of a grid of parts; a patch belongs to the part that its centre lies in.
            columns: of the same grid.

        Returns:
            Probabilities (rows columns + 1, k): without each part, row by row, and of the whole.
        """
        places = self.grid.positions(self.height, self.width) + 0.5
        row, column = np.minimum(places * (rows, columns), (rows - 1, columns - 1)).astype(int).T
        part, count = row * columns + column, rows * columns
        with small_products():
            patches = self._patches(pixels)
            parts = np.stack([self.codebook.sums(patches[part == at]) for at in range(count)])
            whole = parts.sum(axis=0)
            vectors = self.codebook.gradients(np.concatenate([whole - parts, whole[None]]))
        return softmax(self.scores(vectors) / self.temperature)

    def _patches(self, image: NDArray[np.uint8]) -> Patches:
        placed = self.grid.positions(self.height, self.width)
        return self.codebook.project(describe_patches(image, self.grid), placed)

    def scores(self, vectors: NDArray[np.float32]) -> Array:
        """Score of each class (n, k) for Fisher vectors (n, d): distance from its boundary."""
        return linear_scores(vectors, self.weights, self.intercepts)

    def write(self, folder: Path) -> None:
        """Write the arrays into a bundle's folder."""
        values = {name: getattr(self, name) for name in _own_names()}
        for part in (self.codebook, self.grid):
            values |= {name: getattr(part, name) for name in _names(type(part))}
        write_arrays(folder / self.file_name, values)

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
            check_image_size(machine.image_size, "stretch")
            patches = machine.grid.count(*machine.image_size)
            if not 0 < patches * machine.codebook.width <= MOST_SHARES:
                raise ValueError(
                    f"it has {patches:,} patches and a codebook of {machine.codebook.width:,}, out "
                    "of proportion"
                )
            check_positive(machine.temperature)
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
