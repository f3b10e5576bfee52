"""Searches on a cluster: nothing that was judged is judged again, here or there."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from optuna.distributions import FloatDistribution

from compared_figures import seeded_figures
from peu.classifiers.hog import HogSVM
from peu.classifiers.search import AfterEpoch, Judgement, kept_search, run_search
from peu.classifiers.search_journal import JournalFile
from peu.classifiers.search_record import Values
from peu.classifiers.training_set import TrainingSet
from peu.cluster.shared_searches import JournalKeeper
from peu.cluster.trials import ClusterRunner
from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison
from peu.errors import DiskError
from peu.images.dataset import ImageDataset

TRIALS = 12
ENDS_AT = 7
DISTRIBUTIONS = {"x": FloatDistribution(0.0, 1.0), "y": FloatDistribution(1e-3, 1.0, log=True)}


def searching(notes: Path) -> HogSVM:
    """A recipe that searches without a network.

    It notes what it judges, and ends once, as the file `ending` says.
    """

    # Made here, so that it goes to other processes by its code.
    class Searching(HogSVM):
        def _fit(self, data: TrainingSet) -> None:
            def judge(values: Values, after_epoch: AfterEpoch) -> Judgement:
                with (notes / "judged").open("a+") as stream:
                    stream.write(f"{values['x']!r} {values['y']!r}\n")
                    stream.seek(0)
                    count = len(stream.readlines())
                ending = notes / "ending"
                if ending.exists() and count == ENDS_AT:
                    how = ending.read_text()
                    ending.unlink()
                    if how == "killed":
                        os.kill(os.getpid(), signal.SIGKILL)
                    raise ZeroDivisionError
                loss = (values["x"] - 0.3) ** 2 + values["y"]
                for step in range(1, 5):
                    after_epoch(step, loss + 1 / step)
                return Judgement(loss, 0.1, 0.5)

            trials, _, self.notes_ = run_search(
                DISTRIBUTIONS,
                judge,
                start={"x": 0.5, "y": 0.1},
                trials=TRIALS,
                time_limit=None,
                seed=self.seed,
                journal=kept_search(f"search-{self.seed}"),
            )
            self.C = 0.01 + min(each.log_loss or 9.0 for each in trials)
            super()._fit(data)
            # So that what was searched is among the figures.
            self.history_.metrics["log_loss"] = tuple(each.log_loss or 0.0 for each in trials)
            self.history_.metrics["steps"] = tuple(float(len(t.intermediate)) for t in trials)

    return Searching(colour="never", kernel="linear")


def judged(notes: Path) -> list[str]:
    """What was judged, in order."""
    return (notes / "judged").read_text().splitlines()


def compared(dataset: ImageDataset, notes: Path, **options: Any) -> Comparison:
    notes.mkdir(exist_ok=True)
    return compare(dataset, [searching(notes)], folds=2, repeats=1, **options)


@pytest.fixture(scope="module")
def untouched(
    dataset: ImageDataset, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[str], list[object]]:
    """What is judged, and the figures, on one machine and without a break."""
    notes = tmp_path_factory.mktemp("untouched")
    figures = seeded_figures(compared(dataset, notes))
    return sorted(judged(notes)), figures


def test_a_search_whose_machine_dies_goes_on_where_it_was(
    dataset: ImageDataset,
    runner: ClusterRunner,
    untouched: tuple[list[str], list[object]],
    tmp_path: Path,
) -> None:
    (tmp_path / "ending").write_text("killed")
    found = compared(dataset, tmp_path, run_folder=tmp_path / "run", runner=runner)
    assert seeded_figures(found) == untouched[1]
    lines = judged(tmp_path)
    assert len(lines) == 2 * TRIALS + 1
    # The one that was lost, once more.
    assert sorted([*lines[: ENDS_AT - 1], *lines[ENDS_AT:]]) == untouched[0]
    assert not (tmp_path / "ending").exists()


def test_a_search_broken_off_there_goes_on_here(
    dataset: ImageDataset,
    runner: ClusterRunner,
    untouched: tuple[list[str], list[object]],
    tmp_path: Path,
) -> None:
    (tmp_path / "ending").write_text("raised")
    with pytest.raises(ZeroDivisionError):
        compared(dataset, tmp_path, run_folder=tmp_path / "run", runner=runner)
    before = judged(tmp_path)
    assert len(before) == ENDS_AT
    found = compared(dataset, tmp_path, run_folder=tmp_path / "run")
    assert seeded_figures(found) == untouched[1]
    # What ended with an error was not judged, and comes again.
    assert sorted([*before[:-1], *judged(tmp_path)[ENDS_AT:]]) == untouched[0]


LOGS: list[dict[str, Any]] = [{"op_code": 0, "at": (1, 2)}, {"op_code": 1}]


def test_what_is_written_twice_is_there_once(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    keeper = JournalKeeper(tmp_path / "run" / "searches")
    assert keeper.open("one", "first") == []
    for _ in range(2):
        assert keeper.append("one", "first", 0, LOGS) == [{"op_code": 0, "at": [1, 2]}, LOGS[1]]
    assert len(JournalFile(tmp_path / "run" / "searches" / "one.log").open().read_logs(0)) == 2


def test_a_process_that_was_taken_for_dead_writes_no_more(tmp_path: Path) -> None:
    keeper = JournalKeeper(tmp_path)
    keeper.open("one", "dead")
    keeper.append("one", "dead", 0, LOGS)
    assert len(keeper.open("one", "second")) == 2
    with pytest.raises(DiskError):
        keeper.append("one", "dead", 2, LOGS)
    assert len(keeper.append("one", "second", 2, LOGS[:1])) == 1
    keeper.discard("one")
    assert keeper.open("one", "third") == []
