"""All recipes on the same repeated folds: the honest comparison."""

import contextlib
import datetime as dt
import functools
import platform
from collections.abc import Callable, Generator, Iterable, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

from peu.classifiers.base import ImageClassifier
from peu.comparison.comparison import Comparison, Failure
from peu.comparison.ensemble_plan import combine_all, plan_ensembles
from peu.comparison.processes import (
    core_count,
    most_workers,
    run_side_by_side,
    suggest_threads,
    suggest_workers,
)
from peu.comparison.summaries import pair_all, summarise
from peu.comparison.trial import Trial, TrialTask, read_trial, trial_key, try_trial
from peu.comparison.verdict import plain_verdict
from peu.errors import PeuError, RecipeError
from peu.files import write_json
from peu.images.dataset import ImageDataset
from peu.images.splits import Split, make_splits, split_to_dict
from peu.output_folder import lock_folder
from peu.progress import steps
from peu.version import __version__

FORMAT = 1
_PACKAGES = (
    "keras",
    "tensorflow-cpu",
    "tensorflow",
    "numpy",
    "scikit-learn",
    "scikit-image",
    "onnxruntime",
    "optuna",
)

Outcome = Trial | PeuError
MapTrials = Callable[[Callable[[TrialTask], Outcome], Iterable[TrialTask]], Iterable[Outcome]]
OnTrial = Callable[[Trial, int, int], object]


def compare(
    dataset: ImageDataset,
    recipes: Sequence[ImageClassifier],
    *,
    folds: int = 5,
    repeats: int = 2,
    seed: int = 0,
    splits: Sequence[Split] | None = None,
    run_folder: str | Path | None = None,
    workers: int | None = 1,
    map_trials: MapTrials | None = None,
    on_trial: OnTrial | None = None,
    command: str = "",
) -> Comparison:
    """Compare recipes on the same repeated stratified folds.

    Near-duplicates stay on one side of every split. Intervals and differences account for
    overlapping training sets. With a run folder every trial is written to a file as soon as it
    ends: an interrupted comparison resumes where it was, with the same figures.

    Args:
        dataset: labelled images.
        recipes: at least one, with different names.
        folds: number of folds, 2 or more.
        repeats: number of repeats, 1 or more.
        seed: random seed.
        splits: use these instead of making folds; `folds` and `repeats` are then counted in them.
        run_folder: folder of trials and splits, or None to keep nothing.
        workers: processes that train networks side by side; None takes one for four cores, as the
            command line does. More than one needs `if __name__ == "__main__":`. Another number
            may change the last digits of a network's figures.
        map_trials: runs trials elsewhere: takes a function and tasks as `map` does. The function
            can be pickled; it returns the error of a trial that could not run.
        on_trial: called with each trial that ended, the number of trials done, and of all.
        command: what the user typed, for the record.

    Returns:
        The comparison.

    Raises:
        DataError: too few images for so many folds.
        RecipeError: no recipe, or two of one name.
        PeuError: no recipe could run; the first one's error.

    Example:
        >>> from peu import HogSVM, SmallCNN, compare, load_images  # doctest: +SKIP
        >>> result = compare(load_images("photos/"), [HogSVM(), SmallCNN()])  # doctest: +SKIP
        >>> print(result.verdict)  # doctest: +SKIP

    Source: Nadeau and Bengio (2003) for what overlapping training sets add to the variance.
    """
    _check_names(recipes)
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    if splits is None:
        splits = make_splits(dataset, folds=folds, repeats=repeats, seed=seed)
    trials, failures = _run_all(
        dataset,
        recipes,
        splits,
        folder=None if run_folder is None else Path(run_folder),
        workers=workers,
        map_trials=map_trials,
        on_trial=on_trial,
    )
    summaries = summarise(recipes, trials, dataset.groups)
    paired = pair_all(summaries, trials, dataset.groups)
    labels = np.asarray(dataset.labels)
    return Comparison(
        dataset=dataset,
        splits=tuple(splits),
        folds=len({split.fold for split in splits}),
        repeats=len({split.repeat for split in splits}),
        seed=seed,
        groups=dataset.groups,
        trials=trials,
        summaries=summaries,
        paired=paired,
        failures=failures,
        verdict=plain_verdict(
            [(summary.name, summary.accuracy) for summary in summaries],
            paired,
            images=len(dataset),
            baseline=float(np.bincount(labels).max() / len(labels)),
            balanced=summaries[0].metrics["balanced_accuracy"],
            classes=len(dataset.class_names),
        ),
        provenance={
            "command": command,
            "started": started,
            "peu": __version__,
            "python": platform.python_version(),
            "packages": _package_versions(),
            "machine": f"{platform.system()} {platform.machine()}, {core_count()} cores",
            "seed": seed,
            "fingerprint": dataset.fingerprint,
        },
    )


def _check_names(recipes: Sequence[ImageClassifier]) -> None:
    names = [recipe.name for recipe in recipes]
    if not names or len(set(names)) < len(names):
        raise RecipeError(
            "`recipes` must be one or more with different names. Received: "
            f"{', '.join(names) or 'none'}. Give each another `name`."
        )


def _run_all(
    dataset: ImageDataset,
    recipes: Sequence[ImageClassifier],
    splits: Sequence[Split],
    *,
    folder: Path | None,
    workers: int | None,
    map_trials: MapTrials | None,
    on_trial: OnTrial | None,
) -> tuple[tuple[Trial, ...], tuple[Failure, ...]]:
    """Run or read every trial of the recipes, and of members that only an ensemble needs."""
    plan = plan_ensembles(recipes)

    def tasks_of(recipe: ImageClassifier) -> list[TrialTask]:
        return [
            TrialTask(
                recipe=recipe,
                split=split,
                file=folder and folder / "trials" / f"{trial_key(dataset, recipe, split)}.json",
                held_out=recipe.name in plan.held_out,
            )
            for split in splits
        ]

    singles = [task for recipe in plan.singles for task in tasks_of(recipe)]
    combined = [
        task for recipe in recipes if recipe.name in plan.members for task in tasks_of(recipe)
    ]
    tasks = [*singles, *combined]
    errors: dict[str, PeuError] = {}
    with lock_folder(folder) if folder else contextlib.nullcontext(), steps(len(tasks)) as count:
        if folder:
            stored = {"format": FORMAT, "splits": [split_to_dict(split) for split in splits]}
            write_json(folder / "splits.json", stored)
        trials = _read_finished(tasks)
        count(len(trials))

        def keep(task: TrialTask, outcome: Outcome) -> None:
            if isinstance(outcome, PeuError):
                errors.setdefault(task.recipe.name, outcome)
            else:
                trials[task] = outcome
            done = sum(each in trials or each.recipe.name in errors for each in tasks)
            count(done)
            if on_trial is not None and isinstance(outcome, Trial):
                on_trial(outcome, done, len(tasks))

        missing = [task for task in singles if task not in trials]
        # Of all trials: one that is run again gets as many threads, and so the same figures.
        networks = sum(task.recipe.trains_network for task in singles)
        outcomes = _run(dataset, missing, networks=networks, workers=workers, map_trials=map_trials)
        # Closed at once when interrupted, so that no process goes on with a trial nobody awaits.
        with contextlib.closing(outcomes):
            for task, outcome in outcomes:
                keep(task, outcome)
        missing = [task for task in combined if task not in trials]
        for task, outcome in combine_all(dataset, missing, plan, trials, errors):
            keep(task, outcome)
    wanted = {recipe.name for recipe in recipes}
    complete = wanted - errors.keys()
    if not complete:
        raise next(iter(errors.values()))
    return (
        tuple(trials[task] for task in tasks if task.recipe.name in complete),
        tuple(Failure(name, str(error)) for name, error in errors.items() if name in wanted),
    )


def _read_finished(tasks: Sequence[TrialTask]) -> dict[TrialTask, Trial]:
    """Trials whose files contain all that is wanted of them."""
    return {
        task: trial
        for task in tasks
        if (trial := read_trial(task)) is not None
        and (trial.held_out is not None or not task.held_out)
    }


def _run(
    dataset: ImageDataset,
    tasks: Sequence[TrialTask],
    *,
    networks: int,
    workers: int | None,
    map_trials: MapTrials | None,
) -> Generator[tuple[TrialTask, Outcome], None, None]:
    """Run trials elsewhere, here, or in processes, and yield each as it ends.

    Args:
        dataset: labelled images.
        tasks: the trials.
        networks: number of trials in the whole comparison that train a network.
        workers: processes for these; None suggests some.
        map_trials: runs all trials elsewhere.
    """
    if map_trials is not None:
        yield from zip(tasks, map_trials(functools.partial(try_trial, dataset), tasks), strict=True)
        return
    at_once = most_workers(networks) if workers is None else min(workers, networks)
    in_processes = [task for task in tasks if at_once > 1 and task.recipe.trains_network]
    failed = set()
    for task in tasks:
        if task in in_processes or task.recipe.name in failed:
            continue
        outcome = try_trial(dataset, task)
        if isinstance(outcome, PeuError):
            failed.add(task.recipe.name)
        yield task, outcome
    if in_processes:
        yield from run_side_by_side(
            dataset,
            in_processes,
            workers=min(workers or suggest_workers(networks), len(in_processes)),
            threads=suggest_threads(at_once),
        )


def _package_versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
