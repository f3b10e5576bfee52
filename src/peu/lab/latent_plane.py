"""Section 3.4: kl_weights compared, reconstructions, the plane, and the best value."""

import dataclasses
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.autoencoders.images import ImageSet
from peu.comparison.kl_weights import KLWeightStudy, model_folder, study_kl_weights
from peu.comparison.latent import images_for
from peu.comparison.latent_images import decode_grid, grid_codes, reconstruct
from peu.comparison.latent_map import map_points
from peu.errors import BundleError
from peu.lab.bench import Bench
from peu.lab.findings import Facts
from peu.lab.noisy_digits import side_of
from peu.models.autoencoder import Autoencoder
from peu.recipes.training import TrainingSettings, keep_steps
from peu.recipes.variational import KLWeight, Variational
from peu.reports.mosaics import mosaic

_SHOWN = 5
_STEPS = 10
_REACH = 3.0
_MAPPED = 1000


def measure(bench: Bench) -> Facts:
    """Study kl_weights, and look closely at the model of one."""
    pace, settings = bench.settings.pace, bench.settings
    digits = bench.fewer_digits(pace.mapped_images)
    values = list(pace.kl_weights)
    if settings.kl_weight not in values:
        values.append(settings.kl_weight)
    recipe = Variational(
        image_size=side_of(bench.digits),
        channels="grey",
        training=keep_steps(
            TrainingSettings(epochs=pace.mapped_epochs, batch_size=pace.mapped_batch),
            len(digits),
            meant_for=pace.mapped_images,
        ),
    )
    folder = bench.folder / "runs" / bench.section
    study = study_kl_weights(
        digits,
        values,
        recipe=recipe,
        seed=settings.seed,
        run_folder=folder,
    )
    model = _model(bench, study, settings.kl_weight)
    images = images_for(model, digits)
    shown = images.test[:_SHOWN]
    bench.keep_image("reconstructions", mosaic(_pairs(shown, reconstruct(model, shown))))
    grid = decode_grid(model, grid_codes(-_REACH, _REACH, _STEPS, recipe.latent))
    bench.keep_image("grid", mosaic(grid))
    points = map_points(model, digits, most=_MAPPED)
    closer = next(trial for trial in study.trials if trial.asked == settings.kl_weight)
    return {
        "name": digits.name,
        "images": study.images,
        "of": int(sum(part != "test" for part in bench.digits.parts)),
        "epochs": recipe.training.epochs,
        "batch_size": recipe.training.batch_size,
        "latent": recipe.latent,
        "pixels": study.spectrum.pixels,
        "bounds": study.spectrum.bounds.tolist(),
        "mean_error": _error_of_the_mean(images),
        "study": _study_facts(study),
        "asked": settings.kl_weight,
        "ended": closer.kl_weight,
        "kl": list(closer.figures.kl),
        "mse": closer.figures.mse,
        "reconstruction_mse": _error(model, images),
        "active": closer.figures.active_units,
        "neighbours": closer.figures.knn_accuracy,
        "notes": list(closer.notes),
        "history": {name: list(each) for name, each in model.history.metrics.items()},
        "grid_spread": _spread(grid),
        "outside": float((np.abs(points.codes) > _REACH).any(axis=1).mean()),
        "points": np.round(points.codes, 3).tolist(),
        "labels": None if points.labels is None else points.labels.tolist(),
        "class_names": list(points.class_names),
    }


def _model(bench: Bench, study: KLWeightStudy, asked: KLWeight) -> Autoencoder:
    """Give the model that the study kept; where it is gone, the study's seed gives it again."""
    folder = model_folder(bench.folder / "runs" / bench.section, asked)
    try:
        return Autoencoder.load(folder)
    except BundleError:
        from peu.autoencoders.fit import fit_autoencoder

        return fit_autoencoder(
            dataclasses.replace(study.recipe, kl_weight=asked),
            bench.fewer_digits(bench.settings.pace.mapped_images),
            seed=bench.settings.seed,
        )


def _study_facts(study: KLWeightStudy) -> Facts:
    trials = []
    for trial in study.trials:
        samples = trial.samples
        trials.append(
            {
                "asked": trial.asked,
                "kl_weight": trial.kl_weight,
                "elbo": trial.figures.elbo,
                "mse": trial.figures.mse,
                "kl": list(trial.figures.kl),
                "active": trial.figures.active_units,
                "neighbours": trial.figures.knn_accuracy,
                "distance": None if samples is None else samples.distance,
                "confident": None if samples is None else samples.confident,
                "covered": None if samples is None else samples.classes_covered,
                "classes": None if samples is None else samples.classes,
                "seconds": trial.seconds,
                "notes": list(trial.notes),
            }
        )
    best = {
        "elbo": study.best_bound,
        "samples": study.best_samples,
        "neighbours": study.best_neighbours,
    }
    return {
        "trials": trials,
        "best": {name: None if one is None else one.asked for name, one in best.items()},
    }


def _pairs(above: NDArray[Any], below: NDArray[Any]) -> NDArray[np.float32]:
    return np.stack([above.astype(np.float32) / 255, below])


def _spread(grid: NDArray[np.float32]) -> float:
    """Give how much the images of the grid differ: the mean deviation of a pixel across it."""
    flat = grid.reshape(-1, *grid.shape[2:])
    return float(flat.std(axis=0).mean())


def _error_of_the_mean(images: ImageSet) -> float:
    """Give the error of the mean training image on the images tested on."""
    mean = images.train.mean(axis=0) / 255
    return float(np.square(images.test / 255 - mean).mean())


def _error(model: Autoencoder, images: ImageSet) -> float:
    tested = images.test[:500]
    wanted = tested.astype(np.float32) / np.float32(255)
    return float(np.square(wanted - reconstruct(model, tested)).mean())
