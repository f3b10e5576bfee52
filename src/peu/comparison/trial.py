"""One recipe on one split: run, kept as a file, and read again instead of run again."""

import dataclasses
import functools
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu import __version__
from peu.classifiers.fit import fit_recipe
from peu.classifiers.fitted_recipe import HeldOut, Phase, TrainingPart
from peu.classifiers.held_out import answer_held_out
from peu.classifiers.search_record import Search, search_from_dict, search_to_dict
from peu.errors import PeuError
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.files import canonical_json, read_json, sha256_of_file, sha256_of_text, write_json
from peu.images.dataset import ImageDataset
from peu.images.decoding import DECODING
from peu.images.splits import Split, split_from_dict, split_to_dict
from peu.recipes.registry import Recipe, recipe_from_dict, recipe_to_dict
from peu.seeds import child_seed

FORMAT = 1
_EXPLAINED = 2


@dataclass(frozen=True)
class Explanation:
    """Show where a wrongly recognised image spoke for the wrong class.

    Attributes:
        image: its index in the dataset.
        heatmap: coarse grid, rows of values in [0, 1].
        method: "Grad-CAM" or "occlusion".
    """

    image: int
    heatmap: tuple[tuple[float, ...], ...]
    method: str


@dataclass(frozen=True, eq=False, kw_only=True)
class Trial:
    """Hold what one recipe did on one split.

    Attributes:
        recipe: how it learnt.
        split: what it learnt from, and what it was tested on.
        labels: true classes of the test images (m,).
        probabilities: its answers (m, k).
        class_names: of the k classes.
        seconds: to learn and to answer.
        parameters: numbers in the whole model.
        trainable_parameters: those that were learnt.
        history: figures of each epoch; empty where nothing is learnt in epochs.
        explanations: of the test images that were most confidently wrong.
        notes: plain sentences about what was chosen or went differently than asked.
        search: how its settings were chosen, where they were searched.
        phases: of a training in several, with what each was worth on the test images.
        held_out: answers of inner folds for training images, where there are any.
        held_out_seconds: what they took beyond the trial itself.
    """

    recipe: Recipe
    split: Split
    labels: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    class_names: tuple[str, ...]
    seconds: float
    parameters: int
    trainable_parameters: int
    history: dict[str, tuple[float, ...]] = field(default_factory=dict)
    explanations: tuple[Explanation, ...] = ()
    notes: tuple[str, ...] = ()
    search: Search | None = None
    phases: tuple[Phase, ...] = ()
    held_out: HeldOut | None = None
    held_out_seconds: float = 0.0

    @property
    def evaluation(self) -> Evaluation:
        """Give the figures on the test images."""
        return evaluate_predictions(self.labels, self.probabilities, self.class_names)


@dataclass(frozen=True, eq=False, kw_only=True)
class TrialTask:
    """Say which trial is wanted, and where its file belongs.

    Attributes:
        recipe: how to learn.
        split: what to learn from, and what to test on.
        file: where the result goes, or None to keep none.
        held_out: whether answers for training images on inner folds are wanted too.
    """

    recipe: Recipe
    split: Split
    file: Path | None
    held_out: bool = False

    @property
    def search_folder(self) -> Path | None:
        """Give the folder where searches keep what they have tried, beside that of the trials."""
        return None if self.file is None else self.file.parent.parent / "searches"


def trial_key(dataset: ImageDataset, recipe: Recipe, split: Split) -> str:
    """Name a trial by everything that its result depends on.

    A recipe's name in tables is no part of it, and files that a recipe names enter by their
    content, so that a moved weights file is still the same trial.

    Args:
        dataset: the images.
        recipe: how to learn.
        split: what to learn from and to test on; its seed is the trial's.

    Returns:
        The SHA-256 in hexadecimal.
    """
    settings = _what_counts(recipe_to_dict(recipe))
    return sha256_of_text(
        canonical_json(
            [FORMAT, DECODING, __version__, dataset.fingerprint, settings, split_to_dict(split)]
        )
    )


def _what_counts(settings: dict[str, Any]) -> dict[str, Any]:
    counting = {name: value for name, value in settings.items() if name != "name"}
    for setting in ("backbone", "backbone_weights"):
        path = Path(str(settings.get(setting, ""))).expanduser()
        if path.is_file():
            counting[setting] = sha256_of_file(path)
    if "members" in settings:
        counting["members"] = [_what_counts(member) for member in settings["members"]]
    return counting


def run_trial(
    dataset: ImageDataset,
    task: TrialTask,
    groups: NDArray[np.int64],
) -> Trial:
    """Learn on one side of a split and answer on the other; keep the result as a file.

    Args:
        dataset: labelled images.
        task: which trial.
        groups: (n,) near-duplicates share a group.

    Returns:
        The trial.

    Raises:
        PeuError: the recipe cannot run here, or its training diverged.
    """
    trial = read_trial(task) if task.held_out else None
    if trial is None:
        trial = _run(dataset, task, groups)
    if task.held_out and trial.held_out is None:
        started = time.perf_counter()
        held_out = answer_held_out(
            functools.partial(fit_recipe, task.recipe, dataset),
            dataset,
            _training_part(task, groups),
        )
        seconds = time.perf_counter() - started
        trial = dataclasses.replace(trial, held_out=held_out, held_out_seconds=seconds)
        write_trial(task, trial)
    return trial


def write_trial(task: TrialTask, trial: Trial) -> None:
    """Keep a trial as the file of its task, where it has one."""
    if task.file is not None:
        write_json(task.file, trial_to_dict(trial))


def _training_part(task: TrialTask, groups: NDArray[np.int64]) -> TrainingPart:
    return TrainingPart(
        train=task.split.train,
        groups=groups,
        watched=task.split.test,
        seed=child_seed(task.split.seed, task.recipe.kind),
        folder=task.search_folder,
    )


def _run(dataset: ImageDataset, task: TrialTask, groups: NDArray[np.int64]) -> Trial:
    from peu.classifiers.labels import labels_of

    split = task.split
    labels = labels_of(dataset)[split.test]
    started = time.perf_counter()
    fitted = fit_recipe(task.recipe, dataset, _training_part(task, groups))
    probabilities = fitted.predict_indices(split.test)
    seconds = time.perf_counter() - started
    trial = Trial(
        recipe=task.recipe,
        split=split,
        labels=labels,
        probabilities=probabilities,
        class_names=dataset.class_names,
        seconds=seconds,
        parameters=fitted.parameters,
        trainable_parameters=fitted.trainable_parameters,
        history=fitted.history.metrics,
        explanations=_explain_errors(dataset, split, labels, probabilities, fitted.assemble),
        notes=fitted.notes,
        search=fitted.search,
        phases=fitted.phases,
        held_out=fitted.held_out,
    )
    write_trial(task, trial)
    return trial


def trial_to_dict(trial: Trial) -> dict[str, Any]:
    """Turn a trial into what JSON can hold, to the last digit."""
    return {
        "format": FORMAT,
        "peu": __version__,
        "recipe": recipe_to_dict(trial.recipe),
        "split": split_to_dict(trial.split),
        "labels": trial.labels.tolist(),
        "probabilities": trial.probabilities.tolist(),
        "class_names": list(trial.class_names),
        "seconds": trial.seconds,
        "parameters": trial.parameters,
        "trainable_parameters": trial.trainable_parameters,
        "history": {name: list(values) for name, values in trial.history.items()},
        "explanations": [dataclasses.asdict(item) for item in trial.explanations],
        "notes": list(trial.notes),
        "search": None if trial.search is None else search_to_dict(trial.search),
        "phases": [dataclasses.asdict(phase) for phase in trial.phases],
        "held_out": None
        if trial.held_out is None
        else {
            "indices": trial.held_out.indices.tolist(),
            "probabilities": trial.held_out.probabilities.tolist(),
        },
        "held_out_seconds": trial.held_out_seconds,
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
    if task.file is None:
        return None
    try:
        stored = read_json(task.file)
        trial = Trial(
            # The name in tables is the caller's; the rest is equal, or the key would differ.
            recipe=dataclasses.replace(recipe_from_dict(stored["recipe"]), name=task.recipe.name),
            split=split_from_dict(stored["split"]),
            labels=np.asarray(stored["labels"], np.int64),
            probabilities=np.asarray(stored["probabilities"], np.float64),
            class_names=tuple(stored["class_names"]),
            seconds=float(stored["seconds"]),
            parameters=int(stored["parameters"]),
            trainable_parameters=int(stored["trainable_parameters"]),
            history={name: tuple(values) for name, values in stored["history"].items()},
            explanations=tuple(
                Explanation(
                    image=int(item["image"]),
                    heatmap=tuple(tuple(row) for row in item["heatmap"]),
                    method=str(item["method"]),
                )
                for item in stored["explanations"]
            ),
            notes=tuple(stored["notes"]),
            search=search_from_dict(stored["search"]) if stored.get("search") else None,
            phases=tuple(Phase(**phase) for phase in stored.get("phases", ())),
            held_out=_read_held_out(stored.get("held_out"), len(stored["class_names"])),
            held_out_seconds=float(stored.get("held_out_seconds", 0.0)),
        )
        whole = len(trial.evaluation.labels) == len(task.split.test)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, PeuError):
        return None
    return trial if whole else None


def _read_held_out(stored: Any, class_count: int) -> HeldOut | None:
    if stored is None:
        return None
    indices = np.asarray(stored["indices"], np.int64)
    probabilities = np.asarray(stored["probabilities"], np.float64)
    return HeldOut(indices, probabilities.reshape(len(indices), class_count))


def _explain_errors(
    dataset: ImageDataset,
    split: Split,
    labels: NDArray[np.int64],
    probabilities: NDArray[np.float64],
    assemble: Any,
) -> tuple[Explanation, ...]:
    from peu.models.explanation import explain

    answers = probabilities.argmax(axis=1)
    wrong = np.flatnonzero(answers != labels)
    if len(wrong) == 0:
        return ()
    worst = wrong[np.argsort(-probabilities[wrong, answers[wrong]], kind="stable")][:_EXPLAINED]
    classifier = assemble()
    pixels = dataset[split.test[worst]].pixels(classifier.image_size, classifier.resize_mode)
    explanations = []
    for position, image in zip(worst, pixels, strict=True):
        heatmap = explain(classifier, image, int(answers[position]))
        grid = tuple(tuple(round(float(v), 3) for v in row) for row in _coarse(heatmap.values))
        explanations.append(Explanation(int(split.test[position]), grid, heatmap.method))
    return tuple(explanations)


def _coarse(values: NDArray[np.float64], side: int = 14) -> NDArray[np.float64]:
    """Average a map down to at most `side` rows and columns, to keep trial files small."""
    for axis in (0, 1):
        parts = np.array_split(values, min(side, values.shape[axis]), axis=axis)
        values = np.stack([part.mean(axis=axis) for part in parts], axis=axis)
    highest = values.max()
    return values / highest if highest > 0 else values
