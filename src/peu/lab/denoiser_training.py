"""Section 2.3: the denoiser trained with three losses, and as the sheet's text has it."""

import dataclasses
from typing import Any

import numpy as np

from peu.autoencoding.classical import FILTERS
from peu.autoencoding.denoising import train_denoiser
from peu.autoencoding.fit import fit_autoencoder, recipe_pictures
from peu.autoencoding.pictures import PictureSet
from peu.data.dataset import ImageDataset
from peu.errors import RecipeError
from peu.experiments.denoising import DenoisingFigures, evaluate_denoiser
from peu.lab.bench import Bench
from peu.lab.findings import Facts
from peu.recipes.denoising import Denoising, PictureLoss
from peu.recipes.noise import read_noise
from peu.recipes.training import TrainingSettings, keep_steps
from peu.reporting.mosaics import mosaic
from peu.seeds import child_seed
from peu.training.objective import mean_of, variance_of

_NOISE = 0.2
LEVELS = (0.2, 0.4)
LOSSES: tuple[PictureLoss, ...] = ("mse", "binary_crossentropy", "mae")
# Filters take long: with them fewer pictures are tested on, the same for every loss.
_TESTED, _FILTERED = 300, 150


def measure(bench: Bench) -> Facts:
    """Train with each loss, and once with the bias that the sheet's text implies."""
    pace = bench.settings.pace
    digits = bench.fewer_digits(pace.noisy_pictures)
    training = keep_steps(
        TrainingSettings(epochs=pace.noisy_epochs), len(digits), meant_for=pace.noisy_pictures
    )
    found: dict[str, Any] = {}
    plain = Denoising(
        name="plain", noise=_NOISE, channels="grey", output_bias="zero", training=training
    )
    pictures = recipe_pictures(plain, digits, seed=bench.settings.seed)
    for loss in LOSSES:
        recipe = dataclasses.replace(plain, name=loss, loss=loss, output_bias="mean", restarts=0)
        found[loss] = _trained(bench, recipe, digits)
    return {
        "pictures": len(pictures.train),
        "of": int(sum(part != "test" for part in bench.digits.parts)),
        "name": digits.name,
        "epochs": training.epochs,
        "batch_size": training.batch_size,
        "noise": _NOISE,
        "black_error": float(np.square(pictures.train / np.float32(255)).mean()),
        "grey_error": variance_of(pictures.train),
        "mean": mean_of(pictures.train),
        "median": float(np.median(pictures.train) / 255),
        "losses": found,
        "plain": _plain(bench, plain, pictures),
    }


def _trained(bench: Bench, recipe: Denoising, digits: ImageDataset) -> Facts:
    try:
        model = fit_autoencoder(recipe, digits, seed=bench.settings.seed, progress=bench.progress)
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
        progress=bench.progress,
    )
    if recipe.loss == "mse":
        model.save(bench.folder / "models" / "denoiser", overwrite=True)
        bench.keep_picture("denoised", _examples(figures))
    return {
        "failed": "",
        "seconds": model.history.seconds,
        "history": {name: list(values) for name, values in model.history.metrics.items()},
        "tested": figures.pictures,
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


def _plain(bench: Bench, recipe: Denoising, pictures: PictureSet) -> Facts:
    """Train the network with its output starting at 1/2, and look at what it gives."""
    from peu.networks.denoisers import denoiser

    seed = child_seed(bench.settings.seed, "plain")
    network = denoiser(recipe, pictures.channels, mean_of(pictures.train), seed=seed)
    history, collapsed = train_denoiser(
        network, recipe, pictures.train, seed=seed, progress=bench.progress
    )
    shown = np.asarray(network(pictures.test[:64].astype(np.float32), training=False))
    return {
        "collapsed": collapsed,
        "epochs": len(history.metrics["loss"]),
        "loss": history.metrics["loss"][-1],
        "output_mean": float(shown.mean()),
    }
