"""Ensembles in a comparison: which recipes they need, and their trials from those of these."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from peu.classifiers.ensemble import describe_combination
from peu.classifiers.labels import labels_of
from peu.classifiers.weighing import weigh
from peu.comparison.comparison import Failure
from peu.comparison.trial import Trial, TrialTask, read_trial, write_trial
from peu.images.dataset import ImageDataset
from peu.recipes.ensemble import Ensemble
from peu.recipes.registry import Recipe

_LONGEST_NAME = 60


@dataclass(frozen=True, eq=False)
class Cast:
    """Say which recipes have to run for a comparison.

    Attributes:
        singles: recipes that learn one model: those of the comparison, then members of
            ensembles that are not among them.
        members: each ensemble, and the names in `singles` of its members.
    """

    singles: tuple[Recipe, ...]
    members: Mapping[Ensemble, tuple[str, ...]]

    @property
    def asked(self) -> set[str]:
        """Give the names of recipes that an ensemble wants held-out answers of."""
        return {name for names in self.members.values() for name in names}


def plan_cast(recipes: Sequence[Recipe]) -> Cast:
    """Find what ensembles need; a member that is compared itself runs once for both."""
    singles = [recipe for recipe in recipes if not isinstance(recipe, Ensemble)]
    members = {}
    for ensemble in recipes:
        if not isinstance(ensemble, Ensemble):
            continue
        names = []
        for member in ensemble.members:
            same = next((one for one in singles if _same(one, member)), None)
            if same is None:
                same = dataclasses.replace(
                    member, name=f"{ensemble.name} {member.name}"[:_LONGEST_NAME].strip()
                )
                singles.append(same)
            names.append(same.name)
        members[ensemble] = tuple(names)
    return Cast(tuple(singles), members)


def combine_all(
    dataset: ImageDataset,
    tasks: Sequence[TrialTask],
    cast: Cast,
    trials: Sequence[Trial],
    failures: Sequence[Failure],
    *,
    on_trial: Callable[[Trial, int, int], None],
) -> tuple[tuple[Trial, ...], tuple[Failure, ...]]:
    """Add the trials of ensembles to those of their members.

    Args:
        dataset: labelled images.
        tasks: of the ensembles.
        cast: who their members are.
        trials: of the members and whatever else ran.
        failures: of what could not run.
        on_trial: told of each trial that was not there yet.

    Returns:
        All trials and all failures; an ensemble of which a member failed is among the latter.
    """
    all_trials, all_failures = list(trials), list(failures)
    reasons = {failure.name: failure.reason for failure in failures}
    total = len(trials) + len(tasks)
    for task in tasks:
        ensemble = task.recipe
        if not isinstance(ensemble, Ensemble):
            continue
        names = cast.members[ensemble]
        missing = [name for name in names if name in reasons]
        if missing:
            if all(failure.name != ensemble.name for failure in all_failures):
                reason = f"Its member {missing[0]} could not run: {reasons[missing[0]]}"
                all_failures.append(Failure(ensemble.name, reason))
            continue
        trial = read_trial(task)
        if trial is None:
            own = [_trial_of(trials, name, task) for name in names]
            trial = combine_trials(dataset, task, ensemble, own)
            write_trial(task, trial)
            on_trial(trial, len(all_trials) + 1, total)
        all_trials.append(trial)
    return tuple(all_trials), tuple(all_failures)


def combine_trials(
    dataset: ImageDataset, task: TrialTask, ensemble: Ensemble, own: Sequence[Trial]
) -> Trial:
    """Make an ensemble's trial from its members' on the same split.

    Nothing is learnt from the test images, nor from models that saw what they answer for.

    Args:
        dataset: labelled images.
        task: the ensemble's.
        ensemble: its recipe.
        own: the members' trials, each with held-out answers, in the members' order.

    Returns:
        The trial; its seconds are those of all members and of combining them.
    """
    started = time.perf_counter()
    held_out = [trial.held_out for trial in own if trial.held_out is not None]
    combination = weigh(held_out, labels_of(dataset), shrinkage=ensemble.shrinkage)
    probabilities = combination.combine([trial.probabilities for trial in own])
    seconds = sum(trial.seconds + trial.held_out_seconds for trial in own)
    return Trial(
        recipe=ensemble,
        split=task.split,
        labels=own[0].labels,
        probabilities=probabilities,
        class_names=own[0].class_names,
        seconds=seconds + time.perf_counter() - started,
        parameters=sum(trial.parameters for trial in own),
        trainable_parameters=sum(trial.trainable_parameters for trial in own),
        notes=(
            describe_combination(
                [member.name for member in ensemble.members],
                combination,
                min(len(each.indices) for each in held_out),
            ),
        ),
    )


def _same(first: Recipe, second: Recipe) -> bool:
    return first == dataclasses.replace(second, name=first.name)


def _trial_of(trials: Sequence[Trial], name: str, task: TrialTask) -> Trial:
    place = (task.split.repeat, task.split.fold)
    return next(
        trial
        for trial in trials
        if trial.recipe.name == name and (trial.split.repeat, trial.split.fold) == place
    )
