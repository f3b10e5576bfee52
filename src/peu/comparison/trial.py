"""One recipe on one split: run, kept as a file, and read instead of run again."""

import contextlib
import dataclasses
import time
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import TypeAdapter

from peu.classifiers.base import ImageClassifier, predict_held_out
from peu.classifiers.registry import AnyRecipe
from peu.classifiers.search import searches_kept_in
from peu.classifiers.search_record import Search
from peu.classifiers.training_set import HeldOut, check_training_set
from peu.comparison.explanations import Explanation, explain_errors, seconds_per_image
from peu.errors import DataError, DiskError, PeuError
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.files import (
    canonical_json,
    read_json,
    sha256_of_file,
    sha256_of_text,
    with_checksum,
    without_checksum,
    write_json,
)
from peu.images.dataset import ImageDataset
from peu.images.decoding import DECODING
from peu.images.splits import Split, split_to_dict
from peu.json_arrays import FloatArray, IntArray
from peu.networks.history import Phase
from peu.output_folder import folder_gone
from peu.seeds import child_seed
from peu.version import __version__

FORMAT = 1
_MOST_BYTES = 256 << 20
_FILES = ("backbone", "backbone_weights")


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial:
    """The result of one recipe on one split.

    Attributes:
        recipe: its settings.
        split: what it learnt from, and what it was tested on.
        labels: true classes of the test images (m,).
        probabilities: predicted (m, k).
        class_names: of the k classes.
        seconds: to fit and to predict.
        parameters: numbers in the whole model.
        trainable_parameters: those that were learnt.
        history: figures of each epoch; empty without epochs.
        explanations: of the test images that were most confidently wrong.
        notes: sentences about what was chosen, or went differently than asked.
        search: how settings were chosen, where they were searched.
        phases: of a training in several, with what each was worth on the test images.
        held_out: predictions on inner folds for training images, by their index in the dataset.
        held_out_seconds: what they took beyond the trial itself.
        seconds_per_image: what the fitted model takes for an image; None where it was not timed.
    """

    recipe: AnyRecipe
    split: Split = field(repr=False)
    labels: IntArray = field(repr=False)
    probabilities: FloatArray = field(repr=False)
    class_names: tuple[str, ...] = field(repr=False)
    seconds: float
    parameters: int
    trainable_parameters: int
    history: dict[str, tuple[float, ...]] = field(default_factory=dict, repr=False)
    explanations: tuple[Explanation, ...] = field(default=(), repr=False)
    notes: tuple[str, ...] = ()
    search: Search | None = field(default=None, repr=False)
    phases: tuple[Phase, ...] = field(default=(), repr=False)
    held_out: HeldOut | None = field(default=None, repr=False)
    held_out_seconds: float = 0.0
    seconds_per_image: float | None = None

    @property
    def evaluation(self) -> Evaluation:
        """The metrics on the test images."""
        return evaluate_predictions(self.labels, self.probabilities, self.class_names)


@dataclass(frozen=True, eq=False, kw_only=True)
class TrialTask:
    """Which trial is wanted, and where its file belongs.

    Attributes:
        recipe: how to learn.
        split: what to learn from, and what to test on.
        file: where the result goes, or None to keep none.
        held_out: whether predictions for training images on inner folds are wanted too.
    """

    recipe: ImageClassifier
    split: Split
    file: Path | None
    held_out: bool = False

    @property
    def search_folder(self) -> Path | None:
        """Where searches are kept, beside the folder of the trials."""
        return None if self.file is None else self.file.parent.parent / "searches"

    @property
    def seed(self) -> int:
        """Random seed of the fit."""
        return child_seed(self.split.seed, self.recipe.kind)


def trial_key(dataset: ImageDataset, recipe: ImageClassifier, split: Split) -> str:
    """Hash of everything that a trial's result depends on, in hexadecimal.

    A recipe's name is no part of it, and files that a recipe names enter by their content, so
    that a moved weights file is still the same trial.
    """
    settings = _what_counts(recipe.to_dict())
    return sha256_of_text(
        canonical_json(
            [FORMAT, DECODING, __version__, dataset.fingerprint, settings, split_to_dict(split)]
        )
    )


def _what_counts(settings: dict[str, Any]) -> dict[str, Any]:
    # A trial's seed is its split's.
    counting = {name: each for name, each in settings.items() if name not in ("name", "seed")}
    for name in _FILES:
        path = Path(str(settings.get(name, ""))).expanduser()
        if path.is_file():
            counting[name] = sha256_of_file(path)
    if "members" in settings:
        counting["members"] = [_what_counts(member) for member in settings["members"]]
    return counting


def run_trial(dataset: ImageDataset, task: TrialTask) -> Trial:
    """Fit on one side of a split and predict the other; keep the result as a file.

    Args:
        dataset: labelled images.
        task: which trial.

    Returns:
        The trial.

    Raises:
        PeuError: the recipe cannot run here, or its training diverged.
    """
    trial = read_trial(task) if task.held_out else None
    if trial is None:
        trial = _run(dataset, task)
    if task.held_out and trial.held_out is None:
        started = time.perf_counter()
        recipe = task.recipe.__sklearn_clone__()
        recipe.seed = task.seed
        data, _ = check_training_set(dataset[task.split.train])
        with _keeping_searches(task):
            held_out = predict_held_out(recipe, data)
        trial = dataclasses.replace(
            trial,
            held_out=_in_dataset(held_out, task.split),
            held_out_seconds=time.perf_counter() - started,
        )
        write_trial(task, trial)
    return trial


def try_trial(dataset: ImageDataset, task: TrialTask) -> Trial | PeuError:
    """Run a trial; return the error where the recipe cannot run.

    Raises:
        DiskError: something cannot be written, which is no fault of the recipe.
    """
    try:
        return run_trial(dataset, task)
    except DiskError:
        raise
    except PeuError as error:
        return error


def _run(dataset: ImageDataset, task: TrialTask) -> Trial:
    split = task.split
    train, test = dataset[split.train], dataset[split.test]
    _check_classes(train)
    recipe = task.recipe.__sklearn_clone__()
    recipe.seed = task.seed
    started = time.perf_counter()
    with _keeping_searches(task):
        recipe.fit(train, validation=test)
    probabilities = recipe.predict_proba(test)
    seconds = time.perf_counter() - started
    labels = np.asarray(test.labels)
    predictor = cache(recipe.predictor)
    trial = Trial(
        recipe=task.recipe,
        split=split,
        labels=labels,
        probabilities=probabilities,
        class_names=dataset.class_names,
        seconds=seconds,
        parameters=recipe.n_parameters_,
        trainable_parameters=recipe.n_trainable_parameters_,
        history=recipe.history_.metrics,
        explanations=explain_errors(predictor, test, split, probabilities),
        notes=recipe.notes_,
        search=getattr(recipe, "search_", None),
        phases=tuple(getattr(recipe, "phases_", ())),
        held_out=_in_dataset(recipe.held_out_, split),
        seconds_per_image=seconds_per_image(predictor, test, split),
    )
    write_trial(task, trial)
    return trial


def _keeping_searches(task: TrialTask) -> contextlib.AbstractContextManager[None]:
    """Keep searches with the run; a task without a file leaves that to its caller."""
    folder = task.search_folder
    return contextlib.nullcontext() if folder is None else searches_kept_in(folder)


def _check_classes(train: ImageDataset) -> None:
    present = np.unique(train.y)
    missing = sorted(set(train.class_names) - set(present.tolist()))
    if missing:
        raise DataError(
            "Every class must have an image to learn from. Received none of: "
            f"{', '.join(missing[:3])}. Add images, or leave the class out."
        )


def _in_dataset(held_out: HeldOut | None, split: Split) -> HeldOut | None:
    if held_out is None:
        return None
    return HeldOut(split.train[held_out.indices], held_out.probabilities)


def write_trial(task: TrialTask, trial: Trial) -> None:
    """Keep a trial as the file of its task, where it has one.

    Raises:
        DiskError: it cannot be written, or the run's folder has gone.
    """
    if task.file is None:
        return
    run_folder = task.file.parent.parent
    if not run_folder.is_dir():
        raise folder_gone(run_folder)
    stored = {**trial_to_dict(trial), "key": task.file.stem}
    write_json(task.file, with_checksum(stored))


def trial_to_dict(trial: Trial) -> dict[str, Any]:
    """A trial as JSON, to the last digit."""
    return {
        "format": FORMAT,
        "peu": __version__,
        **_adapter().dump_python(trial, mode="json"),
        # For whoever reads the file; not read back.
        "figures": {
            "accuracy": trial.evaluation.accuracy,
            "log_loss": trial.evaluation.log_loss,
        },
    }


def read_trial(task: TrialTask) -> Trial | None:
    """Read a finished trial.

    Returns:
        The trial, or None where its file is missing or unreadable: it is then run again.
    """
    trial = None if task.file is None else read_trial_file(task.file)
    if trial is None or len(trial.labels) != len(task.split.test):
        return None
    # The name in tables is the caller's; the rest is equal, or the key would differ.
    return dataclasses.replace(trial, recipe=task.recipe)


def read_trial_file(path: Path) -> Trial | None:
    """Read a trial from its file.

    Returns:
        None where it is missing, unreadable, of another version, or was written under another
        name, which says what it depends on.
    """
    try:
        stored = without_checksum(read_json(path, most_bytes=_MOST_BYTES))
        if stored.pop("key") != path.stem:
            return None
        if stored.pop("format") != FORMAT or stored.pop("peu") != __version__:
            return None
        trial = _adapter().validate_json(canonical_json(stored))
        whole = len(trial.evaluation.labels) == len(trial.split.test)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, PeuError):
        return None
    return trial if whole else None


@cache
def _adapter() -> TypeAdapter[Trial]:
    return TypeAdapter(Trial)
