"""All recipes on the same repeated folds: the honest comparison."""

import contextlib
import datetime as dt
import functools
import platform
from collections.abc import Callable, Generator, Iterable, Sequence
from importlib import metadata
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu import __version__
from peu.classifiers.labels import labels_of
from peu.comparison.comparison import Comparison, Failure
from peu.comparison.ensemble_plan import combine_all, plan_cast
from peu.comparison.processes import (
    core_count,
    most_workers,
    run_side_by_side,
    suggest_threads,
    suggest_workers,
)
from peu.comparison.summaries import pair_all, summarise
from peu.comparison.trial import Trial, TrialTask, read_trial, run_trial, trial_key
from peu.comparison.verdict import plain_verdict
from peu.errors import PeuError, RecipeError
from peu.files import owning, write_json
from peu.images.dataset import ImageDataset
from peu.images.duplicates import duplicate_groups
from peu.images.splits import Split, make_splits, split_to_dict
from peu.recipes.augmented import SmallResNet
from peu.recipes.finetune import FineTune
from peu.recipes.frozen import Transfer
from peu.recipes.registry import Recipe
from peu.recipes.scratch import SmallCNN
from peu.recipes.tuned import TunedCNN

FORMAT = 1
_PACKAGES = (
    "keras",
    "tensorflow-cpu",
    "tensorflow",
    "numpy",
    "scikit-learn",
    "scikit-image",
    "optuna",
)

MapTrials = Callable[
    [Callable[[TrialTask], Trial | PeuError], Iterable[TrialTask]], Iterable[Trial | PeuError]
]
OnTrial = Callable[[Trial, int, int], None]
Outcomes = Generator[tuple[TrialTask, Trial | PeuError], None, None]


def compare(
    dataset: ImageDataset,
    recipes: Sequence[Recipe],
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
    """Run every recipe on the same repeated stratified folds and say what that shows.

    Near-duplicates stay on one side of every split. Intervals and differences account for
    training sets that overlap. With a run folder every trial is a file as soon as it ends: an
    interrupted comparison goes on where it was, with the same figures.

    Args:
        dataset: labelled images.
        recipes: at least one; their names must differ.
        folds: parts of a repeat, 2 or more.
        repeats: how often the images are parted anew, 1 or more.
        seed: of everything random.
        splits: use these instead of making folds; `folds` and `repeats` are then theirs.
        run_folder: where trials and splits are kept, or None to keep nothing.
        workers: processes that train networks side by side; None takes one for four cores, as the
            command line does. More than one wants `if __name__ == "__main__":`. Another
            number may change the last digits of a network's figures.
        map_trials: runs trials elsewhere: takes a function and tasks as `map` does. The function
            can be pickled; it returns the error of a trial that could not run.
        on_trial: told of each trial that ended, how many have, and of how many.
        command: what the user typed, for the record.

    Returns:
        The comparison.

    Raises:
        DataError: too few images for so many folds.
        RecipeError: no recipe, or two of one name.
        PeuError: no recipe could run; the first one's trouble.

    Example:
        >>> from peu import HogSVM, SmallCNN, compare, load_dataset  # doctest: +SKIP
        >>> result = compare(load_dataset("photos/"), [HogSVM(), SmallCNN()])  # doctest: +SKIP
        >>> print(result.verdict)  # doctest: +SKIP

    Source: Nadeau and Bengio (2003) for the corrected variance.
    """
    _check_recipes(recipes)
    folder = None if run_folder is None else Path(run_folder)
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    groups = duplicate_groups(dataset)
    if splits is None:
        splits = make_splits(dataset, folds=folds, repeats=repeats, seed=seed, groups=groups)
    else:
        folds = len({split.fold for split in splits})
        repeats = len({split.repeat for split in splits})

    def task_of(recipe: Recipe, split: Split, *, held_out: bool = False) -> TrialTask:
        file = folder / "trials" / f"{trial_key(dataset, recipe, split)}.json" if folder else None
        return TrialTask(recipe=recipe, split=split, file=file, held_out=held_out)

    cast = plan_cast(recipes)
    tasks = [
        task_of(recipe, split, held_out=recipe.name in cast.asked)
        for recipe in cast.singles
        for split in splits
    ]
    combined = [task_of(recipe, split) for recipe in cast.members for split in splits]
    with owning(folder) if folder else contextlib.nullcontext():
        if folder:
            write_json(
                folder / "splits.json",
                {"format": FORMAT, "splits": [split_to_dict(split) for split in splits]},
            )
        trials, failures = _run_all(
            dataset,
            tasks,
            groups,
            workers=workers,
            map_trials=map_trials,
            on_trial=on_trial or _tell_nobody,
            total=len(tasks) + len(combined),
        )
        trials, failures = combine_all(
            dataset,
            combined,
            cast,
            trials,
            failures,
            on_trial=on_trial or _tell_nobody,
        )
    wanted = {recipe.name for recipe in recipes}
    trials = tuple(trial for trial in trials if trial.recipe.name in wanted)
    failures = tuple(failure for failure in failures if failure.name in wanted)
    if not trials:
        raise RecipeError(failures[0].reason)
    summaries = summarise(recipes, trials)
    paired = pair_all(summaries, trials)
    labels = labels_of(dataset)
    return Comparison(
        dataset=dataset,
        splits=tuple(splits),
        folds=folds,
        repeats=repeats,
        seed=seed,
        groups=groups,
        trials=trials,
        summaries=summaries,
        paired=paired,
        failures=failures,
        verdict=plain_verdict(
            [(summary.name, summary.accuracy) for summary in summaries],
            paired,
            images=len(dataset),
            commonest_share=float(np.bincount(labels).max() / len(labels)),
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


def _tell_nobody(trial: Trial, done: int, total: int) -> None:
    """Report nothing."""


def _check_recipes(recipes: Sequence[Recipe]) -> None:
    names = [recipe.name for recipe in recipes]
    if not names or len(set(names)) < len(names):
        raise RecipeError(
            "`recipes` must be one or more with names of their own. Received: "
            f"{', '.join(names) or 'none'}. Give each another `name`."
        )


def _run_all(
    dataset: ImageDataset,
    tasks: Sequence[TrialTask],
    groups: NDArray[np.int64],
    *,
    workers: int | None,
    map_trials: MapTrials | None,
    on_trial: OnTrial,
    total: int,
) -> tuple[tuple[Trial, ...], tuple[Failure, ...]]:
    done: dict[int, Trial] = {}
    troubles: dict[str, PeuError] = {}
    positions = {id(task): position for position, task in enumerate(tasks)}
    found = ((task, read_trial(task)) for task in tasks)
    known = [
        (task, trial)
        for task, trial in found
        if trial is not None and (trial.held_out is not None or not task.held_out)
    ]
    read = {id(task) for task, _ in known}
    missing = [task for task in tasks if id(task) not in read]
    # Of all trials, not of those that are left: one that is run again must come out the same.
    networks = sum(_trains_network(task.recipe) for task in tasks)
    abreast = most_workers(networks) if workers is None else min(workers, networks)
    if map_trials is not None:
        outcomes = _run_elsewhere(dataset, missing, groups, map_trials)
    elif abreast < 2:
        outcomes = _run_here(dataset, missing, groups)
    else:
        outcomes = _run_abreast(
            dataset,
            missing,
            groups,
            workers=workers or suggest_workers(networks),
            threads=suggest_threads(abreast),
        )
    done.update((positions[id(task)], trial) for task, trial in known)
    # Closed at once when interrupted, so that no process goes on with a trial nobody waits for.
    with contextlib.closing(outcomes):
        for task, outcome in outcomes:
            if isinstance(outcome, PeuError):
                troubles.setdefault(task.recipe.name, outcome)
                continue
            done[positions[id(task)]] = outcome
            on_trial(outcome, len(done), total)
    trials = tuple(trial for _, trial in sorted(done.items()) if trial.recipe.name not in troubles)
    if not trials:
        raise next(iter(troubles.values()))
    return trials, tuple(Failure(name, str(error)) for name, error in troubles.items())


def _run_abreast(
    dataset: ImageDataset,
    tasks: Sequence[TrialTask],
    groups: NDArray[np.int64],
    *,
    workers: int,
    threads: int,
) -> Outcomes:
    yield from _run_here(
        dataset, [task for task in tasks if not _trains_network(task.recipe)], groups
    )
    long = [task for task in tasks if _trains_network(task.recipe)]
    if long:
        yield from run_side_by_side(
            dataset,
            long,
            groups,
            workers=min(workers, len(long)),
            threads=threads,
        )


def _run_elsewhere(
    dataset: ImageDataset,
    tasks: Sequence[TrialTask],
    groups: NDArray[np.int64],
    map_trials: MapTrials,
) -> Outcomes:
    run = functools.partial(_try_trial, dataset, groups)
    yield from zip(tasks, map_trials(run, tasks), strict=True)


def _try_trial(
    dataset: ImageDataset, groups: NDArray[np.int64], task: TrialTask
) -> Trial | PeuError:
    try:
        return run_trial(dataset, task, groups)
    except PeuError as error:
        return error


def _run_here(
    dataset: ImageDataset,
    tasks: Sequence[TrialTask],
    groups: NDArray[np.int64],
) -> Outcomes:
    failed = set()
    for task in tasks:
        if task.recipe.name in failed:
            continue
        try:
            yield task, run_trial(dataset, task, groups)
        except PeuError as error:
            failed.add(task.recipe.name)
            yield task, error


def _trains_network(recipe: Recipe) -> bool:
    return isinstance(recipe, (SmallCNN, SmallResNet, TunedCNN, FineTune)) or (
        isinstance(recipe, Transfer) and recipe.head == "mlp"
    )


def _package_versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    return found
