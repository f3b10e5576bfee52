"""A hyper-parameter search by Optuna that may be killed at any moment and goes on."""

import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from peu.classifiers.search_journal import Journal, JournalFile, KeptJournal
from peu.classifiers.search_record import EndedBy, Ending, SearchTrial, Values
from peu.errors import PeuError, RecipeError
from peu.progress import report
from peu.seeds import child_seed

if TYPE_CHECKING:
    import optuna
    from optuna import Study

_RANDOM_FIRST = 6
_COMPLETE_BEFORE_PRUNING = 3
_FIRST_STEP_TO_PRUNE_AT = 2
_TOP_SHARE = 0.25
_TRIALS_FOR_IMPORTANCE = 8
Place = Callable[[str], KeptJournal]
"""Where searches are kept: from the name of one to its journal."""
_place: ContextVar[Place | None] = ContextVar("where searches are kept", default=None)


@dataclass(frozen=True)
class Judgement:
    """How a configuration did on the inner folds: log loss, its standard error, accuracy."""

    log_loss: float
    standard_error: float
    accuracy: float


AfterEpoch = Callable[[int, float | None], None]
"""Takes the epochs trained so far in all and, at an evaluation, the mean log loss; may raise."""
Judge = Callable[[Values, AfterEpoch], Judgement]


class _PrunedError(Exception):
    """Half of the complete trials had done better by then."""


class _OutOfTimeError(Exception):
    """The search's time ran out within a trial."""


@contextmanager
def searches_kept_in(place: Path | Place | None) -> Iterator[None]:
    """Keep the searches made inside, to go on there after a kill.

    Args:
        place: a folder, made if missing; or elsewhere. None keeps them in memory.
    """
    token = _place.set(journals_in(place) if isinstance(place, Path) else place)
    try:
        yield
    finally:
        _place.reset(token)


def journals_in(folder: Path) -> Place:
    """Keep searches in files of a folder."""
    return lambda name: JournalFile(folder / f"{name}.log")


def kept_search(name: str) -> KeptJournal | None:
    """Journal of a search where `searches_kept_in` says; None where none is kept."""
    place = _place.get()
    return None if place is None else place(name)


def run_search(
    distributions: Mapping[str, Any],
    judge: Judge,
    *,
    start: Values,
    trials: int,
    time_limit: float | None,
    seed: int,
    journal: KeptJournal | None = None,
    phase: str = "Searching",
) -> tuple[tuple[SearchTrial, ...], EndedBy, tuple[str, ...]]:
    """Try configurations one after another, and stop poor ones early.

    The first is `start`, the next are random, and a tree-structured Parzen estimator proposes
    the rest; a trial worse than the median at an evaluation is pruned. Each proposal depends on
    the finished trials and the seed alone: how often a search was interrupted cannot change it,
    and a longer search continues a shorter one.

    Args:
        distributions: of the settings, from `optuna.distributions`.
        judge: trains one configuration on inner folds and judges it.
        start: the configuration to begin with.
        trials: how many to try.
        time_limit: seconds that the trials may take together, those of the journal included, or
            None. The trial that is running when they end does not count.
        seed: of the proposals.
        journal: where trials are kept, or None.
        phase: its name in progress reports.

    Returns:
        The trials, what ended the search, and notes.

    Raises:
        ResourceError: the journal cannot be written.

    Source: Bergstra et al. (2011), "Algorithms for hyper-parameter optimization"; Golovin et al.
    (2017), "Google Vizier", for the median rule.
    """
    with _quiet_optuna() as optuna:
        study, notes = _open(optuna, journal, distributions)
        known = [_record(each) for each in study.trials if each.state.name in _FINISHED]
        done: list[SearchTrial] = []
        ended_by: EndedBy = "trials"
        report(phase, 0, trials)
        while len(done) < trials:
            left = None if time_limit is None else time_limit - _seconds(done)
            if left is not None and left <= 0:
                ended_by = "time"
                break
            if len(done) < len(known):
                one = known[len(done)]
            else:
                study.sampler = optuna.samplers.TPESampler(
                    n_startup_trials=_RANDOM_FIRST,
                    multivariate=True,
                    seed=child_seed(seed, "proposal", len(done)),
                )
                if not done:
                    study.enqueue_trial(dict(start))
                try:
                    one = _try(optuna, study, distributions, judge, left)
                except _OutOfTimeError:
                    ended_by = "time"
                    break
            # It ended too late, if only by what was done after its last epoch.
            if time_limit is not None and _seconds([*done, one]) > time_limit:
                ended_by = "time"
                break
            done.append(one)
            report(phase, len(done), trials)
        report(phase, trials, trials)
        return tuple(done), ended_by, notes


def importance_of(
    trials: Sequence[SearchTrial], distributions: Mapping[str, Any]
) -> dict[str, float]:
    """How far each setting separates the best quarter of the trials from all of them.

    A pruned trial counts with its last evaluation. With few trials this is a rough guide.

    Returns:
        A share for each setting, the largest first, summing to 1; empty with under 8 trials.

    Source: Watanabe et al. (2023), "PED-ANOVA: efficiently quantifying hyperparameter importance
    in arbitrary subspaces".
    """
    judged = [trial for trial in trials if trial.intermediate]
    if len(judged) < _TRIALS_FOR_IMPORTANCE:
        return {}
    with _quiet_optuna() as optuna:
        study = optuna.create_study()
        for trial in judged:
            value = trial.intermediate[-1] if trial.log_loss is None else trial.log_loss
            study.add_trial(
                optuna.trial.create_trial(
                    params=dict(trial.settings), distributions=dict(distributions), value=value
                )
            )
        found = optuna.importance.get_param_importances(
            study,
            evaluator=optuna.importance.PedAnovaImportanceEvaluator(target_quantile=_TOP_SHARE),
        )
    shares = {name: float(found.get(name, 0.0)) for name in distributions}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _seconds(trials: Sequence[SearchTrial]) -> float:
    return sum(trial.seconds for trial in trials)


def _try(
    optuna: Any,
    study: "Study",
    distributions: Mapping[str, Any],
    judge: Judge,
    seconds_left: float | None,
) -> SearchTrial:
    started = time.monotonic()
    trial = study.ask(dict(distributions))
    step = trained = 0

    def after_epoch(epochs: int, log_loss: float | None) -> None:
        nonlocal step, trained
        trained = epochs
        if seconds_left is not None and time.monotonic() - started >= seconds_left:
            raise _OutOfTimeError
        if log_loss is not None:
            step += 1
            trial.report(log_loss, step)
            if trial.should_prune():
                raise _PrunedError

    state, value, ending = optuna.trial.TrialState.PRUNED, None, "complete"
    try:
        judgement = judge({name: trial.params[name] for name in distributions}, after_epoch)
        state, value = optuna.trial.TrialState.COMPLETE, judgement.log_loss
        trial.set_user_attr("standard_error", judgement.standard_error)
        trial.set_user_attr("accuracy", judgement.accuracy)
    except _PrunedError:
        ending = "pruned"
    except RecipeError:
        ending = "diverged"
    except BaseException:
        study.tell(trial, state=optuna.trial.TrialState.FAIL)
        raise
    trial.set_user_attr("ending", ending)
    trial.set_user_attr("epochs", trained)
    trial.set_user_attr("seconds", time.monotonic() - started)
    return _record(study.tell(trial, value, state=state))


_FINISHED = ("COMPLETE", "PRUNED")


def _record(trial: "optuna.trial.FrozenTrial") -> SearchTrial:
    attributes = trial.user_attrs
    ending: Ending = attributes["ending"]
    return SearchTrial(
        settings=dict(trial.params),
        ending=ending,
        log_loss=trial.value if ending == "complete" else None,
        standard_error=attributes.get("standard_error"),
        accuracy=attributes.get("accuracy"),
        intermediate=()
        if ending == "diverged"
        else tuple(value for _, value in sorted(trial.intermediate_values.items())),
        epochs=attributes["epochs"],
        seconds=attributes["seconds"],
    )


def _open(
    optuna: Any, journal: KeptJournal | None, distributions: Mapping[str, Any]
) -> tuple["Study", tuple[str, ...]]:
    """Open the study of a journal; one that cannot be read is replaced."""
    notes: tuple[str, ...] = ()
    if journal is None:
        return _study(optuna, None), notes
    try:
        study = _study(optuna, journal.open())
        _check(optuna, study, distributions)
    except PeuError:
        raise
    except Exception:  # noqa: BLE001 - a damaged journal fails in many ways inside Optuna
        journal.discard()
        study = _study(optuna, journal.open())
        notes = ("What an earlier search kept could not be read: the search restarted.",)
    for trial in study.trials:
        # Left behind by a process that was killed in the middle of it.
        if not trial.state.is_finished():
            study.tell(trial.number, state=optuna.trial.TrialState.FAIL)
    return study, notes


def _study(optuna: Any, journal: Journal | None) -> "Study":
    storage = None if journal is None else optuna.storages.JournalStorage(journal)
    pruner = optuna.pruners.MedianPruner(
        n_startup_trials=_COMPLETE_BEFORE_PRUNING, n_warmup_steps=_FIRST_STEP_TO_PRUNE_AT
    )
    # `create_study` would add a line to the journal of a study that it only loads.
    exists = storage is not None and storage.get_all_studies()
    begin = optuna.load_study if exists else optuna.create_study
    study: Study = begin(study_name="search", storage=storage, pruner=pruner)
    return study


def _check(optuna: Any, study: "Study", distributions: Mapping[str, Any]) -> None:
    """Raise if a finished trial is of another search, incomplete, or outside its ranges."""
    for trial in study.trials:
        if trial.state.name in _FINISHED:
            known = _record(trial).ending in get_args(Ending)
            if not known or trial.distributions != dict(distributions):
                raise ValueError("the journal is of another search")
            # Made anew, since Optuna compares values with their ranges nowhere else.
            optuna.trial.create_trial(
                state=optuna.trial.TrialState.PRUNED,
                params=trial.params,
                distributions=trial.distributions,
            )


@contextmanager
def _quiet_optuna() -> Iterator[Any]:
    """Load Optuna without its log and its warnings about young features."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
            warnings.filterwarnings("ignore", category=UserWarning, module="optuna")
            yield optuna
    finally:
        optuna.logging.set_verbosity(before)
