"""A variational auto-encoder on images that it has not seen: figures, map and odd ones out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.images import ImageSet, image_set
from peu.errors import BundleError
from peu.evaluation.latent import LatentFigures, latent_figures, neighbour_accuracy
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.models.codes import (
    Codes,
    encode_pixels,
    latent_distances,
    squared_error,
    unexplained,
    unusualness,
)
from peu.models.marks import image_mark
from peu.progress import report
from peu.recipes.checks import Channels
from peu.recipes.variational import Variational
from peu.seeds import child_seed

_REMEMBERED = (
    "bounds",
    "variances",
    "usual_scores",
    "usual_errors",
    "usual_shares",
    "usual_distances",
)


@dataclass(frozen=True, eq=False, kw_only=True)
class LatentEvaluation:
    """Hold the figures of a model on held-out images.

    Attributes:
        figures: bound, error, divergences, active units, neighbours.
        kl_weight: of the KL term, as training left it.
        tested_on: which images these are, in words.
        seen: how many of them the model learnt from.
    """

    figures: LatentFigures
    kl_weight: float
    tested_on: str
    seen: int

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON holds them."""
        return {
            **self.figures.to_dict(),
            "kl_weight": self.kl_weight,
            "tested_on": self.tested_on,
            "seen_in_training": self.seen,
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class Unusual:
    """Hold how unusual images are, next to the held-out images of the training.

    Attributes:
        score: nats that telling each image costs (n,), up to a constant: the share of its
            contrast that is missed, and how far from the middle it lies.
        error: mean squared error of each reconstruction (n,).
        distance: from the middle of the map (n,).
        threshold: the score that so many of the held-out images stay below.
        quantile: of the held-out images, in (0, 1).
    """

    score: NDArray[np.float64]
    error: NDArray[np.float64]
    distance: NDArray[np.float64]
    threshold: float
    quantile: float


def variational_recipe(model: Autoencoder) -> Variational:
    """Give the recipe of a variational auto-encoder, once its parts fit together.

    Raises:
        BundleError: it is another kind of auto-encoder, or incomplete.
    """
    if not isinstance(model.recipe, Variational):
        raise BundleError(
            f"The model must be a variational auto-encoder. Received: {model.recipe.kind}. "
            "Train one with `peu vae train`."
        )
    latent = model.recipe.latent
    encoder, decoder = model.networks["encoder"], model.networks["decoder"]
    shapes = [tuple(each.shape) for each in (*encoder.outputs, *decoder.inputs, *decoder.outputs)]
    images = (None, *model.image_size, model.channels)
    if shapes != [(None, latent)] * 4 + [images]:
        raise BundleError(
            f"The model must have codes of {latent} dimensions and draw images of "
            f"{images[1:]}, as its recipe says. Received: {shapes}. Train it again."
        )
    numbers = {name: model.provenance.get(name) for name in _REMEMBERED}
    for name, values in {**numbers, "kl_weight": [model.provenance.get("kl_weight")]}.items():
        if not isinstance(values, list) or not all(isinstance(each, float) for each in values):
            raise BundleError(
                f"The model's provenance must hold numbers under `{name}`. Received: {values!r}. "
                "Train it again."
            )
    return model.recipe


def kl_weight_of(model: Autoencoder) -> float:
    """Give the kl_weight that training ended with."""
    return float(model.provenance["kl_weight"])


def images_for(
    model: Autoencoder,
    dataset: ImageDataset,
) -> ImageSet:
    """Bring a set to the form that a model takes, parted as for its training.

    The set that the model learnt from is parted as it was then.

    Args:
        model: a variational auto-encoder.
        dataset: any images, at least two different ones.

    Raises:
        DataError: fewer than two different images.
    """
    recipe = variational_recipe(model)
    channels: Channels = "grey" if model.channels == 1 else "colour"
    return image_set(
        dataset,
        image_size=model.image_size,
        resize_mode=recipe.resize_mode,
        channels=channels,
        test_share=recipe.test_share,
        seed=int(model.provenance.get("seed", 0)),
    )


def fewer_to_learn(dataset: ImageDataset, most: int, *, seed: int = 0) -> ImageDataset:
    """Give a set with at most so many images to learn from; its own test images all stay.

    Args:
        dataset: the whole set.
        most: images to learn from; where the set has no test images, images in all.
        seed: of which are taken.
    """
    tested = np.array([part == "test" for part in dataset.parts])
    others = np.flatnonzero(~tested)
    if len(others) <= most:
        return dataset
    generator = np.random.default_rng(child_seed(seed, "fewer"))
    chosen = generator.permutation(others)[:most]
    return dataset[np.sort(np.concatenate([chosen, np.flatnonzero(tested)]))]


def evaluate_variational(
    model: Autoencoder,
    dataset: ImageDataset,
) -> LatentEvaluation:
    """Measure a variational auto-encoder on held-out images.

    Args:
        model: a variational auto-encoder.
        dataset: the set that it learnt from, whose held-out images are taken, or another,
            which is parted the same way: neighbours are looked for in its training part.

    Returns:
        The figures.

    Raises:
        BundleError: another kind of auto-encoder.
        DataError: fewer than two different images.
    """
    variational_recipe(model)
    images = images_for(model, dataset)
    marks = set(model.provenance.get("image_marks", ()))
    facts = (dataset.facts[at] for at in images.test_indices.tolist())
    return LatentEvaluation(
        figures=measure_variational(model, images, dataset.labels),
        kl_weight=kl_weight_of(model),
        tested_on=images.tested_on,
        seen=sum(image_mark(one.sha256) in marks for one in facts),
    )


def measure_variational(
    model: Autoencoder,
    images: ImageSet,
    labels: NDArray[np.int64] | None,
) -> LatentFigures:
    """Give the figures of a model on the test part of a set.

    Args:
        model: a variational auto-encoder.
        images: in the form that it takes.
        labels: of the whole dataset, or None.
    """
    encoder, decoder = model.networks["encoder"], model.networks["decoder"]
    stage = "Measuring"
    report(stage, 0, 3)
    codes = encode_pixels(encoder, images.test)
    report(stage, 1, 3)
    drawn = codes.draw(child_seed(int(model.provenance.get("seed", 0)), "evaluation"))
    errors = [
        float(squared_error(decoder, each, images.test).mean()) for each in (drawn, codes.means)
    ]
    report(stage, 2, 3)
    accuracy = None
    if labels is not None:
        accuracy = neighbour_accuracy(
            encode_pixels(encoder, images.train),
            labels[images.train_indices],
            codes,
            labels[images.test_indices],
        )
    report(stage, 3, 3)
    return latent_figures(codes, errors[0], errors[1], images.test[0].size, accuracy)


def find_unusual(
    model: Autoencoder, pixels: NDArray[np.uint8], *, quantile: float = 0.99
) -> Unusual:
    """Say how unusual images are for a model.

    Args:
        model: a variational auto-encoder.
        pixels: (n, height, width, channels) in the form that it takes.
        quantile: share of the training's held-out images that counts as usual, in (0, 1).

    Returns:
        Scores and the threshold that goes with the quantile.
    """
    codes, errors = _codes_and_errors(model, pixels)
    usual_share = float(np.mean(model.provenance["usual_shares"]))
    shares = unexplained(errors, pixels)
    return Unusual(
        score=unusualness(codes, shares, usual_share, int(np.prod(pixels.shape[1:]))),
        error=errors,
        distance=latent_distances(codes),
        threshold=usual_quantile(model.provenance["usual_scores"], quantile),
        quantile=quantile,
    )


def usual_quantile(quantiles: Sequence[float], level: float) -> float:
    """Read a level between stored quantiles, which are evenly spaced from 0 to 1."""
    return float(np.interp(level, np.linspace(0, 1, len(quantiles)), quantiles))


def _codes_and_errors(
    model: Autoencoder, pixels: NDArray[np.uint8]
) -> tuple[Codes, NDArray[np.float64]]:
    codes = encode_pixels(model.networks["encoder"], pixels)
    return codes, squared_error(model.networks["decoder"], codes.means, pixels)
