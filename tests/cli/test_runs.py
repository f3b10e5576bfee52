"""`peu runs`: what was compared here, and what is damaged."""

import json
from pathlib import Path

from command_line import SMALL_HOG, Peu, complaint


def test_runs_are_listed_and_damaged_ones_named(peu: Peu, photos: Path) -> None:
    quick = ("--recipes", "hog", *SMALL_HOG, "--folds", 2, "--repeats", 1, "--quiet")
    assert peu("compare", photos, *quick).exit_code == 0
    Path("runs/cut").mkdir()
    Path("runs/cut/report.json").write_text("{", encoding="utf-8")
    told = peu("runs")
    assert told.exit_code == 0
    assert "photos" in told.stdout
    assert "`runs/cut`: it cannot be read" in told.stdout.replace("\\", "/")
    listed = json.loads(peu("runs", "--json").stdout)
    assert listed["format"] == 1
    assert [(run["best"], run["finished"]) for run in listed["runs"]] == [
        ("hog", True),
        (None, False),
    ]


def test_no_runs_yet_is_no_error(peu: Peu) -> None:
    told = peu("runs")
    assert told.exit_code == 0
    assert told.stdout.startswith("No runs in `runs`")
    missing = peu("runs", "nowhere")
    assert missing.exit_code == 2
    assert "nowhere" in complaint(missing)
