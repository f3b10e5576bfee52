"""A search that may be killed at any moment: each trial follows from those before it alone."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from peu.classifiers.proposals import Range, propose
from peu.classifiers.search_record import (
    EndedBy,
    Ending,
    SearchTrial,
    Settings,
    trial_from_dict,
    trial_to_dict,
)
from peu.errors import PeuError, RecipeError
from peu.files import read_json, write_json
from peu.progress import report
from peu.seeds import child_seed

FORMAT = 1


class Watch(Protocol):
    """Receive the state of a training under judgement, and end it by raising."""

    def __call__(self, epochs: int, log_loss: float | None) -> None:
        """Take the epochs trained so far in all and, at a look, the mean log loss."""


@dataclass(frozen=True)
class Verdict:
    """Say how a configuration did on the inner folds.

    Attributes:
        log_loss: mean over the held-out images, in nats.
        standard_error: of that mean.
        accuracy: share of them that was recognised.
    """

    log_loss: float
    standard_error: float
    accuracy: float


Judge = Callable[[Settings, Watch], Verdict]


class _PoorError(Exception):
    """Half of the whole trials had done better by then."""


class _OutOfTimeError(Exception):
    """The search's time ran out within a trial."""


def run_search(
    ranges: Mapping[str, Range],
    judge: Judge,
    *,
    start: Settings,
    trials: int,
    time_limit: float | None,
    seed: int,
    file: Path | None = None,
    stage: str = "Searching",
) -> tuple[tuple[SearchTrial, ...], EndedBy, tuple[str, ...]]:
    """Try configurations one after another, and stop the poor ones early.

    Finished trials are kept in a file: a search that was killed goes on from there, with the
    same figures, and a longer one continues a shorter one.

    Args:
        ranges: of the settings.
        judge: trains one configuration on inner folds and judges it.
        start: the configuration to begin with.
        trials: how many to try.
        time_limit: seconds that the trials may take together, those of the file included, or
            None. The trial that is under way when they end does not count.
        seed: of what is proposed.
        file: where trials are kept, or None.
        stage: what it is called.

    Returns:
        The trials, what ended the search, and remarks.

    Raises:
        ResourceError: the file cannot be written.
    """
    known, remarks = _read(file, ranges)
    done: list[SearchTrial] = []
    ended_by: EndedBy = "trials"
    report(stage, 0, trials)
    while len(done) < trials:
        left = None if time_limit is None else time_limit - sum(each.seconds for each in done)
        if left is not None and left <= 0:
            ended_by = "time"
            break
        if len(done) < len(known):
            done.append(known[len(done)])
            continue
        proposal_seed = child_seed(seed, "proposal", len(done))
        try:
            done.append(_try_next(done, ranges, judge, start, proposal_seed, left))
        except _OutOfTimeError:
            ended_by = "time"
            break
        if file is not None:
            kept = [trial_to_dict(each) for each in done]
            write_json(file, {"format": FORMAT, "trials": kept})
        report(stage, len(done), trials)
    report(stage, trials, trials)
    return tuple(done), ended_by, remarks


def _try_next(
    done: Sequence[SearchTrial],
    ranges: Mapping[str, Range],
    judge: Judge,
    start: Settings,
    seed: int,
    seconds_left: float | None,
) -> SearchTrial:
    started = time.monotonic()
    proposal = propose(done, ranges, start=start, seed=seed)
    looks: list[float] = []
    trained = 0

    def watch(epochs: int, log_loss: float | None) -> None:
        nonlocal trained
        trained = epochs
        if seconds_left is not None and time.monotonic() - started >= seconds_left:
            raise _OutOfTimeError
        if log_loss is not None:
            looks.append(log_loss)
            if proposal.is_poor(log_loss):
                raise _PoorError

    verdict: Verdict | None = None
    ending: Ending = "whole"
    try:
        verdict = judge(proposal.settings, watch)
    except _PoorError:
        ending = "stopped"
    except RecipeError:
        ending = "diverged"
        looks.clear()
    return SearchTrial(
        settings=proposal.settings,
        ending=ending,
        log_loss=None if verdict is None else verdict.log_loss,
        standard_error=None if verdict is None else verdict.standard_error,
        accuracy=None if verdict is None else verdict.accuracy,
        looks=tuple(looks),
        epochs=trained,
        seconds=time.monotonic() - started,
    )


def _read(
    file: Path | None, ranges: Mapping[str, Range]
) -> tuple[tuple[SearchTrial, ...], tuple[str, ...]]:
    if file is None or not file.exists():
        return (), ()
    try:
        stored = read_json(file)
        trials = tuple(trial_from_dict(item) for item in stored["trials"])
        sound = stored["format"] == FORMAT and all(_lies_within(each, ranges) for each in trials)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, PeuError):
        sound, trials = False, ()
    if not sound:
        return (), ("What an earlier search kept could not be read: it was begun anew.",)
    return trials, ()


def _lies_within(trial: SearchTrial, ranges: Mapping[str, Range]) -> bool:
    return set(trial.settings) == set(ranges) and all(
        each.low <= trial.settings[name] <= each.high for name, each in ranges.items()
    )
