"""A search follows from its seed alone, however often it is killed, and keeps to its budget."""

import json
import math
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from peu.classifiers.proposals import Range, importance_of
from peu.classifiers.search import Verdict, Watch, run_search
from peu.classifiers.search_record import (
    Search,
    SearchTrial,
    Settings,
    best_of,
    search_from_dict,
    search_to_dict,
)
from peu.errors import RecipeError
from peu.recipes.scratch import SmallCNN

RANGES = {
    "rate": Range(low=1e-4, high=1.0, log=True),
    "layers": Range(low=1, high=4, step=1),
    "side": Range(low=48, high=96, step=16),
    "idle": Range(low=0.0, high=1.0),
}
START: Settings = {"rate": 1e-3, "layers": 2, "side": 64, "idle": 0.5}
TRIALS = 12


def loss(settings: Settings) -> float:
    """Give a valley along the rate, a little deeper with more layers."""
    return 0.2 + math.log10(settings["rate"] / 0.03) ** 2 - 0.02 * settings["layers"]


def judge(settings: Settings, watch: Watch) -> Verdict:
    for look in range(1, 7):
        watch(look, loss(settings) + 1 / look)
    return Verdict(loss(settings), 0.05, 0.9)


def search(seed: int = 0, trials: int = TRIALS, **options: Any) -> tuple[SearchTrial, ...]:
    options.setdefault("judge", judge)
    found, ended_by, remarks = run_search(
        RANGES, start=START, trials=trials, time_limit=None, seed=seed, **options
    )
    assert ended_by == "trials"
    assert not remarks
    return found


def without_times(trials: tuple[SearchTrial, ...]) -> list[Any]:
    return [(t.settings, t.ending, t.log_loss, t.looks, t.epochs) for t in trials]


def test_the_seed_alone_decides() -> None:
    first = without_times(search(seed=1))
    assert without_times(search(seed=1)) == first
    assert without_times(search(seed=2)) != first


def test_it_begins_at_the_start_and_ends_better() -> None:
    trials = search(trials=30)
    assert trials[0].settings == START
    best = best_of(trials)
    assert best is not None
    assert loss(trials[best].settings) < loss(START) - 1
    assert all(isinstance(trial.settings["layers"], int) for trial in trials)
    assert {trial.settings["side"] for trial in trials} <= {48, 64, 80, 96}


def test_poor_configurations_are_stopped_and_cost_less() -> None:
    trials = search(trials=30)
    stopped = [trial for trial in trials if trial.ending == "stopped"]
    whole = [trial for trial in trials if trial.ending == "whole"]
    assert stopped
    assert len(whole) >= 4
    assert all(2 <= len(trial.looks) < 6 and trial.log_loss is None for trial in stopped)
    assert all(len(trial.looks) == 6 for trial in whole)
    assert sum(loss(t.settings) for t in whole) / len(whole) < (
        sum(loss(t.settings) for t in stopped) / len(stopped)
    )


@pytest.mark.parametrize("moment", [0, 2, 3, 7, 11])
def test_a_killed_search_goes_on_to_the_same_end(tmp_path: Path, moment: int) -> None:
    file = tmp_path / "searches" / "one.json"
    calls = 0

    def killed(settings: Settings, watch: Watch) -> Verdict:
        nonlocal calls
        calls += 1
        watch(1, loss(settings) + 1)
        if calls == moment + 1:
            raise KeyboardInterrupt
        return judge_rest(settings, watch)

    def judge_rest(settings: Settings, watch: Watch) -> Verdict:
        for look in range(2, 7):
            watch(look, loss(settings) + 1 / look)
        return Verdict(loss(settings), 0.05, 0.9)

    with pytest.raises(KeyboardInterrupt):
        search(judge=killed, file=file)
    kept = json.loads(file.read_text())["trials"] if moment else []
    assert len(kept) == moment
    assert without_times(search(file=file)) == without_times(search())


def test_a_longer_search_continues_a_shorter_one(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    short = search(trials=5, file=file)
    long = search(file=file)
    assert long[:5] == short
    assert without_times(long) == without_times(search())
    # And the shorter one again, from the file of the longer.
    assert search(trials=5, file=file) == short


def test_a_finished_search_asks_nobody(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    trials = search(file=file)

    def nobody(settings: Settings, watch: Watch) -> Verdict:
        raise AssertionError

    assert search(file=file, judge=nobody) == trials


def slow(settings: Settings, watch: Watch) -> Verdict:
    for look in range(1, 7):
        time.sleep(0.02)
        watch(look, loss(settings) + 1 / look)
    return Verdict(loss(settings), 0.05, 0.9)


def test_a_budget_of_time_ends_in_time(tmp_path: Path) -> None:
    file = tmp_path / "one.json"
    # Optuna takes a moment to start; that is no part of a search's work.
    search(trials=1)
    started = time.monotonic()
    trials, ended_by, _ = run_search(
        RANGES, slow, start=START, trials=1000, time_limit=0.6, seed=0, file=file
    )
    assert time.monotonic() - started < 1.5
    assert ended_by == "time"
    assert trials
    assert sum(trial.seconds for trial in trials) <= 0.6
    # What was under way is not kept: all that is kept was judged or stopped for what it did.
    assert all(trial.ending in ("whole", "stopped") for trial in trials)
    assert all(trial.ending == "stopped" or len(trial.looks) == 6 for trial in trials)
    again, ended_again, _ = run_search(
        RANGES,
        slow,
        start=START,
        trials=1000,
        time_limit=sum(t.seconds for t in trials),
        seed=0,
        file=file,
    )
    assert (again, ended_again) == (trials, "time")


def test_no_time_for_a_single_trial() -> None:
    trials, ended_by, _ = run_search(RANGES, slow, start=START, trials=5, time_limit=0.01, seed=0)
    assert trials == ()
    assert ended_by == "time"
    assert best_of(trials) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace('"rate"', '"speed"'),
        lambda text: text.replace('"side": 64', '"side": 4096'),
        lambda text: text.replace('"whole"', '"half"'),
        lambda _: "[]",
        lambda _: "",
    ],
)
def test_a_damaged_file_is_begun_anew_and_said(tmp_path: Path, damage: Any) -> None:
    file = tmp_path / "one.json"
    search(trials=3, file=file)
    file.write_text(damage(file.read_text()))
    trials, _, remarks = run_search(
        RANGES, judge, start=START, trials=3, time_limit=None, seed=0, file=file
    )
    assert without_times(trials) == without_times(search(trials=3))
    assert len(remarks) == 1
    assert "begun anew" in remarks[0]
    assert search(trials=3, file=file) == trials


def test_what_diverges_is_passed_over() -> None:
    def fragile(settings: Settings, watch: Watch) -> Verdict:
        watch(1, loss(settings))
        if settings["rate"] > 0.01:
            raise RecipeError("The training loss must fall.")
        return judge(settings, watch)

    trials = search(judge=fragile, trials=20)
    diverged = [trial for trial in trials if trial.ending == "diverged"]
    assert diverged
    assert all(trial.log_loss is None and trial.looks == () for trial in diverged)
    best = best_of(trials)
    assert best is not None
    assert trials[best].settings["rate"] <= 0.01


def test_the_setting_that_matters_is_found() -> None:
    trials = search(trials=40)
    importance = importance_of(trials, RANGES)
    assert set(importance) == set(RANGES)
    assert sum(importance.values()) == pytest.approx(1)
    assert next(iter(importance)) == "rate"
    assert importance_of(trials[:5], RANGES) == {}


def test_near_the_best_is_within_its_standard_error() -> None:
    def trial(log_loss: float | None) -> SearchTrial:
        ending: Any = "stopped" if log_loss is None else "whole"
        return SearchTrial(settings={}, ending=ending, log_loss=log_loss, standard_error=0.1)

    trials = tuple(trial(value) for value in (0.65, 0.5, None, 0.59, 0.61, 0.5))
    found = Search(trials=trials, best=best_of(trials), chosen=SmallCNN())
    assert found.best == 1
    assert found.near_best == (1, 3, 5)
    assert Search(trials=(), best=None, chosen=SmallCNN()).near_best == ()


def test_a_search_comes_back_from_json() -> None:
    trials = search(trials=10)
    found = Search(
        trials=trials,
        best=best_of(trials),
        chosen=SmallCNN(filters=(8, 16)),
        importance=importance_of(trials, RANGES),
        ended_by="time",
    )
    assert search_from_dict(json.loads(json.dumps(search_to_dict(found)))) == found


def test_it_says_nothing_by_itself_and_optuna_waits_until_it_is_needed() -> None:
    code = (
        "import sys, peu.classifiers.search as s, peu.cli.main; assert 'optuna' not in sys.modules;"
        "r = {'x': s.Range(low=0.0, high=1.0)};"
        "s.run_search(r, lambda k, w: s.Verdict(k['x'], 0.1, 1.0), start={'x': 0.5}, trials=9,"
        " time_limit=None, seed=0)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == done.stderr == ""
