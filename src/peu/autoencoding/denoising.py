"""A denoiser: trained on noise drawn anew, watched for collapse, begun again where it fails."""

from typing import Any

import numpy as np

from peu.autoencoding.noise import add_noise
from peu.autoencoding.pictures import PictureSet
from peu.errors import RecipeError
from peu.fitted.autoencoder import Autoencoder
from peu.networks.denoisers import denoiser
from peu.progress import Progress, silent
from peu.recipes.denoising import Denoising
from peu.recipes.noise import read_noise
from peu.seeds import child_seed
from peu.training.callbacks import StopWhenCollapsed
from peu.training.fit import fit_network
from peu.training.history import History
from peu.training.objective import mean_of, picture_objective
from peu.training.precision import choose_precision

_MOST_WATCHED = 500
_STEPS_AT_ONCE = 8


def fit_denoiser(
    recipe: Denoising, pictures: PictureSet, *, seed: int, progress: Progress = silent
) -> Autoencoder:
    """Train a denoiser; a training that collapses is begun again from another seed.

    Args:
        recipe: the network, the noise and how it is trained.
        pictures: what it learns from; up to 500 of the test pictures are watched for the
            curves, and decide nothing.
        seed: of everything random.
        progress: told of every epoch.

    Returns:
        The denoiser, with a line in its history's notes for each collapse.

    Raises:
        RecipeError: every attempt collapsed or diverged.
    """
    notes: list[str] = []
    for attempt in range(recipe.restarts + 1):
        network, history, collapsed = _attempt(
            recipe, pictures, child_seed(seed, "attempt", attempt), progress
        )
        if not collapsed:
            return Autoencoder(
                networks={"denoiser": network},
                image_size=pictures.image_size,
                channels=pictures.channels,
                recipe=recipe,
                history=History(history.metrics, history.seconds, (*notes, *history.notes)),
            )
        notes.append(
            f"Attempt {attempt + 1} collapsed after {len(history.metrics['loss'])} epochs: an even "
            "grey would have been as good. Begun again from another seed."
        )
    raise RecipeError(
        f"A denoiser must do better than an even grey. It did not in {recipe.restarts + 1} "
        f"attempts. Lower `learning_rate` (it is {recipe.training.learning_rate:g}), or train "
        "for more epochs."
    )


def _attempt(
    recipe: Denoising, pictures: PictureSet, seed: int, progress: Progress
) -> tuple[Any, History, bool]:
    noise = read_noise(recipe.noise)
    network = denoiser(
        recipe,
        pictures.channels,
        mean_of(pictures.train),
        seed=child_seed(seed, "network"),
        precision=choose_precision(recipe.training.precision),
    )
    objective = picture_objective(pictures.train)
    watch = StopWhenCollapsed(objective.guessing, recipe.training.epochs)
    watched = pictures.test[:_MOST_WATCHED]
    generator = np.random.default_rng(child_seed(seed, "watched noise"))
    history = fit_network(
        network,
        pictures.train,
        pictures.train,
        recipe.training,
        seed=child_seed(seed, "batches"),
        objective=objective,
        prepare=lambda pixels, drawn: add_noise(pixels, noise, drawn),
        callbacks=(watch,),
        steps_at_once=_STEPS_AT_ONCE,
        watched=(add_noise(watched, noise, generator), watched),
        progress=progress,
        stage=f"Training {recipe.name}",
    )
    return network, history, watch.collapsed
