"""All recipes on the same repeated folds: the honest comparison."""

import contextlib
import datetime as dt
import platform
import time
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import numpy as np

from peu.classifiers.base import ImageClassifier
from peu.comparison.comparison import Comparison, Failure
from peu.comparison.running import OnRecipe, OnTrial, TrialRunner, run_all
from peu.comparison.schedule import (
    LeftOut,
    TimeBudget,
    left_out_sentence,
    within_time,
)
from peu.comparison.summaries import pair_all, summarise
from peu.comparison.trial import Trial
from peu.comparison.verdict import plain_verdict
from peu.comparison.workers import core_count
from peu.errors import RecipeError, ResourceError
from peu.images.dataset import ImageDataset
from peu.images.splits import Split, make_splits
from peu.version import __version__
from peu.wording import in_words

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
    runner: TrialRunner | None = None,
    on_trial: OnTrial | None = None,
    on_recipe: OnRecipe | None = None,
    time_limit: float | None = None,
    time_spent: float = 0.0,
    command: str = "",
) -> Comparison:
    """Compare recipes on the same repeated stratified folds, cheap recipes first.

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
        runner: runs trials elsewhere, as a cluster that `connect` yields does.
        on_trial: called with each trial that ended, the number of trials done, and of all.
        on_recipe: called with all trials of a recipe as the last of them ends, and an estimate of
            the seconds that are left.
        time_limit: seconds after which no trial begins that would not end in time; None is no
            limit. Recipes are then compared on whole repeats that all of them finished, and
            `left_out` says what is missing.
        time_spent: seconds of the limit that are spent already, or kept for what comes later.
        command: what the user typed, for the record.

    Returns:
        The comparison.

    Raises:
        DataError: too few images for so many folds.
        RecipeError: no recipe, or two of one name.
        PeuError: no recipe could run; the first one's error.
        ResourceError: nothing could be compared within the time limit.

    Example:
        >>> from peu import HogSVM, SmallCNN, compare, load_images  # doctest: +SKIP
        >>> result = compare(load_images("photos/"), [HogSVM(), SmallCNN()])  # doctest: +SKIP
        >>> print(result.verdict)  # doctest: +SKIP

    Source: Nadeau and Bengio (2003) for what overlapping training sets add to the variance.
    """
    _check_names(recipes)
    started = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    deadline = None if time_limit is None else time.monotonic() + time_limit - time_spent
    if splits is None:
        splits = make_splits(dataset, folds=folds, repeats=repeats, seed=seed)
    trials, failures = run_all(
        dataset,
        recipes,
        splits,
        folder=None if run_folder is None else Path(run_folder),
        workers=workers,
        runner=runner,
        on_trial=on_trial,
        on_recipe=on_recipe,
        budget=TimeBudget(deadline),
    )
    left_out: tuple[LeftOut, ...] = ()
    if time_limit is not None:
        trials, splits, left_out = _within_time(recipes, splits, trials, failures, time_limit)
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
        left_out=left_out,
        verdict=plain_verdict(
            [(summary.name, summary.accuracy) for summary in summaries],
            paired,
            images=len(dataset),
            baseline=float(np.bincount(labels).max() / len(labels)),
            balanced=summaries[0].metrics["balanced_accuracy"],
            classes=len(dataset.class_names),
        )
        + left_out_sentence(left_out),
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


def _within_time(
    recipes: Sequence[ImageClassifier],
    splits: Sequence[Split],
    trials: Sequence[Trial],
    failures: Sequence[Failure],
    time_limit: float,
) -> tuple[tuple[Trial, ...], tuple[Split, ...], tuple[LeftOut, ...]]:
    """The trials that are compared where time may have run out, their splits, and what is not."""
    failed = {failure.name for failure in failures}
    names = [recipe.name for recipe in recipes if recipe.name not in failed]
    finished = {
        name: [trial.split for trial in trials if trial.recipe.name == name] for name in names
    }
    kept, chosen, left_out = within_time(names, splits, finished, in_words(time_limit))
    if not kept:
        raise ResourceError(
            "`--time-limit` must leave time for a recipe on two folds. Received: "
            f"{in_words(time_limit)}. Run the same command with more time: finished trials are "
            "kept in a run folder."
        )
    used = [trial for trial in trials if trial.recipe.name in kept and trial.split in chosen]
    return tuple(used), chosen, left_out


def _package_versions() -> dict[str, str]:
    found = {}
    for name in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found
