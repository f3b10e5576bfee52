"""Runs in a folder: finished, interrupted, damaged, and what is none."""

import json
from pathlib import Path

import pytest

from peu.comparison.compare import compare
from peu.comparison.run_list import list_runs
from peu.errors import RecipeError
from peu.files import with_checksum
from peu.images.dataset import ImageDataset
from peu.reports.comparison_json import comparison_to_dict
from peu.reports.comparison_report import write_report
from small_set import PLAIN
from undrawn_pages import undrawn_pages


def _changed(report: str) -> str:
    """A report whose best accuracy is another."""
    changed = report.replace('"accuracy": 0.', '"accuracy": 1.', 1)
    assert changed != report
    return changed


@pytest.fixture(scope="module")
def runs(dataset: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one run of each fate, and a folder of something else."""
    folder = tmp_path_factory.mktemp("runs")
    done = folder / "done"
    found = compare(dataset, [PLAIN], folds=2, repeats=1, run_folder=done)
    with undrawn_pages():
        write_report(found, done)
    for name, content in {
        "interrupted/config.toml": 'data = "photos/"\n[[recipes]]\nkind = "hog"\nname = "mine"\n',
        "interrupted/trials/1.json": "{}",
        "cut/report.json": json.dumps(comparison_to_dict(found))[:500],
        "strange/report.json": json.dumps(with_checksum({"recipes": 3, "folds": 2})),
        "changed/report.json": _changed((done / "report.json").read_text(encoding="utf-8")),
        "listed/report.json": "[1, 2]",
        "broken/config.toml": "data = ",
        "check/report.json": json.dumps({"format": 1, "findings": []}),
        "notes/readme.txt": "no run",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


def test_a_finished_run_has_its_best_accuracy(runs: Path, dataset: ImageDataset) -> None:
    run = next(each for each in list_runs(runs) if each.folder.endswith("done"))
    report = json.loads((runs / "done" / "report.json").read_text(encoding="utf-8"))
    assert (run.data, run.recipes, run.best, run.finished) == (dataset.name, ("hog",), "hog", True)
    assert (run.accuracy, run.low, run.high) == tuple(
        report["recipes"][0]["accuracy"][name] for name in ("mean", "low", "high")
    )
    assert run.started == report["provenance"]["started"]
    assert run.trials == 2


def test_an_interrupted_run_has_what_is_known_of_it(runs: Path) -> None:
    run = next(each for each in list_runs(runs) if each.folder.endswith("interrupted"))
    assert (run.data, run.recipes, run.finished, run.trials) == ("photos/", ("mine",), False, 1)
    assert run.accuracy is None


def test_damaged_runs_come_last_with_a_reason_and_others_are_left_out(runs: Path) -> None:
    found = list_runs(runs)
    names = [Path(run.folder).name for run in found]
    assert set(names[:2]) == {"done", "interrupted"}
    assert set(names[2:]) == {"cut", "strange", "changed", "listed", "broken"}
    assert all(run.trouble and not run.finished for run in found[2:])


def test_one_run_is_a_folder_too(runs: Path) -> None:
    assert [run.folder for run in list_runs(runs / "done")] == [str(runs / "done")]


def test_a_folder_that_is_none_is_refused(runs: Path) -> None:
    with pytest.raises(RecipeError, match="nowhere"):
        list_runs(runs / "nowhere")
