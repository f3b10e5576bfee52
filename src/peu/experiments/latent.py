"""A variational auto-encoder on pictures that it has not seen: figures, map and odd ones out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoding.pictures import PictureSet, picture_set
from peu.data.dataset import ImageDataset
from peu.errors import BundleError
from peu.evaluation.latent import LatentFigures, latent_figures, neighbour_accuracy
from peu.fitted.autoencoder import Autoencoder
from peu.fitted.codes import (
    Codes,
    encode_pixels,
    latent_distances,
    squared_error,
    unexplained,
    unusualness,
)
from peu.fitted.marks import picture_mark
from peu.progress import Progress, silent
from peu.recipes.knobs import Channels
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
    """Hold the figures of a model on held-out pictures.

    Attributes:
        figures: bound, error, divergences, active units, neighbours.
        coefficient: of the KL term, as training left it.
        tested_on: which pictures these are, in words.
        seen: how many of them the model learnt from.
    """

    figures: LatentFigures
    coefficient: float
    tested_on: str
    seen: int

    def to_dict(self) -> dict[str, Any]:
        """Give the figures as JSON holds them."""
        return {
            **self.figures.to_dict(),
            "coefficient": self.coefficient,
            "tested_on": self.tested_on,
            "seen_in_training": self.seen,
        }


@dataclass(frozen=True, eq=False, kw_only=True)
class Unusual:
    """Hold how unusual pictures are, next to the held-out pictures of the training.

    Attributes:
        score: nats that telling each picture costs (n,), up to a constant: the share of its
            contrast that is missed, and how far from the middle it lies.
        error: mean squared error of each reconstruction (n,).
        distance: from the middle of the map (n,).
        threshold: the score that so many of the held-out pictures stay below.
        quantile: of the held-out pictures, in (0, 1).
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
    pictures = (None, *model.image_size, model.channels)
    if shapes != [(None, latent)] * 4 + [pictures]:
        raise BundleError(
            f"The model must have codes of {latent} dimensions and draw pictures of "
            f"{pictures[1:]}, as its recipe says. Received: {shapes}. Train it again."
        )
    numbers = {name: model.provenance.get(name) for name in _REMEMBERED}
    for name, values in {**numbers, "coefficient": [model.provenance.get("coefficient")]}.items():
        if not isinstance(values, list) or not all(isinstance(each, float) for each in values):
            raise BundleError(
                f"The model's provenance must hold numbers under `{name}`. Received: {values!r}. "
                "Train it again."
            )
    return model.recipe


def coefficient_of(model: Autoencoder) -> float:
    """Give the coefficient that training ended with."""
    return float(model.provenance["coefficient"])


def pictures_for(
    model: Autoencoder, dataset: ImageDataset, *, progress: Progress = silent
) -> PictureSet:
    """Bring a set to the form that a model takes, parted as for its training.

    The set that the model learnt from is parted as it was then.

    Args:
        model: a variational auto-encoder.
        dataset: any pictures, at least two different ones.
        progress: told of decoding.

    Raises:
        DataError: fewer than two different pictures.
    """
    recipe = variational_recipe(model)
    channels: Channels = "grey" if model.channels == 1 else "colour"
    return picture_set(
        dataset,
        image_size=model.image_size,
        fit=recipe.fit,
        channels=channels,
        test_share=recipe.test_share,
        seed=int(model.provenance.get("seed", 0)),
        progress=progress,
    )


def fewer_to_learn(dataset: ImageDataset, most: int, *, seed: int = 0) -> ImageDataset:
    """Give a set with at most so many pictures to learn from; its own test pictures all stay.

    Args:
        dataset: the whole set.
        most: pictures to learn from; where the set has no test pictures, pictures in all.
        seed: of which are taken.
    """
    tested = np.array([part == "test" for part in dataset.parts])
    others = np.flatnonzero(~tested)
    if len(others) <= most:
        return dataset
    generator = np.random.default_rng(child_seed(seed, "fewer"))
    chosen = generator.permutation(others)[:most]
    return dataset.subset(np.sort(np.concatenate([chosen, np.flatnonzero(tested)])))


def evaluate_variational(
    model: Autoencoder, dataset: ImageDataset, *, progress: Progress = silent
) -> LatentEvaluation:
    """Measure a variational auto-encoder on held-out pictures.

    Args:
        model: a variational auto-encoder.
        dataset: the set that it learnt from, whose held-out pictures are taken, or another,
            which is parted the same way: neighbours are looked for in its training part.
        progress: told of decoding and encoding.

    Returns:
        The figures.

    Raises:
        BundleError: another kind of auto-encoder.
        DataError: fewer than two different pictures.
    """
    variational_recipe(model)
    pictures = pictures_for(model, dataset, progress=progress)
    marks = set(model.provenance.get("picture_marks", ()))
    facts = (dataset.facts[at] for at in pictures.test_indices.tolist())
    return LatentEvaluation(
        figures=measure_variational(model, pictures, dataset.labels, progress=progress),
        coefficient=coefficient_of(model),
        tested_on=pictures.tested_on,
        seen=sum(picture_mark(one.sha256) in marks for one in facts),
    )


def measure_variational(
    model: Autoencoder,
    pictures: PictureSet,
    labels: NDArray[np.int64] | None,
    *,
    progress: Progress = silent,
) -> LatentFigures:
    """Give the figures of a model on the test part of a set.

    Args:
        model: a variational auto-encoder.
        pictures: in the form that it takes.
        labels: of the whole dataset, or None.
        progress: told of encoding.
    """
    encoder, decoder = model.networks["encoder"], model.networks["decoder"]
    stage = "Measuring"
    progress(stage, 0, 3)
    codes = encode_pixels(encoder, pictures.test)
    progress(stage, 1, 3)
    drawn = codes.draw(child_seed(int(model.provenance.get("seed", 0)), "evaluation"))
    errors = [
        float(squared_error(decoder, each, pictures.test).mean()) for each in (drawn, codes.means)
    ]
    progress(stage, 2, 3)
    accuracy = None
    if labels is not None:
        accuracy = neighbour_accuracy(
            encode_pixels(encoder, pictures.train),
            labels[pictures.train_indices],
            codes,
            labels[pictures.test_indices],
        )
    progress(stage, 3, 3)
    return latent_figures(codes, errors[0], errors[1], pictures.test[0].size, accuracy)


def find_unusual(
    model: Autoencoder, pixels: NDArray[np.uint8], *, quantile: float = 0.99
) -> Unusual:
    """Say how unusual pictures are for a model.

    Args:
        model: a variational auto-encoder.
        pixels: (n, height, width, channels) in the form that it takes.
        quantile: share of the training's held-out pictures that counts as usual, in (0, 1).

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
