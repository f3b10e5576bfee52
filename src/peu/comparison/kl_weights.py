"""The sheet's study: what the kl_weight does, with what theory says of it beside."""

import contextlib
import dataclasses
import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu import __version__
from peu.autoencoders.fit import recipe_images, with_provenance
from peu.autoencoders.images import ImageSet
from peu.autoencoders.kl_weight import Spectrum, image_spectrum
from peu.autoencoders.variational import Tell, fit_variational
from peu.comparison.latent import kl_weight_of, measure_variational
from peu.comparison.latent_images import sample_images
from peu.errors import RecipeError, ResourceError
from peu.evaluation.generated import Judge, SampleFigures, judge_samples, train_judge
from peu.evaluation.latent import LatentFigures
from peu.files import canonical_json, owning, read_json, sha256_of_text, write_json
from peu.images.dataset import ImageDataset
from peu.recipes.autoencoders import autoencoder_to_dict
from peu.recipes.variational import KLWeight, Variational
from peu.seeds import child_seed

FORMAT = 1
SHEET_VALUES: tuple[KLWeight, ...] = (1.0, 0.1, 0.01, 1e-3, 1e-4, "auto")
_SAMPLES = 1000
_MOST_CLASSES = 100


@dataclass(frozen=True, kw_only=True)
class KLWeightTrial:
    """Hold what one kl_weight led to.

    Attributes:
        asked: the kl_weight asked for, or "auto".
        kl_weight: as training left it.
        figures: on held-out images.
        samples: what the judge says of generated images; None without labels.
        seconds: that training took.
        notes: what was said before and while training.
    """

    asked: KLWeight
    kl_weight: float
    figures: LatentFigures
    samples: SampleFigures | None
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class KLWeightStudy:
    """Hold a whole sweep.

    Attributes:
        dataset: name of the images.
        fingerprint: of the images.
        recipe: what all trials share.
        seed: of everything random.
        images: how many were learnt from.
        spectrum: principal variances of the training images.
        trials: in the order asked for.
        left_out: why there is no judgement of samples, or "".
    """

    dataset: str
    fingerprint: str
    recipe: Variational
    seed: int
    images: int
    spectrum: Spectrum
    trials: tuple[KLWeightTrial, ...]
    left_out: str

    @property
    def best_bound(self) -> KLWeightTrial:
        """The trial with the highest evidence lower bound."""
        return max(self.trials, key=lambda trial: trial.figures.elbo)

    @property
    def best_samples(self) -> KLWeightTrial | None:
        """The trial whose generated images are nearest to the real ones."""
        judged = [trial for trial in self.trials if trial.samples is not None]
        return min(judged, key=_distance) if judged else None

    @property
    def best_neighbours(self) -> KLWeightTrial | None:
        """The trial in whose map most of the nearest neighbours are of the right class."""
        known = [trial for trial in self.trials if trial.figures.knn_accuracy is not None]
        return max(known, key=_neighbours) if known else None

    def to_dict(self) -> dict[str, Any]:
        """Give the study as JSON holds it."""
        best = {
            "elbo": self.best_bound,
            "samples": self.best_samples,
            "neighbours": self.best_neighbours,
        }
        return {
            "format": FORMAT,
            "dataset": self.dataset,
            "fingerprint": self.fingerprint,
            "recipe": autoencoder_to_dict(self.recipe),
            "seed": self.seed,
            "images": self.images,
            "variances": self.spectrum.eigenvalues.tolist(),
            "bounds": self.spectrum.bounds.tolist(),
            "best": {name: None if one is None else one.asked for name, one in best.items()},
            "left_out": self.left_out,
            "trials": [_trial_to_dict(trial) for trial in self.trials],
        }


def study_kl_weights(
    dataset: ImageDataset,
    values: Sequence[KLWeight],
    *,
    recipe: Variational | None = None,
    seed: int = 0,
    run_folder: str | Path | None = None,
    tell: Tell = lambda _: None,
    on_trial: Callable[[KLWeightTrial, int, int], None] = lambda *_: None,
) -> KLWeightStudy:
    """Train with one kl_weight after another and measure what each is good for.

    Likelihood, generated images and neighbours need not be best at the same kl_weight, so
    they are reported apart. With a run folder every trial is a file as soon as it ends: an
    interrupted study goes on where it was. Its models are kept there too, as `model_folder` has it.

    Args:
        dataset: images; with labels, generated images and neighbours are judged too.
        values: kl_weights, each above 0 or "auto"; at least one, all different.
        recipe: what all trials share; its own kl_weight is not used.
        seed: of everything random; all trials start from the same weights.
        run_folder: where trials are kept, or None to keep nothing.
        tell: told in a sentence what a kl_weight must lead to, before it is tried.
        on_trial: told of each trial that ended, how many have, and of how many.

    Returns:
        The study.

    Raises:
        RecipeError: no value, a value twice, or one that is no kl_weight.
        DataError: fewer than two different images.
        ResourceError: the folder holds another study.

    Source: lab sheet, section 3.4; Dai et al. (2020) and arXiv 2409.09361 for optima that differ.
    """
    recipe = recipe or Variational()
    recipes = _recipes(recipe, values)
    folder = None if run_folder is None else Path(run_folder)
    images = recipe_images(recipe, dataset, seed=seed)
    left_out = _left_out(dataset)
    judge: Judge | None = None
    trials: list[KLWeightTrial] = []
    with owning(folder) if folder else contextlib.nullcontext():
        if folder:
            _claim(folder / "study.json", dataset, recipe, seed)
        for number, one in enumerate(recipes, start=1):
            file = folder / "trials" / f"{_key(dataset, one, seed)}.json" if folder else None
            trial = _read_trial(file)
            if trial is None:
                if judge is None and not left_out:
                    judge = _judge(dataset, images, seed)
                trial = _run_trial(one, dataset, images, judge, seed, folder, tell)
                if file is not None:
                    write_json(file, {"format": FORMAT, **_trial_to_dict(trial)})
            trials.append(trial)
            on_trial(trial, number, len(recipes))
    return KLWeightStudy(
        dataset=dataset.name,
        fingerprint=dataset.fingerprint,
        recipe=recipe,
        seed=seed,
        images=len(images.train),
        spectrum=image_spectrum(images.train, recipe.latent),
        trials=tuple(trials),
        left_out=left_out,
    )


def model_folder(run_folder: str | Path, asked: KLWeight) -> Path:
    """Give the folder in which a study keeps the model of a kl_weight."""
    return Path(run_folder) / "models" / (asked if asked == "auto" else f"{asked:g}")


def _claim(file: Path, dataset: ImageDataset, recipe: Variational, seed: int) -> None:
    """Note which study a folder holds; another one's must not be written over."""
    own = {
        "format": FORMAT,
        "fingerprint": dataset.fingerprint,
        "recipe": autoencoder_to_dict(dataclasses.replace(recipe, kl_weight="auto")),
        "seed": seed,
    }
    own = json.loads(canonical_json(own))
    if not file.exists():
        write_json(file, own)
        return
    try:
        same = read_json(file) == own
    except (OSError, ValueError):
        same = False
    if not same:
        raise ResourceError(
            f"`{file.parent}` must be new, or hold this same study. It holds another: other "
            "images, settings or seed. Choose another folder with --output."
        )


def _recipes(recipe: Variational, values: Sequence[KLWeight]) -> list[Variational]:
    if not values or len(set(values)) < len(values):
        raise RecipeError(
            f"`values` must be one kl_weight or more, each once. Received: {list(values)!r}. "
            "The sheet compares several: try 1, 0.01, 0.0001 and auto."
        )
    return [dataclasses.replace(recipe, kl_weight=value) for value in values]


def _left_out(dataset: ImageDataset) -> str:
    if dataset.labels is None:
        return "Generated images and neighbours are not judged: the images have no labels."
    if not 2 <= len(dataset.class_names) <= _MOST_CLASSES:
        return (
            f"Generated images are not judged: that wants 2 to {_MOST_CLASSES} classes, and "
            f"there are {len(dataset.class_names)}."
        )
    return ""


def _judge(dataset: ImageDataset, images: ImageSet, seed: int) -> Judge:
    labels = _labels(dataset)
    return train_judge(
        images.train,
        labels[images.train_indices],
        images.test,
        labels[images.test_indices],
        seed=child_seed(seed, "judge"),
    )


def _labels(dataset: ImageDataset) -> NDArray[np.int64]:
    labels: NDArray[np.int64] = np.asarray(dataset.labels, np.int64)
    return labels


def _run_trial(
    recipe: Variational,
    dataset: ImageDataset,
    images: ImageSet,
    judge: Judge | None,
    seed: int,
    folder: Path | None,
    tell: Tell,
) -> KLWeightTrial:
    started = time.perf_counter()
    model = fit_variational(recipe, images, seed=seed, tell=tell)
    seconds = time.perf_counter() - started
    if folder is not None:
        with_provenance(model, dataset, images, seed=seed).save(
            model_folder(folder, recipe.kl_weight), overwrite=True
        )
    samples = None
    if judge is not None:
        _, drawn = sample_images(model, _SAMPLES, source="prior", seed=seed)
        samples = judge_samples(judge, np.rint(255 * drawn).astype(np.uint8))
    return KLWeightTrial(
        asked=recipe.kl_weight,
        kl_weight=kl_weight_of(model),
        figures=measure_variational(model, images, dataset.labels),
        samples=samples,
        seconds=seconds,
        notes=model.history.notes,
    )


def _key(dataset: ImageDataset, recipe: Variational, seed: int) -> str:
    """Name a trial by everything that its result depends on."""
    settings = {**autoencoder_to_dict(recipe), "name": ""}
    essence = {
        "peu": __version__,
        "fingerprint": dataset.fingerprint,
        "recipe": settings,
        "seed": seed,
        "samples": _SAMPLES,
    }
    return sha256_of_text(canonical_json(essence))[:32]


def _trial_to_dict(trial: KLWeightTrial) -> dict[str, Any]:
    return {
        "asked": trial.asked,
        "kl_weight": trial.kl_weight,
        **trial.figures.to_dict(),
        "samples": None if trial.samples is None else dataclasses.asdict(trial.samples),
        "seconds": trial.seconds,
        "notes": list(trial.notes),
    }


def _read_trial(file: Path | None) -> KLWeightTrial | None:
    """Read a finished trial, or nothing where it is missing or unreadable: it runs again."""
    if file is None:
        return None
    try:
        stored = read_json(file)
        figures = {
            setting.name: stored[setting.name] for setting in dataclasses.fields(LatentFigures)
        }
        samples = stored["samples"]
        trial = KLWeightTrial(
            asked=stored["asked"],
            kl_weight=float(stored["kl_weight"]),
            figures=LatentFigures(**{**figures, "kl": tuple(figures["kl"])}),
            samples=None if samples is None else SampleFigures(**samples),
            seconds=float(stored["seconds"]),
            notes=tuple(stored["notes"]),
        )
        whole = stored["format"] == FORMAT and math.isfinite(trial.figures.elbo)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return trial if whole else None


def _distance(trial: KLWeightTrial) -> float:
    return math.inf if trial.samples is None else trial.samples.distance


def _neighbours(trial: KLWeightTrial) -> float:
    accuracy = trial.figures.knn_accuracy
    return -1.0 if accuracy is None else accuracy
