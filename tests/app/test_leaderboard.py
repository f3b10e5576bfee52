import os
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broken_images import write_image
from command_line import SMALL_HOG
from peu.app.intake import take_folder
from peu.app.jobs import JobRunner
from peu.app.leaderboard import Leaderboard
from peu.app.workspace import Workspace
from peu.cli.main import app
from small_set import drawn_images


@pytest.fixture
def workspace(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    made = Workspace(tmp_path / "work")
    take_folder(made, drawn_images(tmp_path_factory))
    return made


def test_what_the_command_line_compared_is_shown(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    board = Leaderboard(workspace, JobRunner(workspace.jobs_folder, workspace.root))
    assert board.standings() == ()
    assert board.folder() is None
    monkeypatch.chdir(workspace.root)
    monkeypatch.setattr("peu.reports.html.page_svg", lambda *_: "<svg/>")
    ran = CliRunner().invoke(
        app, ["compare", "images", "--recipes", "hog", *SMALL_HOG, "--quick", "-q"]
    )
    assert ran.exit_code == 0, ran.output
    (hog,) = board.standings()
    assert (hog.name, hog.done) == ("hog", 3)
    assert hog.accuracy is not None
    assert hog.low is not None
    assert hog.low <= hog.accuracy
    assert board.is_current()
    os.utime(write_image(workspace.images_folder / "anchor" / "new.png").parent)
    later = time.time() + 10
    os.utime(workspace.images_folder / "anchor", (later, later))
    assert not board.is_current()


def test_a_damaged_report_shows_nothing(workspace: Workspace) -> None:
    board = Leaderboard(workspace, JobRunner(workspace.jobs_folder, workspace.root))
    folder = workspace.runs_folder / "mine"
    folder.mkdir(parents=True)
    (folder / "report.json").write_text('{"recipes": [], "paired": []}')
    assert board.report() is None
    assert board.standings() == ()
