"""A search follows from its seed alone, however often it is killed, and keeps to its budget."""

import json
import math
import random
import subprocess
import sys
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from pydantic import TypeAdapter

from peu.classifiers.search import (
    AfterEpoch,
    Judgement,
    importance_of,
    kept_search,
    run_search,
    searches_kept_in,
)
from peu.classifiers.search_journal import JournalFile
from peu.classifiers.search_record import Search, SearchTrial, Values, best_of
from peu.classifiers.small_cnn import SmallCNN
from peu.errors import DiskError, RecipeError
from recorded_progress import recorded_progress

DISTRIBUTIONS = {
    "rate": FloatDistribution(1e-4, 1.0, log=True),
    "layers": IntDistribution(1, 4),
    "side": IntDistribution(48, 96, step=16),
    "idle": FloatDistribution(0.0, 1.0),
}
START: Values = {"rate": 1e-3, "layers": 2, "side": 64, "idle": 0.5}
TRIALS = 12


def loss(values: Values) -> float:
    """A valley along the rate, a little deeper with more layers."""
    return 0.2 + math.log10(values["rate"] / 0.03) ** 2 - 0.02 * values["layers"]


def judge(values: Values, after_epoch: AfterEpoch) -> Judgement:
    for step in range(1, 7):
        after_epoch(step, loss(values) + 1 / step)
    return Judgement(loss(values), 0.05, 0.9)


def search(seed: int = 0, trials: int = TRIALS, **options: Any) -> tuple[SearchTrial, ...]:
    options.setdefault("judge", judge)
    found, ended_by, notes = run_search(
        DISTRIBUTIONS, start=START, trials=trials, time_limit=None, seed=seed, **options
    )
    assert ended_by == "trials"
    assert not notes
    return found


def noted_search(file: Path) -> tuple[tuple[SearchTrial, ...], tuple[str, ...]]:
    """Three trials kept in a file, and what was noted about it."""
    trials, _, notes = run_search(
        DISTRIBUTIONS,
        judge,
        start=START,
        trials=3,
        time_limit=None,
        seed=0,
        journal=JournalFile(file),
    )
    return trials, tuple(notes)


def without_times(trials: tuple[SearchTrial, ...]) -> list[Any]:
    return [(t.settings, t.ending, t.log_loss, t.intermediate, t.epochs) for t in trials]


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


def test_poor_configurations_are_pruned_and_cost_less() -> None:
    trials = search(trials=30)
    pruned = [trial for trial in trials if trial.ending == "pruned"]
    complete = [trial for trial in trials if trial.ending == "complete"]
    assert pruned
    assert len(complete) >= 4
    assert all(2 <= len(trial.intermediate) < 6 and trial.log_loss is None for trial in pruned)
    assert all(len(trial.intermediate) == 6 for trial in complete)
    assert sum(loss(t.settings) for t in complete) / len(complete) < (
        sum(loss(t.settings) for t in pruned) / len(pruned)
    )


def resealed(journal: str) -> str:
    """Give every line of a journal the checksum of what it says."""
    texts = [line.partition(" ")[2] for line in journal.splitlines()]
    return "".join(f"{zlib.crc32(text.encode()):08x} {text}\n" for text in texts)


@pytest.mark.parametrize("moment", [0, 2, 3, 7, 11])
def test_a_killed_search_goes_on_to_the_same_end(tmp_path: Path, moment: int) -> None:
    file = tmp_path / "searches" / "one.log"
    calls = 0

    def killed(values: Values, after_epoch: AfterEpoch) -> Judgement:
        nonlocal calls
        calls += 1
        after_epoch(1, loss(values) + 1)
        if calls == moment + 1:
            raise KeyboardInterrupt
        return judge_rest(values, after_epoch)

    def judge_rest(values: Values, after_epoch: AfterEpoch) -> Judgement:
        for step in range(2, 7):
            after_epoch(step, loss(values) + 1 / step)
        return Judgement(loss(values), 0.05, 0.9)

    with pytest.raises(KeyboardInterrupt):
        search(judge=killed, journal=JournalFile(file))
    journal = file.read_text()
    assert journal.count('"ending"') == moment
    # Killed in the middle of a write, at the worst.
    file.write_text(journal[:-7])
    assert without_times(search(journal=JournalFile(file))) == without_times(search())


def test_a_longer_search_continues_a_shorter_one(tmp_path: Path) -> None:
    file = tmp_path / "one.log"
    short = search(trials=5, journal=JournalFile(file))
    long = search(journal=JournalFile(file))
    assert long[:5] == short
    assert without_times(long) == without_times(search())
    # And the shorter one again, from the file of the longer.
    assert search(trials=5, journal=JournalFile(file)) == short


def test_a_finished_search_asks_nobody(tmp_path: Path) -> None:
    file = tmp_path / "one.log"
    trials = search(journal=JournalFile(file))

    def nobody(values: Values, after_epoch: AfterEpoch) -> Judgement:
        raise AssertionError

    assert search(journal=JournalFile(file), judge=nobody) == trials


def slow(values: Values, after_epoch: AfterEpoch) -> Judgement:
    for step in range(1, 7):
        time.sleep(0.02)
        after_epoch(step, loss(values) + 1 / step)
    return Judgement(loss(values), 0.05, 0.9)


def test_a_budget_of_time_ends_in_time(tmp_path: Path) -> None:
    file = tmp_path / "one.log"
    # Optuna takes a moment to start; that is no part of a search's work.
    search(trials=1)
    started = time.monotonic()
    trials, ended_by, _ = run_search(
        DISTRIBUTIONS,
        slow,
        start=START,
        trials=1000,
        time_limit=1.5,
        seed=0,
        journal=JournalFile(file),
    )
    # All thousand take two minutes.
    assert time.monotonic() - started < 30
    assert ended_by == "time"
    assert trials
    assert sum(trial.seconds for trial in trials) <= 1.5
    # What was under way is not kept: all that is kept was judged or pruned for what it did.
    assert all(trial.ending in ("complete", "pruned") for trial in trials)
    assert all(trial.ending == "pruned" or len(trial.intermediate) == 6 for trial in trials)
    again, ended_again, _ = run_search(
        DISTRIBUTIONS,
        slow,
        start=START,
        trials=1000,
        time_limit=sum(t.seconds for t in trials),
        seed=0,
        journal=JournalFile(file),
    )
    assert (again, ended_again) == (trials, "time")


def test_a_trial_that_ends_too_late_does_not_count(tmp_path: Path) -> None:
    def late(values: Values, after_epoch: AfterEpoch) -> Judgement:
        after_epoch(1, 1.0)
        time.sleep(0.3)
        return Judgement(1.0, 0.05, 0.9)

    def run(time_limit: float | None) -> tuple[int, str]:
        trials, ended_by, _ = run_search(
            DISTRIBUTIONS,
            late,
            start=START,
            trials=1,
            time_limit=time_limit,
            seed=0,
            journal=JournalFile(tmp_path / "one.log"),
        )
        return len(trials), ended_by

    assert run(0.2) == (0, "time")
    # It is kept all the same, for a search that has the time.
    assert run(0.2) == (0, "time")
    assert run(1000) == (1, "trials")


def test_no_time_for_a_single_trial() -> None:
    trials, ended_by, _ = run_search(
        DISTRIBUTIONS, slow, start=START, trials=5, time_limit=0.01, seed=0
    )
    assert trials == ()
    assert ended_by == "time"
    assert best_of(trials) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: text.replace('"op_code":7', '"op_code":'),
        lambda text: text.replace('"op_code":4', '"op_code":99'),
        lambda text: text.replace("rate", "speed"),
        lambda text: text.replace('value_internal":64', 'value_internal":4096'),
        lambda text: text.replace('"complete"', '"half"'),
        lambda text: "".join(
            line for line in text.splitlines(keepends=True) if "ending" not in line
        ),
        lambda text: text.replace('"low\\": 48', '"low\\": 32'),
        lambda _: "[]\n",
        lambda _: "no journal\n",
    ],
    ids=[
        "no JSON",
        "unknown operation",
        "another setting",
        "out of range",
        "unknown ending",
        "no ending",
        "another range",
        "a list",
        "text",
    ],
)
def test_a_damaged_journal_is_begun_anew_with_a_note(tmp_path: Path, damage: Any) -> None:
    file = tmp_path / "one.log"
    search(trials=3, journal=JournalFile(file))
    damaged = damage(file.read_text())
    assert damaged != file.read_text()
    file.write_text(resealed(damaged))
    trials, notes = noted_search(file)
    assert without_times(trials) == without_times(search(trials=3))
    assert len(notes) == 1
    assert "restarted" in notes[0]
    assert search(trials=3, journal=JournalFile(file)) == trials


def test_a_flipped_bit_in_a_journal_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "one.log"
    search(trials=3, journal=JournalFile(file))
    whole, expected = file.read_bytes(), without_times(search(trials=3))
    bits = random.Random(0).sample(range(8 * len(whole)), 20)
    for bit in bits:
        flipped = bytearray(whole)
        flipped[bit // 8] ^= 1 << bit % 8
        file.write_bytes(flipped)
        trials, notes = noted_search(file)
        assert without_times(trials) == expected
        # What ended the last line is gone where it is the bit: half a line is gone on from.
        assert notes or bit // 8 == len(whole) - 1


def test_a_journal_that_cannot_be_written_is_no_fault_of_the_recipe(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5_000, before[1]))
    try:
        with pytest.raises(DiskError, match="disk space"):
            search(journal=JournalFile(tmp_path / "one.log"))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    # What was written by then is gone on from.
    assert without_times(search(journal=JournalFile(tmp_path / "one.log"))) == without_times(
        search()
    )


def test_a_journal_does_not_bring_a_deleted_run_back(tmp_path: Path) -> None:
    with pytest.raises(DiskError, match="could not be written"):
        search(journal=JournalFile(tmp_path / "gone" / "searches" / "one.log"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("share", [0.0, 0.2, 0.5, 0.8, 0.95])
def test_a_journal_that_ends_within_a_line_goes_on(tmp_path: Path, share: float) -> None:
    """A process that is killed may leave half a line, which is no reason to begin anew."""
    file = tmp_path / "one.log"
    search(trials=3, journal=JournalFile(file))
    journal = file.read_bytes()
    at = round(share * len(journal))
    file.write_bytes(journal[:at] + (b"" if at == 0 else b'{"op'))
    trials = search(trials=3, journal=JournalFile(file))
    assert without_times(trials) == without_times(search(trials=3))
    assert search(trials=3, journal=JournalFile(file)) == trials


def test_what_diverges_is_passed_over() -> None:
    def fragile(values: Values, after_epoch: AfterEpoch) -> Judgement:
        after_epoch(1, loss(values))
        if values["rate"] > 0.01:
            raise RecipeError("The training loss must fall.")
        return judge(values, after_epoch)

    trials = search(judge=fragile, trials=20)
    diverged = [trial for trial in trials if trial.ending == "diverged"]
    assert diverged
    assert all(trial.log_loss is None and trial.intermediate == () for trial in diverged)
    best = best_of(trials)
    assert best is not None
    assert trials[best].settings["rate"] <= 0.01


def test_the_setting_that_matters_is_found() -> None:
    trials = search(trials=40)
    importance = importance_of(trials, DISTRIBUTIONS)
    assert set(importance) == set(DISTRIBUTIONS)
    assert sum(importance.values()) == pytest.approx(1)
    assert next(iter(importance)) == "rate"
    assert importance_of(trials[:5], DISTRIBUTIONS) == {}


def test_near_the_best_is_within_its_standard_error() -> None:
    def trial(log_loss: float | None) -> SearchTrial:
        ending: Any = "pruned" if log_loss is None else "complete"
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
        importance=importance_of(trials, DISTRIBUTIONS),
        ended_by="time",
    )
    adapter = TypeAdapter(Search)
    stored = json.loads(json.dumps(adapter.dump_python(found, mode="json")))
    assert adapter.validate_json(json.dumps(stored)) == found


def test_a_search_is_kept_only_where_that_is_asked(tmp_path: Path) -> None:
    assert kept_search("name") is None
    with searches_kept_in(tmp_path):
        kept = kept_search("name")
        assert isinstance(kept, JournalFile)
        assert kept.path == tmp_path / "name.log"
        with searches_kept_in(None):
            assert kept_search("name") is None
        with searches_kept_in(lambda name: JournalFile(tmp_path / "elsewhere" / name)):
            elsewhere = kept_search("name")
            assert isinstance(elsewhere, JournalFile)
            assert elsewhere.path.parent.name == "elsewhere"
    assert kept_search("name") is None


def test_every_trial_is_reported() -> None:
    with recorded_progress() as recorded:
        search(trials=4, phase="Searching mine")
    assert recorded.phases[:-1] == [("Searching mine", done, 4) for done in range(5)]
    assert recorded.phases[-1] == ("Searching mine", 4, 4)


def test_it_says_nothing_by_itself_and_optuna_waits_until_it_is_needed() -> None:
    code = (
        "import sys, peu.classifiers.search as s; assert 'optuna' not in sys.modules;"
        "from optuna.distributions import FloatDistribution;"
        "r = {'x': FloatDistribution(0.0, 1.0)};"
        "s.run_search(r, lambda k, w: s.Judgement(k['x'], 0.1, 1.0), start={'x': 0.5}, trials=9,"
        " time_limit=None, seed=0)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == done.stderr == ""
