"""Where the images of a set lie on a model's map."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.comparison.latent import images_for, variational_recipe
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.models.codes import encode_pixels


@dataclass(frozen=True, eq=False, kw_only=True)
class MapPoints:
    """Hold images and their places.

    Attributes:
        codes: means on the two axes shown (n, 2); with one dimension the second is 0.
        axes: which dimensions those are, from 0.
        latent: dimensions of the code.
        pixels: the images (n, height, width, channels).
        names: of the images.
        labels: (n,) indices into `class_names`, or None.
        class_names: of the classes; empty without labels.
    """

    codes: NDArray[np.float64]
    axes: tuple[int, ...]
    latent: int
    pixels: NDArray[np.uint8]
    names: tuple[str, ...]
    labels: NDArray[np.int64] | None
    class_names: tuple[str, ...]

    @property
    def label_names(self) -> tuple[str | None, ...]:
        """The class of each image in words, or None."""
        if self.labels is None:
            return (None,) * len(self.names)
        return tuple(self.class_names[at] for at in self.labels.tolist())


def map_points(model: Autoencoder, dataset: ImageDataset, *, most: int = 2000) -> MapPoints:
    """Place images on the plane of the two dimensions that say the most.

    The set that the model learnt from shows its held-out images; another set shows all.

    Args:
        model: a variational auto-encoder.
        dataset: with or without labels.
        most: images at most, evenly taken.
    """
    latent = variational_recipe(model).latent
    images = images_for(model, dataset)
    if dataset.fingerprint == model.provenance.get("fingerprint"):
        pixels, indices = images.test, images.test_indices
    else:
        indices = np.concatenate([images.train_indices, images.test_indices])
        order = indices.argsort()
        pixels, indices = np.concatenate([images.train, images.test])[order], indices[order]
    if len(indices) > most:
        chosen = np.linspace(0, len(indices) - 1, most).astype(np.int64)
        pixels, indices = pixels[chosen], indices[chosen]
    codes = encode_pixels(model.networks["encoder"], pixels)
    axes = tuple(sorted((-codes.kl).argsort(kind="stable")[:2].tolist()))
    places = codes.means[:, list(axes)]
    if latent == 1:
        places = np.concatenate([places, np.zeros_like(places)], axis=1)
    return MapPoints(
        codes=places,
        axes=axes,
        latent=latent,
        pixels=pixels,
        names=tuple(dataset.keys[at] for at in indices.tolist()),
        labels=None if dataset.labels is None else dataset.labels[indices],
        class_names=dataset.class_names if dataset.labels is not None else (),
    )
