"""Ensembles in a comparison: their members, and trials combined from the members' trials."""

import dataclasses
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from peu.classifiers.base import ImageClassifier
from peu.classifiers.ensemble import Ensemble, describe_combination, weigh
from peu.comparison.trial import Trial, TrialTask, write_trial
from peu.errors import PeuError, RecipeError
from peu.images.dataset import ImageDataset

_LONGEST_NAME = 60


@dataclass(frozen=True, eq=False)
class EnsemblePlan:
    """The recipes to run for a comparison with ensembles.

    Attributes:
        singles: recipes that learn one model: those of the comparison, then members of
            ensembles that are not among them.
        members: names in `singles` of the members of each ensemble, by its name.
    """

    singles: tuple[ImageClassifier, ...]
    members: Mapping[str, tuple[str, ...]]

    @property
    def held_out(self) -> set[str]:
        """Names of recipes whose held-out predictions an ensemble needs."""
        return {name for names in self.members.values() for name in names}


def plan_ensembles(recipes: Sequence[ImageClassifier]) -> EnsemblePlan:
    """Plan which recipes to run; a member that is also compared itself runs once."""
    singles = [recipe for recipe in recipes if not isinstance(recipe, Ensemble)]
    members = {}
    for ensemble in recipes:
        if not isinstance(ensemble, Ensemble):
            continue
        names = []
        for member in ensemble.members:
            same = next((one for one in singles if _same(one, member)), None)
            if same is None:
                same = member.__sklearn_clone__()
                same.name = f"{ensemble.name} {member.name}"[:_LONGEST_NAME].strip()
                singles.append(same)
            names.append(same.name)
        members[ensemble.name] = tuple(names)
    return EnsemblePlan(tuple(singles), members)


def combine_all(
    dataset: ImageDataset,
    tasks: Sequence[TrialTask],
    plan: EnsemblePlan,
    trials: Mapping[TrialTask, Trial],
    errors: Mapping[str, PeuError],
) -> Iterator[tuple[TrialTask, Trial | PeuError]]:
    """Make the trials of ensembles from those of their members.

    Args:
        dataset: labelled images.
        tasks: of the ensembles.
        plan: their members.
        trials: of the members, and of whatever else ran.
        errors: why recipes could not run, by name.

    Yields:
        A task with its trial, or with the error of a member that could not run.
    """
    for task in tasks:
        names = plan.members[task.recipe.name]
        failed = next((name for name in names if name in errors), None)
        if failed is not None:
            yield task, RecipeError(f"Its member {failed} could not run: {errors[failed]}")
            continue
        own = {
            member.recipe.name: trial
            for member, trial in trials.items()
            if member.split is task.split and member.recipe.name in names
        }
        trial = combine_trials(dataset, task, [own[name] for name in names])
        write_trial(task, trial)
        yield task, trial


def combine_trials(dataset: ImageDataset, task: TrialTask, own: Sequence[Trial]) -> Trial:
    """Make an ensemble's trial from its members' on the same split.

    Weights come from held-out predictions, never from test images.

    Args:
        dataset: labelled images.
        task: the ensemble's.
        own: the members' trials, each with held-out predictions, in the members' order.

    Returns:
        The trial; its seconds are those of all members and of combining them.
    """
    ensemble = task.recipe
    started = time.perf_counter()
    held_out = [trial.held_out for trial in own if trial.held_out is not None]
    combination = weigh(
        held_out, np.asarray(dataset.labels), shrinkage=ensemble.get_params(deep=False)["shrinkage"]
    )
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
                [member.name for member in ensemble.get_params(deep=False)["members"]],
                combination,
                min(len(each.indices) for each in held_out),
            ),
        ),
    )


def _same(first: ImageClassifier, second: ImageClassifier) -> bool:
    return type(first) is type(second) and first == dataclasses.replace(second, name=first.name)
