"""In which order trials run, how long they take, and what is left out for want of time."""

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from peu.classifiers.base import ImageClassifier
from peu.comparison.trial import TrialTask
from peu.images.splits import Split

_FEWEST = 2
_SECONDS_TO_REPORT = 3.0


@dataclass(frozen=True)
class LeftOut:
    """What a comparison did not do for want of time.

    Attributes:
        name: of a recipe that is left out whole, or None where all have fewer trials.
        reason: one sentence.
    """

    name: str | None
    reason: str


def in_order_of_cost(tasks: Iterable[TrialTask], *, by_repeat: bool) -> list[TrialTask]:
    """Cheap recipes first, so that there is something to see soon.

    Args:
        tasks: trials of several recipes.
        by_repeat: every recipe's first repeat before anyone's second, so that recipes can be
            compared whenever time runs out.
    """
    return sorted(
        tasks,
        key=lambda task: (task.split.repeat if by_repeat else 0, task.recipe.usual_seconds),
    )


@dataclass
class TimeBudget:
    """How long trials take, from those that ran and what is usual.

    Attributes:
        deadline: when no trial may begin any more, by `time.monotonic`; None is never.
    """

    deadline: float | None = None
    _seconds: dict[str, list[float]] = field(default_factory=dict)
    _usual: dict[str, float] = field(default_factory=dict)
    _processes: dict[str, int] = field(default_factory=dict)

    def share(self, tasks: Iterable[TrialTask], processes: int) -> None:
        """Note that trials of these recipes run in so many processes side by side."""
        self._processes |= {task.recipe.name: processes for task in tasks}

    def is_shared(self, recipe: ImageClassifier) -> bool:
        """Whether trials of a recipe run side by side."""
        return self._processes.get(recipe.name, 1) > 1

    def add(self, recipe: ImageClassifier, seconds: float) -> None:
        """Learn from a trial that ran or was read."""
        self._seconds.setdefault(recipe.name, []).append(seconds)
        self._usual[recipe.name] = recipe.usual_seconds

    def expected(self, task: TrialTask) -> float:
        """Seconds that a trial will take: as its recipe's others, or in proportion to what ran."""
        own = self._seconds.get(task.recipe.name)
        # The first of some also fills the cache.
        return min(own) if own else task.recipe.usual_seconds * min(self._slowness(), 1)

    def left(self, tasks: Iterable[TrialTask]) -> float:
        """Seconds that some trials will take together, side by side where they run so."""
        seconds: dict[int, list[float]] = {}
        for task in tasks:
            processes = self._processes.get(task.recipe.name, 1)
            seconds.setdefault(processes, []).append(self.expected(task))
        return sum(max(sum(each) / beside, *each, 0.0) for beside, each in seconds.items())

    def may_begin(self, task: TrialTask) -> bool:
        """Whether a trial is likely to end in time, with some left for the report."""
        if self.deadline is None:
            return True
        report = _SECONDS_TO_REPORT * max(self._slowness(), 1)
        return time.monotonic() + self.expected(task) + report <= self.deadline

    def _slowness(self) -> float:
        """How many times as long as usual trials took, by each recipe's quickest."""
        ran = sum(min(each) for each in self._seconds.values())
        return ran / sum(self._usual.values()) if self._seconds else 1.0


def share_missing(tasks: Sequence[TrialTask], missing: Sequence[TrialTask]) -> float:
    """How much of what is to be done is missing, by what trials usually take, from 0 to 1."""
    whole = sum(task.recipe.usual_seconds for task in tasks)
    return sum(task.recipe.usual_seconds for task in missing) / whole if whole else 0.0


def within_time(
    names: Sequence[str],
    splits: Sequence[Split],
    finished: Mapping[str, Collection[Split]],
    limit: str,
) -> tuple[tuple[str, ...], tuple[Split, ...], tuple[LeftOut, ...]]:
    """Choose what can be compared where time ran out.

    Recipes are compared on the same splits, and every image is to be tested equally often: so
    whole repeats count that each of the recipes has finished. A recipe that did not finish one is
    left out. Where no recipe did, those count that finished two folds, on the folds that all of
    them finished.

    Args:
        names: of the recipes.
        splits: all that were wanted.
        finished: the splits that each recipe has finished.
        limit: the time limit as the user wrote it, for the reasons.

    Returns:
        The recipes and the splits that are compared, and what is left out. No recipes where
        nothing can be compared.
    """
    repeats = sorted({split.repeat for split in splits})
    whole = {
        name: sum(
            all(split in finished[name] for split in splits if split.repeat == repeat)
            for repeat in repeats
        )
        for name in names
    }
    kept = tuple(name for name in names if whole[name])
    if kept:
        count = min(whole[name] for name in kept)
        chosen = tuple(split for split in splits if repeats.index(split.repeat) < count)
    else:
        kept = tuple(name for name in names if len(finished[name]) >= _FEWEST)
        chosen = tuple(split for split in splits if all(split in finished[name] for name in kept))
        if not kept or len(chosen) < _FEWEST:
            kept = chosen = ()
    left = [
        LeftOut(name, f"{len(finished[name])} of {len(splits)} trials ended within {limit}")
        for name in names
        if name not in kept
    ]
    if 0 < len(chosen) < len(splits):
        left.append(LeftOut(None, f"each recipe has {len(chosen)} of {len(splits)} trials"))
    return kept, chosen, tuple(left)


def left_out_sentence(left_out: Sequence[LeftOut]) -> str:
    """What a verdict adds on what is missing; empty where nothing is."""
    if not left_out:
        return ""
    reasons = "; ".join(
        f"{each.name} is left out ({each.reason})" if each.name else each.reason
        for each in left_out
    )
    return f" For want of time {reasons}. The same command with more time goes on from there."
