"""The one door to Optuna: what to try next, when to stop, and which setting mattered."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from peu.classifiers.search_record import SearchTrial, Settings

if TYPE_CHECKING:
    import optuna

_RANDOM_FIRST = 6
_WHOLE_BEFORE_STOPPING = 3
_FIRST_LOOK_TO_STOP_AT = 2
_TOP_SHARE = 0.25
_TRIALS_FOR_IMPORTANCE = 8


@dataclass(frozen=True, kw_only=True)
class Range:
    """Give the values that a setting may take.

    Attributes:
        low: the lowest.
        high: the highest.
        step: between neighbours of whole numbers; None for any number.
        log: whether a factor counts, and not a difference.
    """

    low: float
    high: float
    step: int | None = None
    log: bool = False


@dataclass(frozen=True)
class Proposal:
    """Hold a configuration to try.

    Attributes:
        settings: the value of each.
        is_poor: takes the log loss of the next look, and tells whether it is worse there than
            half of the whole trials were.
    """

    settings: Settings
    is_poor: Callable[[float], bool]


def propose(
    done: Sequence[SearchTrial], ranges: Mapping[str, Range], *, start: Settings, seed: int
) -> Proposal:
    """Propose the next configuration, from the trials before it and a seed alone.

    The first is the start, the next few are drawn at random, and a tree of Parzen estimators
    proposes the rest. Optuna keeps no state in between: how often a search was interrupted
    cannot change it.

    Args:
        done: the trials before, in order.
        ranges: of the settings.
        start: the first configuration.
        seed: of this proposal.

    Returns:
        The proposal.

    Source: Bergstra et al. (2011), "Algorithms for hyper-parameter optimization"; Golovin et al.
    (2017), "Google Vizier", for the rule of the median.
    """
    with _quiet_optuna() as optuna:
        study = optuna.create_study(
            sampler=optuna.samplers.TPESampler(
                n_startup_trials=_RANDOM_FIRST, multivariate=True, seed=seed
            ),
            pruner=optuna.pruners.MedianPruner(
                n_startup_trials=_WHOLE_BEFORE_STOPPING, n_warmup_steps=_FIRST_LOOK_TO_STOP_AT
            ),
        )
        study.add_trials([_frozen(trial, ranges) for trial in done])
        if not done:
            study.enqueue_trial(dict(start))
        asked = study.ask(_distributions(ranges))
    looks = 0

    def is_poor(log_loss: float) -> bool:
        nonlocal looks
        looks += 1
        asked.report(log_loss, looks)
        return bool(asked.should_prune())

    return Proposal({name: asked.params[name] for name in ranges}, is_poor)


def importance_of(trials: Sequence[SearchTrial], ranges: Mapping[str, Range]) -> dict[str, float]:
    """Tell how far each setting separates the best quarter of the trials from all of them.

    A trial that was stopped counts with its last look. With few trials this is a rough guide.

    Args:
        trials: of one search.
        ranges: of the settings.

    Returns:
        A share for each setting, the largest first, summing to 1; nothing with under 8 trials.

    Source: Watanabe et al. (2023), "PED-ANOVA: efficiently quantifying hyperparameter importance
    in arbitrary subspaces".
    """
    judged = [trial for trial in trials if trial.looks]
    if len(judged) < _TRIALS_FOR_IMPORTANCE:
        return {}
    with _quiet_optuna() as optuna:
        study = optuna.create_study()
        for trial in judged:
            value = trial.looks[-1] if trial.log_loss is None else trial.log_loss
            study.add_trial(_frozen(replace(trial, ending="whole", log_loss=value), ranges))
        found = optuna.importance.get_param_importances(
            study,
            evaluator=optuna.importance.PedAnovaImportanceEvaluator(target_quantile=_TOP_SHARE),
        )
    shares = {name: float(found.get(name, 0.0)) for name in ranges}
    return dict(sorted(shares.items(), key=lambda pair: -pair[1]))


def _frozen(trial: SearchTrial, ranges: Mapping[str, Range]) -> "optuna.trial.FrozenTrial":
    from optuna.trial import TrialState, create_trial

    whole = trial.ending == "whole"
    return create_trial(
        params=dict(trial.settings),
        distributions=_distributions(ranges),
        state=TrialState.COMPLETE if whole else TrialState.PRUNED,
        value=trial.log_loss if whole else None,
        intermediate_values=dict(enumerate(trial.looks, start=1)),
    )


def _distributions(ranges: Mapping[str, Range]) -> dict[str, Any]:
    from optuna.distributions import FloatDistribution, IntDistribution

    return {
        name: FloatDistribution(each.low, each.high, log=each.log)
        if each.step is None
        else IntDistribution(int(each.low), int(each.high), log=each.log, step=each.step)
        for name, each in ranges.items()
    }


@contextmanager
def _quiet_optuna() -> Iterator[Any]:
    """Load Optuna without its log, and keep its remarks on young features to itself."""
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
