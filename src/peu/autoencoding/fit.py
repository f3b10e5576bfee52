"""The ways to one auto-encoder: choose the method that a recipe names."""

import dataclasses
from typing import Any

from peu import __version__
from peu.autoencoding.denoising import fit_denoiser
from peu.autoencoding.pictures import PictureSet, picture_set
from peu.autoencoding.variational import Tell, fit_variational
from peu.data.dataset import ImageDataset
from peu.fitted.autoencoder import Autoencoder
from peu.fitted.marks import picture_mark
from peu.progress import Progress, silent
from peu.recipes.autoencoders import AutoencoderRecipe
from peu.recipes.denoising import Denoising


def fit_autoencoder(
    recipe: AutoencoderRecipe,
    dataset: ImageDataset,
    *,
    seed: int = 0,
    progress: Progress = silent,
    tell: Tell = lambda _: None,
) -> Autoencoder:
    """Learn an auto-encoder from the pictures of a set.

    Where the set has no test pictures of its own, a share is held out and never learnt from, so
    that there is something to measure on.

    Args:
        recipe: how.
        dataset: pictures, with or without labels.
        seed: of everything random; the same seed gives the same model on one machine.
        progress: told of what is done.
        tell: told in a sentence, as soon as it is known, what will go wrong or did.

    Returns:
        The auto-encoder.

    Raises:
        PeuError: the pictures cannot be used, or the training diverged.

    Example:
        >>> from peu import Denoising, fit_autoencoder, open_dataset  # doctest: +SKIP
        >>> model = fit_autoencoder(Denoising(), open_dataset("mnist"))  # doctest: +SKIP
    """
    pictures = recipe_pictures(recipe, dataset, seed=seed, progress=progress)
    if isinstance(recipe, Denoising):
        model = fit_denoiser(recipe, pictures, seed=seed, progress=progress, tell=tell)
    else:
        model = fit_variational(recipe, pictures, seed=seed, progress=progress, tell=tell)
    return with_provenance(model, dataset, pictures, seed=seed)


def recipe_pictures(
    recipe: AutoencoderRecipe, dataset: ImageDataset, *, seed: int, progress: Progress = silent
) -> PictureSet:
    """Bring the pictures of a set to the form that a recipe wants, and part them.

    Args:
        recipe: its size, its channels and what it holds out.
        dataset: pictures, with or without labels.
        seed: of what is held out.
        progress: told of decoding.

    Raises:
        DataError: fewer than two different pictures, or a file that changed.
    """
    return picture_set(
        dataset,
        image_size=recipe.image_size,
        fit=recipe.fit,
        channels=recipe.channels,
        multiple=recipe.stride,
        test_share=recipe.test_share,
        seed=seed,
        progress=progress,
    )


def with_provenance(
    model: Autoencoder, dataset: ImageDataset, pictures: PictureSet, *, seed: int
) -> Autoencoder:
    """Note in a model where it comes from: pictures, seed, versions.

    Args:
        model: as a method left it.
        dataset: the set that it learnt from.
        pictures: how that set was parted.
        seed: of everything random.
    """
    known = {**model.provenance, **_provenance(dataset, pictures, seed, model)}
    return dataclasses.replace(model, provenance=known)


def _provenance(
    dataset: ImageDataset, pictures: PictureSet, seed: int, model: Autoencoder
) -> dict[str, Any]:
    learnt = [dataset.facts[at].sha256 for at in pictures.train_indices.tolist()]
    return {
        "peu": __version__,
        "dataset": dataset.name,
        "fingerprint": dataset.fingerprint,
        "pictures": len(learnt),
        "held_out": len(pictures.test_indices),
        "tested_on": pictures.tested_on,
        "picture_marks": sorted(picture_mark(one) for one in learnt),
        "seed": seed,
        "parameters": sum(int(one.count_params()) for one in model.networks.values()),
        "notes": list(model.history.notes),
    }
