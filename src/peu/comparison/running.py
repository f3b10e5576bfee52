"""Every trial of a comparison: read where it is finished, run where it is not, kept at once."""

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from peu.classifiers.base import ImageClassifier
from peu.comparison.comparison import Failure
from peu.comparison.ensemble_plan import EnsemblePlan, combine_all, plan_ensembles
from peu.comparison.processes import run_side_by_side
from peu.comparison.schedule import TimeBudget, in_order_of_cost, share_missing
from peu.comparison.trial import (
    Trial,
    TrialTask,
    read_trial,
    trial_key,
    try_trial,
    write_trial,
)
from peu.comparison.workers import (
    most_workers,
    quick_workers,
    suggest_threads,
    suggest_workers,
)
from peu.errors import PeuError
from peu.files import write_json
from peu.images.dataset import ImageDataset
from peu.images.splits import Split, split_to_dict
from peu.output_folder import lock_folder
from peu.progress import steps

FORMAT = 1

Outcome = Trial | PeuError
OnTrial = Callable[[Trial, int, int], object]
OnRecipe = Callable[[Sequence[Trial], float], object]


class TrialRunner(Protocol):
    """Runs trials elsewhere, as on a cluster."""

    def __call__(
        self,
        dataset: ImageDataset,
        tasks: Sequence[TrialTask],
        may_begin: Callable[[TrialTask], bool],
        /,
    ) -> Iterable[tuple[TrialTask, Outcome]]:
        """Run trials in any order.

        Args:
            dataset: labelled images.
            tasks: the trials, those of cheap recipes first. Their files are written here.
            may_begin: whether a trial may still begin; asked before each.

        Yields:
            A task with its trial as soon as that ends, or with the error that stopped it.
        """


@dataclass
class _Ledger:
    """What is wanted, what is done, and whom to tell of it."""

    tasks: Sequence[TrialTask]
    budget: TimeBudget
    on_trial: OnTrial | None
    on_recipe: OnRecipe | None
    trials: dict[TrialTask, Trial] = field(default_factory=dict)
    errors: dict[str, PeuError] = field(default_factory=dict)

    def read(self) -> None:
        """Read the trials whose files contain all that is wanted of them."""
        for task in self.tasks:
            trial = read_trial(task)
            if trial is not None and (trial.held_out is not None or not task.held_out):
                self.trials[task] = trial
                self.budget.add(task.recipe, trial.seconds)

    def missing(self, tasks: Sequence[TrialTask]) -> list[TrialTask]:
        """Those of some tasks that are still to be done."""
        return [
            task
            for task in tasks
            if task not in self.trials and task.recipe.name not in self.errors
        ]

    def steps_done(self) -> int:
        """Number of trials done, as far as time goes: the cheap ones come first."""
        return round(len(self.tasks) * (1 - share_missing(self.tasks, self.missing(self.tasks))))

    def keep(self, task: TrialTask, outcome: Outcome) -> None:
        """Note how a trial ended, and tell of it."""
        if isinstance(outcome, PeuError):
            self.errors.setdefault(task.recipe.name, outcome)
            return
        self.trials[task] = outcome
        if self.budget.is_shared(task.recipe):
            self.budget.add(task.recipe, outcome.seconds)
        left = self.missing(self.tasks)
        if self.on_trial is not None:
            self.on_trial(outcome, len(self.tasks) - len(left), len(self.tasks))
        own = [each for each in self.tasks if each.recipe.name == task.recipe.name]
        if self.on_recipe is not None and not self.missing(own):
            self.on_recipe([self.trials[each] for each in own], self.budget.left(left))

    def combinable(self, tasks: Sequence[TrialTask], plan: EnsemblePlan) -> list[TrialTask]:
        """Missing trials of ensembles whose members have all had their turn on that split."""
        had = {(task.recipe.name, task.split) for task in self.trials}
        return [
            task
            for task in self.missing(tasks)
            if all(
                (name, task.split) in had or name in self.errors
                for name in plan.members[task.recipe.name]
            )
        ]


def run_all(
    dataset: ImageDataset,
    recipes: Sequence[ImageClassifier],
    splits: Sequence[Split],
    *,
    folder: Path | None,
    workers: int | None,
    runner: TrialRunner | None,
    on_trial: OnTrial | None,
    on_recipe: OnRecipe | None,
    budget: TimeBudget,
) -> tuple[tuple[Trial, ...], tuple[Failure, ...]]:
    """Run or read every trial of the recipes, and of members that only an ensemble needs.

    Args:
        dataset: labelled images.
        recipes: with different names.
        splits: on each of which every recipe runs.
        folder: of the run, or None to keep nothing.
        workers: as `compare` takes it.
        runner: as `compare` takes it.
        on_trial: as `compare` takes it.
        on_recipe: as `compare` takes it.
        budget: whether a trial may still begin.

    Returns:
        The trials of recipes that could run, in the recipes' order, and why others could not.

    Raises:
        PeuError: no recipe could run; the first one's error.
    """
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

    singles = in_order_of_cost(
        [task for recipe in plan.singles for task in tasks_of(recipe)],
        by_repeat=budget.deadline is not None,
    )
    combined = [
        task for recipe in recipes if recipe.name in plan.members for task in tasks_of(recipe)
    ]
    ledger = _Ledger([*singles, *combined], budget, on_trial, on_recipe)
    with (
        lock_folder(folder) if folder else contextlib.nullcontext(),
        steps(len(ledger.tasks)) as count,
    ):
        if folder:
            stored = {"format": FORMAT, "splits": [split_to_dict(split) for split in splits]}
            write_json(folder / "splits.json", stored)
        ledger.read()
        count(ledger.steps_done())
        # Of all trials: one that is run again gets as many threads, and so the same figures.
        networks = sum(task.recipe.trains_network for task in singles)
        outcomes = _run(
            dataset,
            ledger.missing(singles),
            networks=networks,
            workers=workers,
            runner=runner,
            budget=budget,
        )
        # Closed at once when interrupted, so that no process goes on with a trial nobody awaits.
        with contextlib.closing(outcomes):
            for task, outcome in outcomes:
                ledger.keep(task, outcome)
                count(ledger.steps_done())
        ready = ledger.combinable(combined, plan)
        for task, made in combine_all(dataset, ready, plan, ledger.trials, ledger.errors):
            ledger.keep(task, made)
            count(ledger.steps_done())
    wanted = {recipe.name: None for recipe in recipes}
    complete = wanted.keys() - ledger.errors.keys()
    if not complete:
        raise next(iter(ledger.errors.values()))
    order = sorted(
        (task for task in ledger.trials if task.recipe.name in complete),
        key=lambda task: (list(wanted).index(task.recipe.name), splits.index(task.split)),
    )
    return (
        tuple(ledger.trials[task] for task in order),
        tuple(Failure(name, str(error)) for name, error in ledger.errors.items() if name in wanted),
    )


def _run(
    dataset: ImageDataset,
    tasks: Sequence[TrialTask],
    *,
    networks: int,
    workers: int | None,
    runner: TrialRunner | None,
    budget: TimeBudget,
) -> Generator[tuple[TrialTask, Outcome], None, None]:
    """Run trials elsewhere, here, or in processes, and yield each as it ends.

    Args:
        dataset: labelled images.
        tasks: the trials.
        networks: number of trials in the whole comparison that train a network.
        workers: processes for these; None suggests some.
        runner: runs all trials elsewhere.
        budget: whether a trial may still begin.
    """
    if runner is not None:
        for task, outcome in runner(dataset, tasks, budget.may_begin):
            if isinstance(outcome, Trial):
                budget.add(task.recipe, outcome.seconds)
                write_trial(task, outcome)
            yield task, outcome
        return
    at_once = most_workers(networks) if workers is None else min(workers, networks)
    in_processes = [task for task in tasks if at_once > 1 and task.recipe.trains_network]
    here = [task for task in tasks if task not in in_processes]
    quick: list[TrialTask] = []
    if workers is None:
        # The first trial of a recipe looks at every image: the others find them in the cache.
        firsts = {task.recipe.name: task for task in reversed(here)}
        quick = [
            task
            for task in here
            if not task.recipe.trains_network and firsts[task.recipe.name] is not task
        ]
    beside = quick_workers(sum(task.recipe.usual_seconds for task in quick))
    budget.share(quick, beside)
    budget.share(in_processes, at_once)
    if beside == 1:
        yield from _run_here(dataset, here, budget)
    else:
        first = [t for t in here if t not in quick and not t.recipe.trains_network]
        failed = set()
        for task, outcome in _run_here(dataset, first, budget):
            if isinstance(outcome, PeuError):
                failed.add(task.recipe.name)
            yield task, outcome
        quick = [
            task for task in quick if task.recipe.name not in failed and budget.may_begin(task)
        ]
        if quick:
            yield from run_side_by_side(
                dataset, quick, workers=beside, threads=0, may_begin=budget.may_begin
            )
        yield from _run_here(dataset, [t for t in here if t.recipe.trains_network], budget)
    in_processes = [task for task in in_processes if budget.may_begin(task)]
    if in_processes:
        yield from run_side_by_side(
            dataset,
            in_processes,
            may_begin=budget.may_begin,
            workers=min(workers or suggest_workers(networks), len(in_processes)),
            threads=suggest_threads(at_once),
        )


def _run_here(
    dataset: ImageDataset, tasks: Iterable[TrialTask], budget: TimeBudget
) -> Generator[tuple[TrialTask, Outcome], None, None]:
    """Run trials one after the other; a recipe that failed is not tried again."""
    failed = set()
    for task in tasks:
        if task.recipe.name in failed or not budget.may_begin(task):
            continue
        started = time.monotonic()
        outcome = try_trial(dataset, task)
        if isinstance(outcome, PeuError):
            failed.add(task.recipe.name)
        budget.add(task.recipe, time.monotonic() - started)
        yield task, outcome
