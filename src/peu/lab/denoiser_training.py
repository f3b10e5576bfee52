"""Section 2.3: the denoiser trained with three losses, and as the sheet's text has it."""

import dataclasses
from typing import Any

import numpy as np

from peu.autoencoders.classical import FILTERS
from peu.autoencoders.denoising import train_denoiser
from peu.autoencoders.fit import fit_autoencoder, recipe_images
from peu.autoencoders.images import ImageSet
from peu.comparison.denoising import DenoisingFigures, evaluate_denoiser
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from peu.lab.bench import Bench
from peu.lab.findings import Facts
from peu.networks.objective import mean_of, variance_of
from peu.recipes.denoising import Denoising, ImageLoss
from peu.recipes.noise import read_noise
from peu.recipes.training import TrainingSettings, keep_steps
from peu.reports.mosaics import mosaic
from peu.seeds import child_seed

_NOISE = 0.2
LEVELS = (0.2, 0.4)
LOSSES: tuple[ImageLoss, ...] = ("mse", "binary_crossentropy", "mae")
# Filters take long: with them fewer images are tested on, the same for every loss.
_TESTED, _FILTERED = 300, 150


def measure(bench: Bench) -> Facts:
    """Train with each loss, and once with the bias that the sheet's text implies."""
    pace = bench.settings.pace
    digits = bench.fewer_digits(pace.noisy_images)
    training = keep_steps(
        TrainingSettings(epochs=pace.noisy_epochs), len(digits), meant_for=pace.noisy_images
    )
    found: dict[str, Any] = {}
    plain = Denoising(
        name="plain", noise=_NOISE, channels="grey", output_bias="zero", training=training
    )
    images = recipe_images(plain, digits, seed=bench.settings.seed)
    for loss in LOSSES:
        recipe = dataclasses.replace(plain, name=loss, loss=loss, output_bias="mean", restarts=0)
        found[loss] = _trained(bench, recipe, digits)
    return {
        "images": len(images.train),
        "of": int(sum(part != "test" for part in bench.digits.parts)),
        "name": digits.name,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "noise": _NOISE,
        "black_error": float(np.square(images.train / np.float32(255)).mean()),
        "grey_error": variance_of(images.train),
        "mean": mean_of(images.train),
        "median": float(np.median(images.train) / 255),
        "losses": found,
        "plain": _plain(bench, plain, images),
    }


def _trained(bench: Bench, recipe: Denoising, digits: ImageDataset) -> Facts:
    try:
        model = fit_autoencoder(recipe, digits, seed=bench.settings.seed)
    except RecipeError as error:
        return {"failed": str(error)}
    with_filters = recipe.loss == "mse" and not bench.settings.quick
    figures = evaluate_denoiser(
        model,
        digits,
        [read_noise(level) for level in LEVELS],
        most=_TESTED if bench.settings.quick else _FILTERED,
        filters=FILTERS if with_filters else (),
        examples=10,
        plain=True,
        seed=bench.settings.seed,
    )
    if recipe.loss == "mse":
        model.save(bench.folder / "models" / "denoiser", overwrite=True)
        bench.keep_image("denoised", _examples(figures))
    return {
        "failed": "",
        "seconds": model.history.seconds,
        "history": {name: list(values) for name, values in model.history.metrics.items()},
        "tested": figures.images,
        "levels": [level.to_dict() for level in figures.levels],
        "best_filter": [
            None
            if level.best_classical is None
            else [level.best_classical, level.classical[level.best_classical].psnr]
            for level in figures.levels
        ],
    }


def _examples(figures: DenoisingFigures) -> Any:
    rows = [figures.clean]
    for level in figures.levels:
        rows += [level.examples["noisy"], level.examples["denoised"]]
    return mosaic(np.stack(rows))


def _plain(bench: Bench, recipe: Denoising, images: ImageSet) -> Facts:
    """Train the network with its output starting at 1/2, and look at what it gives."""
    from peu.networks.denoisers import denoiser

    seed = child_seed(bench.settings.seed, "plain")
    network = denoiser(recipe, images.channels, mean_of(images.train), seed=seed)
    history, collapsed = train_denoiser(network, recipe, images.train, seed=seed)
    shown = np.asarray(network(images.test[:64].astype(np.float32), training=False))
    return {
        "collapsed": collapsed,
        "epochs": len(history.metrics["loss"]),
        "loss": history.metrics["loss"][-1],
        "output_mean": float(shown.mean()),
    }
