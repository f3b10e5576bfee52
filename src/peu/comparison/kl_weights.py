"""The sheet's study: what the KL weight does, with what theory predicts beside it."""

import contextlib
import dataclasses
import json
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from sklearn.base import clone

from peu.autoencoders.kl_weight import Spectrum
from peu.autoencoders.vae import VAE
from peu.comparison.latent import evaluate_split
from peu.comparison.vae_fits import fit_all
from peu.errors import RecipeError, ResourceError
from peu.evaluation.generated import (
    Judge,
    RecognitionFigures,
    SampleFigures,
    judge_reconstructions,
    judge_samples,
    train_judge,
)
from peu.evaluation.latent import LatentFigures
from peu.files import (
    canonical_json,
    read_json,
    sha256_of_text,
    with_checksum,
    without_checksum,
    write_json,
)
from peu.images.dataset import ImageDataset
from peu.networks.choices import KLWeight
from peu.networks.training_settings import TrainingSettings
from peu.output_folder import lock_folder
from peu.progress import steps
from peu.seeds import child_seed
from peu.settings import settings_to_dict
from peu.version import __version__

FORMAT = 1
_SAMPLES = 1000
_MAX_CLASSES = 100


@dataclasses.dataclass(frozen=True, kw_only=True)
class KLWeightTrial:
    """The results with one KL weight.

    Attributes:
        requested: the KL weight asked for, or "auto".
        kl_weight: at the end of training.
        figures: on held-out images.
        samples: the judge's evaluation of generated images; None without labels.
        recognition: its evaluation of reconstructed held-out images; None without labels.
        restarts: how often training began again from another seed.
        seconds: duration of the training.
        notes: what was noted before and during training.
        spectrum: principal variances of the training images.
        training: the schedule.
        n_images: number of training images.
    """

    requested: KLWeight
    kl_weight: float
    figures: LatentFigures
    samples: SampleFigures | None
    seconds: float
    notes: tuple[str, ...]
    spectrum: Spectrum
    training: TrainingSettings
    n_images: int
    recognition: RecognitionFigures | None = None
    restarts: int = 0


@dataclasses.dataclass(frozen=True, kw_only=True)
class KLWeightStudy:
    """The results of a whole study.

    Attributes:
        dataset: name of the dataset.
        fingerprint: of the dataset.
        vae: the settings that all trials share.
        trials: in the order of the arguments.
        omitted: why generated images were not judged, or "".
        repeated: a trial once more from another seed, whose images were not judged; None where
            none was to be.
    """

    dataset: str
    fingerprint: str
    vae: VAE
    trials: tuple[KLWeightTrial, ...]
    omitted: str
    repeated: KLWeightTrial | None = None

    @property
    def spectrum(self) -> Spectrum:
        """Principal variances of the training images."""
        return self.trials[0].spectrum

    @property
    def best_bound(self) -> KLWeightTrial:
        """The trial with the highest evidence lower bound."""
        return max(self.trials, key=lambda trial: trial.figures.elbo)

    @property
    def best_samples(self) -> KLWeightTrial | None:
        """The trial whose generated images are closest to the real ones."""
        judged = {trial.samples.distance: trial for trial in self.trials if trial.samples}
        return judged[min(judged)] if judged else None

    @property
    def best_neighbours(self) -> KLWeightTrial | None:
        """The trial with the most nearest neighbours of the right class."""
        known = [trial for trial in self.trials if trial.figures.knn_accuracy is not None]
        return max(known, key=lambda trial: trial.figures.knn_accuracy or 0.0, default=None)

    def to_dict(self) -> dict[str, Any]:
        """The study as JSON."""
        best = {
            "elbo": self.best_bound,
            "samples": self.best_samples,
            "neighbours": self.best_neighbours,
        }
        return {
            "format": FORMAT,
            "dataset": self.dataset,
            "fingerprint": self.fingerprint,
            "settings": settings_to_dict(self.vae),
            "bounds": self.spectrum.bounds.tolist(),
            "best": {name: None if one is None else one.requested for name, one in best.items()},
            "omitted": self.omitted,
            "trials": [_TRIAL.dump_python(trial, mode="json") for trial in self.trials],
            "repeated": self.repeated and _TRIAL.dump_python(self.repeated, mode="json"),
        }


_TRIAL = TypeAdapter(KLWeightTrial)


def study_kl_weights(
    dataset: ImageDataset,
    values: Sequence[KLWeight],
    *,
    vae: VAE | None = None,
    run_folder: str | Path | None = None,
    on_trial: Callable[[KLWeightTrial, int, int], None] = lambda *_: None,
    judge: bool = True,
    repeat: KLWeight | None = None,
    workers: int = 0,
) -> KLWeightStudy:
    """Train with several KL weights and measure what each is good for.

    Likelihood, generated images and neighbours need not be best at the same KL weight, so they
    are reported separately. With a run folder every trial is a file as soon as it ends: an
    interrupted study resumes. Its models are kept there too, in `vae_fits.model_folder`.

    Args:
        dataset: images; with labels, generated images and neighbours are evaluated too.
        values: KL weights, each above 0 or "auto"; at least one, all different.
        vae: the settings that all trials share, initial weights included; its own KL weight is
            not used.
        run_folder: where trials are kept, or None to keep nothing.
        on_trial: called after each value's trial with it, the number of those done, and their
            total.
        judge: evaluate generated images with a network trained on the images' classes, where
            there are some.
        repeat: one of the values, to train once more from another seed: how far two trainings
            differ by chance.
        workers: processes that train side by side with one thread each, whose figures do not
            depend on how many they are; 0 trains here, one after the other, with all threads.

    Raises:
        RecipeError: no value, a value twice, or an invalid one.
        DataError: fewer than two different images.
        ResourceError: the folder holds another study.

    Source: lab sheet, section 3.4; Dai et al. (2020) and arXiv 2409.09361 for optima that differ.
    """
    vae = clone(vae or VAE()).set_params(kl_weight="auto")
    candidates = _candidates(vae, values, repeat)
    folder = None if run_folder is None else Path(run_folder)
    omitted = _why_not_judged(dataset) if judge else "Generated images were not to be judged."
    known_judge: Judge | None = None
    trials: dict[tuple[KLWeight, int], KLWeightTrial] = {}
    with (
        lock_folder(folder) if folder else contextlib.nullcontext(),
        steps(len(candidates)) as done,
    ):
        if folder:
            _claim(folder / "study.json", dataset, vae)

        def file_of(candidate: VAE) -> Path | None:
            name = f"{_key(dataset, candidate, judge=judge)}.json"
            return folder / "trials" / name if folder else None

        def keep(trial: KLWeightTrial, seed: int) -> None:
            trials[trial.requested, seed] = trial
            done(len(trials))
            if seed == vae.seed:
                on_trial(trial, sum(one == seed for _, one in trials), len(values))

        missing = []
        for candidate in candidates:
            trial = _read_trial(file_of(candidate))
            missing += [candidate] if trial is None else []
            if trial is not None:
                keep(trial, candidate.seed)
        # Closed at once when interrupted, so that no process trains on for nobody.
        with contextlib.closing(fit_all(missing, dataset, folder, workers, seed=vae.seed)) as fits:
            for fitted, seconds in fits:
                judged = not omitted and fitted.seed == vae.seed
                trial, known_judge = _measure(fitted, dataset, known_judge, seconds, judged=judged)
                file = file_of(fitted)
                if file is not None:
                    stored = {"format": FORMAT, **_TRIAL.dump_python(trial, mode="json")}
                    write_json(file, with_checksum(stored))
                keep(trial, fitted.seed)
    return KLWeightStudy(
        dataset=dataset.name,
        fingerprint=dataset.fingerprint,
        vae=vae,
        trials=tuple(trials[value, vae.seed] for value in values),
        omitted=omitted,
        repeated=next((one for (_, seed), one in trials.items() if seed != vae.seed), None),
    )


def _candidates(vae: VAE, values: Sequence[KLWeight], repeat: KLWeight | None) -> list[VAE]:
    if not values or len(set(values)) < len(values):
        raise RecipeError(
            f"`values` must be one KL weight or more, all different. Received: {list(values)!r}. "
            "Try 1, 0.01, 0.0001 and auto."
        )
    if repeat is not None and repeat not in values:
        raise RecipeError(
            f"`repeat` must be one of the values. Received: {repeat!r}. Try {values[0]!r}."
        )
    candidates = [clone(vae).set_params(kl_weight=value) for value in values]
    if repeat is not None:
        candidates.append(
            clone(vae).set_params(kl_weight=repeat, seed=child_seed(vae.seed, "repeated"))
        )
    return candidates


def _claim(file: Path, dataset: ImageDataset, vae: VAE) -> None:
    """Note which study a folder holds; another one must not be overwritten."""
    own = {"format": FORMAT, "fingerprint": dataset.fingerprint, "settings": settings_to_dict(vae)}
    if not file.exists():
        write_json(file, own)
        return
    with contextlib.suppress(OSError, ValueError):
        if read_json(file) == own:
            return
    raise ResourceError(
        f"`{file.parent}` must be new, or hold this same study. It holds another: other images, "
        "settings or seed. Choose another folder with --output."
    )


def _why_not_judged(dataset: ImageDataset) -> str:
    if dataset.labels is None:
        return "Generated images and neighbours are not judged: the images have no labels."
    if not 2 <= len(dataset.class_names) <= _MAX_CLASSES:
        return (
            f"Generated images are not judged: this needs 2 to {_MAX_CLASSES} classes, and there "
            f"are {len(dataset.class_names)}."
        )
    return ""


def _measure(
    vae: VAE, dataset: ImageDataset, judge: Judge | None, seconds: float, *, judged: bool
) -> tuple[KLWeightTrial, Judge | None]:
    """Measure a fitted VAE; the judge is trained once, on the images of the first."""
    split, labels = vae.split(dataset), dataset.labels
    samples, recognition = None, None
    if judged and labels is not None:
        if judge is None:
            judge = train_judge(
                split.train,
                labels[split.train_indices],
                split.test,
                labels[split.test_indices],
                seed=child_seed(vae.seed, "judge"),
            )
        _, images = vae.sample(_SAMPLES, source="prior", seed=vae.seed)
        samples = judge_samples(judge, _pixels(images))
        recognition = judge_reconstructions(
            judge, _pixels(vae.reconstruct(split.test)), labels[split.test_indices]
        )
    trial = KLWeightTrial(
        requested=vae.kl_weight,
        kl_weight=vae.kl_weight_,
        figures=evaluate_split(vae, split, labels),
        samples=samples,
        recognition=recognition,
        seconds=seconds,
        notes=vae.notes_,
        spectrum=vae.spectrum_,
        training=vae.training_,
        n_images=vae.n_images_,
        restarts=vae.restarts_,
    )
    return trial, judge


def _pixels(intensities: NDArray[np.float32]) -> NDArray[np.uint8]:
    return np.rint(255 * intensities).astype(np.uint8)


def _key(dataset: ImageDataset, vae: VAE, *, judge: bool) -> str:
    """Name a trial by everything that its result depends on."""
    essence = {
        "peu": __version__,
        "fingerprint": dataset.fingerprint,
        "settings": settings_to_dict(vae),
        "samples": _SAMPLES if judge else 0,
    }
    return sha256_of_text(canonical_json(essence))[:32]


def _read_trial(file: Path | None) -> KLWeightTrial | None:
    """Read a finished trial; None if it is missing or invalid, so that it runs again."""
    if file is None:
        return None
    try:
        stored = without_checksum(read_json(file))
        version = stored.pop("format")
        trial = _TRIAL.validate_json(json.dumps(stored))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return trial if version == FORMAT and math.isfinite(trial.figures.elbo) else None
