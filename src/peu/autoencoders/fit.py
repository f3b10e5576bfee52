"""The ways to one auto-encoder: choose the method that a recipe names."""

import dataclasses
from typing import Any

from peu import __version__
from peu.autoencoders.denoising import fit_denoiser
from peu.autoencoders.images import ImageSet, image_set
from peu.autoencoders.variational import Tell, fit_variational
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.models.marks import image_mark
from peu.recipes.autoencoders import AutoencoderRecipe
from peu.recipes.denoising import Denoising


def fit_autoencoder(
    recipe: AutoencoderRecipe,
    dataset: ImageDataset,
    *,
    seed: int = 0,
    tell: Tell = lambda _: None,
) -> Autoencoder:
    """Learn an auto-encoder from the images of a set.

    Where the set has no test images of its own, a share is held out and never learnt from, so
    that there is something to measure on.

    Args:
        recipe: how.
        dataset: images, with or without labels.
        seed: of everything random; the same seed gives the same model on one machine.
        tell: told in a sentence, as soon as it is known, what will go wrong or did.

    Returns:
        The auto-encoder.

    Raises:
        PeuError: the images cannot be used, or the training diverged.

    Example:
        >>> from peu import Denoising, fit_autoencoder, open_dataset  # doctest: +SKIP
        >>> model = fit_autoencoder(Denoising(), open_dataset("mnist"))  # doctest: +SKIP
    """
    images = recipe_images(recipe, dataset, seed=seed)
    if isinstance(recipe, Denoising):
        model = fit_denoiser(recipe, images, seed=seed, tell=tell)
    else:
        model = fit_variational(recipe, images, seed=seed, tell=tell)
    return with_provenance(model, dataset, images, seed=seed)


def recipe_images(recipe: AutoencoderRecipe, dataset: ImageDataset, *, seed: int) -> ImageSet:
    """Bring the images of a set to the form that a recipe wants, and part them.

    Args:
        recipe: its size, its channels and what it holds out.
        dataset: images, with or without labels.
        seed: of what is held out.

    Raises:
        DataError: fewer than two different images, or a file that changed.
    """
    return image_set(
        dataset,
        image_size=recipe.image_size,
        resize_mode=recipe.resize_mode,
        channels=recipe.channels,
        multiple=recipe.stride,
        test_share=recipe.test_share,
        seed=seed,
    )


def with_provenance(
    model: Autoencoder, dataset: ImageDataset, images: ImageSet, *, seed: int
) -> Autoencoder:
    """Note in a model where it comes from: images, seed, versions.

    Args:
        model: as a method left it.
        dataset: the set that it learnt from.
        images: how that set was parted.
        seed: of everything random.
    """
    known = {**model.provenance, **_provenance(dataset, images, seed, model)}
    return dataclasses.replace(model, provenance=known)


def _provenance(
    dataset: ImageDataset, images: ImageSet, seed: int, model: Autoencoder
) -> dict[str, Any]:
    learnt = [dataset.facts[at].sha256 for at in images.train_indices.tolist()]
    return {
        "peu": __version__,
        "dataset": dataset.name,
        "fingerprint": dataset.fingerprint,
        "images": len(learnt),
        "held_out": len(images.test_indices),
        "tested_on": images.tested_on,
        "image_marks": sorted(image_mark(one) for one in learnt),
        "seed": seed,
        "parameters": sum(int(one.count_params()) for one in model.networks.values()),
        "notes": list(model.history.notes),
    }
