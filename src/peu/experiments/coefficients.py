"""The sheet's study: what the coefficient does, with what theory says of it beside."""

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
from peu.autoencoding.coefficient import Spectrum, picture_spectrum
from peu.autoencoding.fit import recipe_pictures, with_provenance
from peu.autoencoding.pictures import PictureSet
from peu.autoencoding.variational import Tell, fit_variational
from peu.data.dataset import ImageDataset
from peu.errors import RecipeError, ResourceError
from peu.evaluation.generated import Judge, SampleFigures, judge_samples, train_judge
from peu.evaluation.latent import LatentFigures
from peu.experiments.latent import coefficient_of, measure_variational
from peu.experiments.latent_pictures import sample_pictures
from peu.files import canonical_json, owning, read_json, sha256_of_text, write_json
from peu.progress import Progress, silent
from peu.recipes.autoencoders import autoencoder_to_dict
from peu.recipes.variational import Coefficient, Variational
from peu.seeds import child_seed

FORMAT = 1
SHEET_VALUES: tuple[Coefficient, ...] = (1.0, 0.1, 0.01, 1e-3, 1e-4, "auto")
_SAMPLES = 1000
_MOST_CLASSES = 100


@dataclass(frozen=True, kw_only=True)
class CoefficientTrial:
    """Hold what one coefficient led to.

    Attributes:
        asked: the coefficient asked for, or "auto".
        coefficient: as training left it.
        figures: on held-out pictures.
        samples: what the judge says of generated pictures; None without labels.
        seconds: that training took.
        notes: what was said before and while training.
    """

    asked: Coefficient
    coefficient: float
    figures: LatentFigures
    samples: SampleFigures | None
    seconds: float
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False, kw_only=True)
class CoefficientStudy:
    """Hold a whole sweep.

    Attributes:
        dataset: name of the pictures.
        fingerprint: of the pictures.
        recipe: what all trials share.
        seed: of everything random.
        pictures: how many were learnt from.
        spectrum: principal variances of the training pictures.
        trials: in the order asked for.
        left_out: why there is no judgement of samples, or "".
    """

    dataset: str
    fingerprint: str
    recipe: Variational
    seed: int
    pictures: int
    spectrum: Spectrum
    trials: tuple[CoefficientTrial, ...]
    left_out: str

    @property
    def best_bound(self) -> CoefficientTrial:
        """The trial with the highest evidence lower bound."""
        return max(self.trials, key=lambda trial: trial.figures.elbo)

    @property
    def best_samples(self) -> CoefficientTrial | None:
        """The trial whose generated pictures are nearest to the real ones."""
        judged = [trial for trial in self.trials if trial.samples is not None]
        return min(judged, key=_distance) if judged else None

    @property
    def best_neighbours(self) -> CoefficientTrial | None:
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
            "pictures": self.pictures,
            "variances": self.spectrum.eigenvalues.tolist(),
            "bounds": self.spectrum.bounds.tolist(),
            "best": {name: None if one is None else one.asked for name, one in best.items()},
            "left_out": self.left_out,
            "trials": [_trial_to_dict(trial) for trial in self.trials],
        }


def study_coefficients(
    dataset: ImageDataset,
    values: Sequence[Coefficient],
    *,
    recipe: Variational | None = None,
    seed: int = 0,
    run_folder: str | Path | None = None,
    progress: Progress = silent,
    tell: Tell = lambda _: None,
    on_trial: Callable[[CoefficientTrial, int, int], None] = lambda *_: None,
) -> CoefficientStudy:
    """Train with one coefficient after another and measure what each is good for.

    Likelihood, generated pictures and neighbours need not be best at the same coefficient, so
    they are reported apart. With a run folder every trial is a file as soon as it ends: an
    interrupted study goes on where it was. Its models are kept there too, as `model_folder` has it.

    Args:
        dataset: pictures; with labels, generated pictures and neighbours are judged too.
        values: coefficients, each above 0 or "auto"; at least one, all different.
        recipe: what all trials share; its own coefficient is not used.
        seed: of everything random; all trials start from the same weights.
        run_folder: where trials are kept, or None to keep nothing.
        progress: told of what is done.
        tell: told in a sentence what a coefficient must lead to, before it is tried.
        on_trial: told of each trial that ended, how many have, and of how many.

    Returns:
        The study.

    Raises:
        RecipeError: no value, a value twice, or one that is no coefficient.
        DataError: fewer than two different pictures.
        ResourceError: the folder holds another study.

    Source: lab sheet, section 3.4; Dai et al. (2020) and arXiv 2409.09361 for optima that differ.
    """
    recipe = recipe or Variational()
    recipes = _recipes(recipe, values)
    folder = None if run_folder is None else Path(run_folder)
    pictures = recipe_pictures(recipe, dataset, seed=seed, progress=progress)
    left_out = _left_out(dataset)
    judge: Judge | None = None
    trials: list[CoefficientTrial] = []
    with owning(folder) if folder else contextlib.nullcontext():
        if folder:
            _claim(folder / "study.json", dataset, recipe, seed)
        for number, one in enumerate(recipes, start=1):
            file = folder / "trials" / f"{_key(dataset, one, seed)}.json" if folder else None
            trial = _read_trial(file)
            if trial is None:
                if judge is None and not left_out:
                    judge = _judge(dataset, pictures, seed, progress)
                trial = _run_trial(one, dataset, pictures, judge, seed, folder, progress, tell)
                if file is not None:
                    write_json(file, {"format": FORMAT, **_trial_to_dict(trial)})
            trials.append(trial)
            on_trial(trial, number, len(recipes))
    return CoefficientStudy(
        dataset=dataset.name,
        fingerprint=dataset.fingerprint,
        recipe=recipe,
        seed=seed,
        pictures=len(pictures.train),
        spectrum=picture_spectrum(pictures.train, recipe.latent),
        trials=tuple(trials),
        left_out=left_out,
    )


def model_folder(run_folder: str | Path, asked: Coefficient) -> Path:
    """Give the folder in which a study keeps the model of a coefficient."""
    return Path(run_folder) / "models" / (asked if asked == "auto" else f"{asked:g}")


def _claim(file: Path, dataset: ImageDataset, recipe: Variational, seed: int) -> None:
    """Note which study a folder holds; another one's must not be written over."""
    own = {
        "format": FORMAT,
        "fingerprint": dataset.fingerprint,
        "recipe": autoencoder_to_dict(dataclasses.replace(recipe, coefficient="auto")),
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
            "pictures, settings or seed. Choose another folder with --output."
        )


def _recipes(recipe: Variational, values: Sequence[Coefficient]) -> list[Variational]:
    if not values or len(set(values)) < len(values):
        raise RecipeError(
            f"`values` must be one coefficient or more, each once. Received: {list(values)!r}. "
            "The sheet compares several: try 1, 0.01, 0.0001 and auto."
        )
    return [dataclasses.replace(recipe, coefficient=value) for value in values]


def _left_out(dataset: ImageDataset) -> str:
    if dataset.labels is None:
        return "Generated pictures and neighbours are not judged: the pictures have no labels."
    if not 2 <= len(dataset.class_names) <= _MOST_CLASSES:
        return (
            f"Generated pictures are not judged: that wants 2 to {_MOST_CLASSES} classes, and "
            f"there are {len(dataset.class_names)}."
        )
    return ""


def _judge(dataset: ImageDataset, pictures: PictureSet, seed: int, progress: Progress) -> Judge:
    labels = _labels(dataset)
    return train_judge(
        pictures.train,
        labels[pictures.train_indices],
        pictures.test,
        labels[pictures.test_indices],
        seed=child_seed(seed, "judge"),
        progress=progress,
    )


def _labels(dataset: ImageDataset) -> NDArray[np.int64]:
    labels: NDArray[np.int64] = np.asarray(dataset.labels, np.int64)
    return labels


def _run_trial(
    recipe: Variational,
    dataset: ImageDataset,
    pictures: PictureSet,
    judge: Judge | None,
    seed: int,
    folder: Path | None,
    progress: Progress,
    tell: Tell,
) -> CoefficientTrial:
    started = time.perf_counter()
    model = fit_variational(recipe, pictures, seed=seed, progress=progress, tell=tell)
    seconds = time.perf_counter() - started
    if folder is not None:
        with_provenance(model, dataset, pictures, seed=seed).save(
            model_folder(folder, recipe.coefficient), overwrite=True
        )
    samples = None
    if judge is not None:
        _, drawn = sample_pictures(model, _SAMPLES, source="prior", seed=seed)
        samples = judge_samples(judge, np.rint(255 * drawn).astype(np.uint8))
    return CoefficientTrial(
        asked=recipe.coefficient,
        coefficient=coefficient_of(model),
        figures=measure_variational(model, pictures, dataset.labels, progress=progress),
        samples=samples,
        seconds=seconds,
        notes=model.history.notes,
    )


def _key(dataset: ImageDataset, recipe: Variational, seed: int) -> str:
    """Name a trial by everything that its result depends on."""
    knobs = {**autoencoder_to_dict(recipe), "name": ""}
    essence = {
        "peu": __version__,
        "fingerprint": dataset.fingerprint,
        "recipe": knobs,
        "seed": seed,
        "samples": _SAMPLES,
    }
    return sha256_of_text(canonical_json(essence))[:32]


def _trial_to_dict(trial: CoefficientTrial) -> dict[str, Any]:
    return {
        "asked": trial.asked,
        "coefficient": trial.coefficient,
        **trial.figures.to_dict(),
        "samples": None if trial.samples is None else dataclasses.asdict(trial.samples),
        "seconds": trial.seconds,
        "notes": list(trial.notes),
    }


def _read_trial(file: Path | None) -> CoefficientTrial | None:
    """Read a finished trial, or nothing where it is missing or unreadable: it runs again."""
    if file is None:
        return None
    try:
        stored = read_json(file)
        figures = {knob.name: stored[knob.name] for knob in dataclasses.fields(LatentFigures)}
        samples = stored["samples"]
        trial = CoefficientTrial(
            asked=stored["asked"],
            coefficient=float(stored["coefficient"]),
            figures=LatentFigures(**{**figures, "kl": tuple(figures["kl"])}),
            samples=None if samples is None else SampleFigures(**samples),
            seconds=float(stored["seconds"]),
            notes=tuple(stored["notes"]),
        )
        whole = stored["format"] == FORMAT and math.isfinite(trial.figures.elbo)
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return trial if whole else None


def _distance(trial: CoefficientTrial) -> float:
    return math.inf if trial.samples is None else trial.samples.distance


def _neighbours(trial: CoefficientTrial) -> float:
    accuracy = trial.figures.knn_accuracy
    return -1.0 if accuracy is None else accuracy
