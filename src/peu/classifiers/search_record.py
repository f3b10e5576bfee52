"""What a hyper-parameter search tried, and what it chose."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import TypeAdapter

from peu.classifiers.registry import AnyRecipe

Ending = Literal["complete", "pruned", "diverged"]
EndedBy = Literal["trials", "time"]
Values = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class SearchTrial:
    """One configuration and how it did on inner folds.

    Attributes:
        settings: value of each setting that was searched.
        ending: "complete" if judged on every inner fold; "pruned" if others were better by
            then; "diverged" if its training did not work.
        log_loss: mean over the held-out images, in nats; None unless complete.
        standard_error: of that mean.
        accuracy: on the held-out images.
        intermediate: mean log loss of the inner folds so far, at each evaluation.
        epochs: trained in all, over the inner folds.
        seconds: it took.
    """

    settings: Values
    ending: Ending
    log_loss: float | None = None
    standard_error: float | None = None
    accuracy: float | None = None
    intermediate: tuple[float, ...] = ()
    epochs: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Push:
    """What happened when the chosen configuration was trained for longer.

    Attributes:
        factor: how many times as long.
        epochs: of the chosen configuration itself.
        metrics: figures of its epochs, as in a training's history.
    """

    factor: int
    epochs: int
    metrics: dict[str, tuple[float, ...]]


@dataclass(frozen=True, kw_only=True)
class Search:
    """A whole search.

    Attributes:
        trials: in the order they were tried.
        best: which of them was chosen; None if none could be judged in time, and the starting
            point was taken.
        chosen: the recipe that was trained on all training images.
        importance: share of each setting in what separates the better configurations from the
            rest, summing to 1; empty with too few trials to tell.
        ended_by: which budget ended it.
        push: what longer training did, if that was asked for.
    """

    trials: tuple[SearchTrial, ...]
    best: int | None
    chosen: AnyRecipe
    importance: dict[str, float] = field(default_factory=dict)
    ended_by: EndedBy = "trials"
    push: Push | None = None

    @property
    def near_best(self) -> tuple[int, ...]:
        """Trials that are as good as the best one within its standard error.

        Many of them mean a flat optimum: what was chosen hardly matters.

        Source: Breiman et al. (1984), "Classification and regression trees", section 3.4.3, for
        the rule of one standard error.
        """
        if self.best is None:
            return ()
        best = self.trials[self.best]
        limit = (best.log_loss or 0.0) + (best.standard_error or 0.0)
        return tuple(
            number
            for number, trial in enumerate(self.trials)
            if trial.log_loss is not None and trial.log_loss <= limit
        )


def best_of(trials: Sequence[SearchTrial]) -> int | None:
    """Number of the trial with the lowest log loss; None if none is complete."""
    complete = [
        (trial.log_loss, number)
        for number, trial in enumerate(trials)
        if trial.log_loss is not None
    ]
    return min(complete)[1] if complete else None


def search_to_dict(search: Search) -> dict[str, Any]:
    """A search as JSON, with the trials near the best one."""
    found: dict[str, Any] = TypeAdapter(Search).dump_python(search, mode="json")
    return {**found, "near_best": list(search.near_best)}
