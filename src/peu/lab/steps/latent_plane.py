"""The latent plane of section 3.4: a grid of decoded images, and where held-out images lie."""

from dataclasses import dataclass

import numpy as np

from peu.autoencoders.vae import VAE
from peu.comparison.latent import grid_codes, latent_points
from peu.images.dataset import ImageDataset
from peu.lab.context import LabContext
from peu.networks.choices import KLWeight
from peu.reports.mosaics import mosaic

GRID_STEPS, GRID_REACH = 10, 3.0
_MAPPED = 1000
# A grid whose pixels deviate less than this on average shows one image everywhere.
_SAME = 0.02
# Neighbours that differ by less than this share of what any two differ by pass into each other.
_SMOOTH = 0.6


@dataclass(frozen=True)
class Plane:
    """Held-out images in the latent plane.

    Attributes:
        points: two coordinates an image.
        labels: indices into `class_names`, or None.
        class_names: of the classes.
        outside: share of the images beyond -3 to 3.
    """

    points: tuple[tuple[float, ...], ...]
    labels: tuple[int, ...] | None
    class_names: tuple[str, ...]
    outside: float


@dataclass(frozen=True)
class Grid:
    """What the decoder of a KL weight gives over the square of -3 to 3.

    Attributes:
        requested: the KL weight.
        file: name of the image that was kept.
        deviation: mean standard deviation of a pixel over the grid.
        between_neighbours: mean difference of a pixel between an image and the next one.
        between_any: the same between any two images.
        outside: share of held-out images whose codes lie beyond -3 to 3.
    """

    requested: KLWeight
    file: str
    deviation: float
    between_neighbours: float
    between_any: float
    outside: float

    @property
    def is_constant(self) -> bool:
        """Whether it shows one image everywhere."""
        return self.deviation < _SAME

    @property
    def is_smooth(self) -> bool:
        """Whether neighbours differ far less than any two images."""
        return self.between_neighbours < _SMOOTH * self.between_any


def keep_grid(
    lab: LabContext, vae: VAE, requested: KLWeight, number: int, *, outside: float
) -> Grid:
    """Decode the sheet's grid, 10 by 10 codes of -3 to 3, and keep its image.

    Args:
        lab: whose section is running.
        vae: fitted.
        requested: its KL weight.
        number: of the grid, which its file is named by.
        outside: share of held-out images beyond the grid.
    """
    images = vae.decode(grid_codes(-GRID_REACH, GRID_REACH, GRID_STEPS, vae.latent_dim))
    file = f"grid-{number}"
    lab.keep_image(file, mosaic(images, gap=0))
    steps = [np.abs(np.diff(images, axis=axis)).mean() for axis in (0, 1)]
    cells = images.reshape(len(images) * images.shape[1], -1)
    # Each pair once, and no image with itself.
    pairs = [np.abs(cells[:-apart] - cells[apart:]).mean(axis=1) for apart in range(1, len(cells))]
    return Grid(
        requested,
        file,
        deviation=float(images.std(axis=(0, 1)).mean()),
        between_neighbours=float(np.mean(steps)),
        between_any=float(np.concatenate(pairs).mean()),
        outside=outside,
    )


def plane_of(vae: VAE, digits: ImageDataset) -> Plane:
    """Place up to a thousand held-out images in the plane."""
    points = latent_points(vae, digits, max_images=_MAPPED)
    return Plane(
        points=tuple(tuple(point) for point in points.codes.round(3).tolist()),
        labels=None if points.labels is None else tuple(points.labels.tolist()),
        class_names=tuple(points.class_names),
        outside=float((np.abs(points.codes) > GRID_REACH).any(axis=1).mean()),
    )
