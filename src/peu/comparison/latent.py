"""Evaluation of a VAE on images that it has not seen, and their places in its latent space."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.images import ImageSet
from peu.autoencoders.vae import VAE
from peu.errors import RecipeError
from peu.evaluation.latent import LatentFigures, latent_figures, neighbour_accuracy
from peu.images.dataset import ImageDataset
from peu.images.metadata import short_hash
from peu.models.codes import squared_error
from peu.progress import report
from peu.seeds import child_seed

_PHASE = "Evaluating"


@dataclass(frozen=True, kw_only=True)
class VAEEvaluation:
    """The evaluation of a VAE on held-out images.

    Attributes:
        figures: bound, error, divergences, active units, neighbours.
        kl_weight: weight of the KL term at the end of training.
        tested_on: which images these are, in words.
        seen_in_training: how many of them the VAE has learnt from.
    """

    figures: LatentFigures
    kl_weight: float
    tested_on: str
    seen_in_training: int

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON, on one level."""
        known = asdict(self)
        return {**known.pop("figures"), **known}


@dataclass(frozen=True, eq=False, kw_only=True)
class LatentPoints:
    """Images and their places in a plane of the latent space.

    Attributes:
        codes: means along the two axes shown (n, 2); with one dimension the second is 0.
        axes: the dimensions shown, from 0.
        latent_dim: dimensions of the latent space.
        pixels: the images (n, height, width, channels).
        names: of the images.
        labels: (n,) indices into `class_names`, or None.
        class_names: empty without labels.
    """

    codes: NDArray[np.float64]
    axes: tuple[int, ...]
    latent_dim: int
    pixels: NDArray[np.uint8]
    names: tuple[str, ...]
    labels: NDArray[np.int64] | None
    class_names: tuple[str, ...]

    @property
    def label_names(self) -> tuple[str | None, ...]:
        """The class name of each image, or None."""
        if self.labels is None:
            return (None,) * len(self.names)
        return tuple(self.class_names[label] for label in self.labels.tolist())


def evaluate_vae(vae: VAE, dataset: ImageDataset) -> VAEEvaluation:
    """Evaluate a VAE on held-out images.

    Args:
        vae: fitted.
        dataset: the training dataset, whose held-out images are used, or another, which is split
            in the same way: nearest neighbours are looked up in its training part.

    Raises:
        DataError: fewer than two different images.
    """
    split = vae.split(dataset)
    learnt = set(vae.image_hashes_)
    tested = (dataset.hashes[index] for index in split.test_indices.tolist())
    return VAEEvaluation(
        figures=evaluate_split(vae, split, dataset.labels),
        kl_weight=vae.kl_weight_,
        tested_on=split.tested_on,
        seen_in_training=sum(short_hash(each) in learnt for each in tested),
    )


def evaluate_split(vae: VAE, split: ImageSet, labels: NDArray[np.int64] | None) -> LatentFigures:
    """Evaluate a VAE on the test part of a split.

    Args:
        vae: fitted.
        split: of images in the form that the VAE takes.
        labels: of the whole dataset, or None.
    """
    report(_PHASE, 0, 3)
    codes = vae.encode(split.test)
    report(_PHASE, 1, 3)
    drawn = codes.draw(child_seed(vae.seed, "evaluation"))
    mse, mse_of_means = (
        float(squared_error(vae.decoder_, each, split.test).mean()) for each in (drawn, codes.means)
    )
    report(_PHASE, 2, 3)
    accuracy = None
    if labels is not None:
        accuracy = neighbour_accuracy(
            vae.encode(split.train), labels[split.train_indices], codes, labels[split.test_indices]
        )
    report(_PHASE, 3, 3)
    return latent_figures(codes, mse, mse_of_means, split.test[0].size, accuracy)


def latent_points(vae: VAE, dataset: ImageDataset, *, max_images: int = 2000) -> LatentPoints:
    """Place images in the plane of the two dimensions with the largest divergence.

    Of the training dataset the held-out images are placed, of another dataset all.

    Args:
        vae: fitted.
        dataset: with or without labels.
        max_images: number of images at most, evenly spaced.
    """
    indices = np.arange(len(dataset))
    if dataset.fingerprint == vae.fingerprint_:
        indices = vae.split(dataset).test_indices
    if len(indices) > max_images:
        indices = indices[np.linspace(0, len(indices) - 1, max_images).astype(np.int64)]
    chosen = dataset[indices]
    pixels = vae.pixels(chosen)
    codes = vae.encode(pixels)
    axes = tuple(sorted((-codes.kl).argsort(kind="stable")[:2].tolist()))
    places = codes.means[:, list(axes)]
    return LatentPoints(
        codes=np.pad(places, ((0, 0), (0, 2 - len(axes)))),
        axes=axes,
        latent_dim=vae.latent_dim,
        pixels=pixels,
        names=chosen.keys,
        labels=chosen.labels,
        class_names=() if chosen.labels is None else chosen.class_names,
    )


def grid_codes(start: float, stop: float, steps: int, latent_dim: int) -> NDArray[np.float64]:
    """The codes of an even grid over the first two dimensions.

    Args:
        start: least value of each dimension.
        stop: greatest value, above `start`.
        steps: values per dimension, 2 or more.
        latent_dim: dimensions of the codes; those after the second stay 0.

    Returns:
        (rows, columns, latent_dim): the first dimension grows to the right, the second upwards.
        With one dimension there is one row.

    Raises:
        RecipeError: an empty range, or fewer than two steps.
    """
    if not np.isfinite([start, stop]).all() or start >= stop or steps < 2:
        raise RecipeError(
            "A grid must go from a number to a greater one in 2 steps or more. Received: "
            f"{start:g} to {stop:g} in {steps}. Try -3 to 3 in 10."
        )
    values = np.linspace(start, stop, steps)
    codes = np.zeros((steps if latent_dim > 1 else 1, steps, latent_dim))
    codes[:, :, 0] = values
    if latent_dim > 1:
        codes[:, :, 1] = values[::-1, None]
    return codes


def limit_images(
    dataset: ImageDataset,
    *,
    train: int | None = None,
    test: int | None = None,
    seed: int = 0,
) -> ImageDataset:
    """A dataset with fewer training images, fewer test images of its own, or both.

    Args:
        dataset: the whole dataset.
        train: training images at most; if there are no test images, images in all.
        test: test images at most, where the dataset has some.
        seed: random seed of the choice.
    """
    tested = np.array([part == "test" for part in dataset.parts])
    kept = [
        _some(np.flatnonzero(inside), most, child_seed(seed, name))
        for inside, most, name in ((~tested, train, "limit"), (tested, test, "limit of tests"))
    ]
    indices = np.sort(np.concatenate(kept))
    return dataset if len(indices) == len(dataset) else dataset[indices]


def _some(indices: NDArray[np.int64], most: int | None, seed: int) -> NDArray[np.int64]:
    if most is None or len(indices) <= most:
        return indices
    return np.random.default_rng(seed).permutation(indices)[:most]
