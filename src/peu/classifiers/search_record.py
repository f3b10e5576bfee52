"""What a search leaves behind: the configurations it tried, what it chose, and how sure that is."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, Literal

from peu.recipes.checks import check_choice
from peu.recipes.registry import recipe_from_dict, recipe_to_dict
from peu.recipes.scratch import SmallCNN

Ending = Literal["whole", "stopped", "diverged"]
EndedBy = Literal["trials", "time"]
Settings = dict[str, float]


@dataclass(frozen=True, kw_only=True)
class SearchTrial:
    """Hold one configuration and how it did on inner folds.

    Attributes:
        settings: value of each setting that was searched.
        ending: "whole" where it was judged on every inner fold; "stopped" where others had done
            better by then; "diverged" where its training did not work.
        log_loss: mean over the held-out images, in nats; None unless whole.
        standard_error: of that mean.
        accuracy: share of the held-out images that it recognised.
        looks: mean log loss of the inner folds so far, at each look.
        epochs: trained in all, over the inner folds.
        seconds: that it took.
    """

    settings: Settings
    ending: Ending
    log_loss: float | None = None
    standard_error: float | None = None
    accuracy: float | None = None
    looks: tuple[float, ...] = ()
    epochs: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Push:
    """Hold what happened when the chosen configuration was trained for longer.

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
    """Hold a whole search.

    Attributes:
        trials: in the order they were tried.
        best: which of them was chosen; None where none could be judged in time, and the
            starting point was taken.
        chosen: the configuration that was trained on all training images.
        importance: share of each setting in what separates the better configurations from the
            rest, summing to 1; empty with too few trials to tell.
        ended_by: which budget ended it.
        push: what longer training did, where that was asked for.
    """

    trials: tuple[SearchTrial, ...]
    best: int | None
    chosen: SmallCNN
    importance: dict[str, float] = field(default_factory=dict)
    ended_by: EndedBy = "trials"
    push: Push | None = None

    @property
    def near_best(self) -> tuple[int, ...]:
        """Give the trials that are as good as the best one within its standard error.

        Many of them mean a flat optimum: what was chosen hardly matters.

        Source: Breiman et al. (1984), "Classification and regression trees", section 3.4.3, for
        the rule of one standard error.
        """
        if self.best is None:
            return ()
        best = self.trials[self.best]
        limit = (best.log_loss or 0.0) + (best.standard_error or 0.0)
        return tuple(
            place
            for place, trial in enumerate(self.trials)
            if trial.log_loss is not None and trial.log_loss <= limit
        )


def best_of(trials: tuple[SearchTrial, ...]) -> int | None:
    """Find the trial of the lowest log loss, the first of equals; None where none is whole."""
    whole = [
        (trial.log_loss, place) for place, trial in enumerate(trials) if trial.log_loss is not None
    ]
    return min(whole)[1] if whole else None


def search_to_dict(search: Search) -> dict[str, Any]:
    """Turn a search into what JSON can hold, to the last digit."""
    return {
        "trials": [trial_to_dict(trial) for trial in search.trials],
        "best": search.best,
        "near_best": list(search.near_best),
        "chosen": recipe_to_dict(search.chosen),
        "importance": search.importance,
        "ended_by": search.ended_by,
        "push": None if search.push is None else dataclasses.asdict(search.push),
    }


def search_from_dict(stored: dict[str, Any]) -> Search:
    """Make a search from `search_to_dict`'s form.

    Raises:
        KeyError, TypeError, ValueError: it is no search.
    """
    chosen = recipe_from_dict(stored["chosen"])
    if not isinstance(chosen, SmallCNN):
        raise TypeError(f"A search must have chosen a recipe of scratch, not {chosen.kind}")
    check_choice("ended_by", stored["ended_by"], EndedBy)
    push = stored["push"]
    return Search(
        trials=tuple(trial_from_dict(item) for item in stored["trials"]),
        best=None if stored["best"] is None else int(stored["best"]),
        chosen=chosen,
        importance={name: float(share) for name, share in stored["importance"].items()},
        ended_by=stored["ended_by"],
        push=None
        if push is None
        else Push(
            factor=int(push["factor"]),
            epochs=int(push["epochs"]),
            metrics={name: tuple(values) for name, values in push["metrics"].items()},
        ),
    )


def trial_to_dict(trial: SearchTrial) -> dict[str, Any]:
    """Turn one trial of a search into what JSON can hold."""
    return dataclasses.asdict(trial)


def trial_from_dict(stored: dict[str, Any]) -> SearchTrial:
    """Make a trial of a search from `trial_to_dict`'s form.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    check_choice("ending", stored["ending"], Ending)
    if (stored["ending"] == "whole") == (stored["log_loss"] is None):
        raise ValueError(
            "A trial of a search must have a log loss where it is whole, and only there"
        )
    return SearchTrial(
        settings=dict(stored["settings"]),
        ending=stored["ending"],
        log_loss=stored["log_loss"],
        standard_error=stored["standard_error"],
        accuracy=stored["accuracy"],
        looks=tuple(float(value) for value in stored["looks"]),
        epochs=int(stored["epochs"]),
        seconds=float(stored["seconds"]),
    )
