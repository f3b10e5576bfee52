"""A comparison that is killed or interrupted, and the same command again."""

import dataclasses
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from command_line import SMALL_HOG, Peu
from peu.cli.main import app
from peu.networks.training_settings import TrainingSettings
from peu.reports import html

_TINY = ("--recipes", "hog,cnn", *SMALL_HOG, "--image-size", "24", "--epochs", "1")
# Few trials, since every process loads TensorFlow: after one network two are left, side by side.
_FOLDS = ("--folds", "3", "--repeats", "1")
_SETTINGS = {"batch_size": 8, "learning_rate": 0.02, "optimizer": "sgd"}
_STEPS = tuple(f"--set=cnn.{name}={value}" for name, value in _SETTINGS.items())


def _command(photos: Path, folder: Path, workers: int = 2) -> tuple[str, ...]:
    output = ("-o", str(folder), "--json")
    return ("compare", str(photos), *_TINY, *_FOLDS, *_STEPS, "--workers", str(workers), *output)


def _start(photos: Path, folder: Path, workers: int = 2) -> "subprocess.Popen[str]":
    """Start a comparison in a session of its own, as a shell does."""
    # What a shell starts in the background ignores Ctrl-C, and so would all that it starts.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(
            [sys.executable, "-m", "peu", *_command(photos, folder, workers)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _finish(process: "subprocess.Popen[str]") -> tuple[str, str]:
    """Return what a comparison that ran to its end wrote."""
    told, complaints = process.communicate(timeout=120)
    assert process.returncode == 0, complaints
    return told, complaints


def _figures(told: str) -> Any:
    """Return what the seed decides of a comparison."""
    recipes = json.loads(told)["recipes"]
    for recipe in recipes:
        del recipe["seconds_per_trial"], recipe["seconds_per_image"]
        for trial in recipe["trials"]:
            del trial["seconds"]
    return recipes


def _members(session: int) -> list[str]:
    """Name the living processes of a session, but for multiprocessing's own sweeper."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            fields = (place / "stat").read_text().rpartition(")")[2].split()
            command = (place / "cmdline").read_text().replace("\0", " ")
        except OSError:
            continue
        # After the name: state, parent, group, session.
        if int(fields[3]) == session and fields[0] != "Z" and "resource_tracker" not in command:
            found.append(command)
    return found


def _wait_until_gone(session: int) -> None:
    deadline = time.monotonic() + 30
    while _members(session) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert _members(session) == []


def _wait_for_a_network(process: "subprocess.Popen[str]") -> None:
    """Read remarks until a network's trial is done: the next ones are under way then."""
    assert process.stderr is not None
    for line in process.stderr:
        if " cnn, " in line:
            return


pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="processes are looked for in /proc"
)


@pytest.fixture(scope="module")
def alone(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Return what a run that nobody touches writes, here and one trial after the other."""
    command = _command(photos, tmp_path_factory.mktemp("alone") / "run", workers=1)
    with pytest.MonkeyPatch.context() as patch:
        # As `quick_pages` does for each test.
        patch.setattr(html, "page_svg", lambda *_: "<svg/>")
        told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.stderr
    return told.stdout, told.stderr


def test_stdout_holds_the_result_and_nothing_else_and_stderr_remarks(
    alone: tuple[str, str],
) -> None:
    told, complaints = alone
    scratch, descriptors = sorted(json.loads(told)["recipes"], key=lambda one: str(one["name"]))
    assert descriptors["recipe"]["kind"] == "hog"
    assert scratch["recipe"]["image_size"] == [24, 24]
    usual = dataclasses.asdict(TrainingSettings())
    assert scratch["recipe"]["training"] == {**usual, "epochs": 1, **_SETTINGS}
    beginning, *lines = complaints.splitlines()
    assert beginning.startswith("32 images; 6 trials in ")
    assert [line.split()[0] for line in lines if " is done: accuracy " in line] == ["hog", "cnn"]
    trials = [line for line in lines if ", repeat 1, fold " in line]
    assert len(lines) == len(trials) + 2
    assert len(trials) == 6
    assert sum(" cnn, repeat 1, fold " in line for line in trials) == 3
    assert sum(" hog, repeat 1, fold " in line for line in trials) == 3


def test_a_run_that_was_killed_and_interrupted_ends_with_the_same_figures(
    photos: Path, tmp_path: Path, peu: Peu, alone: tuple[str, str]
) -> None:
    folder = tmp_path / "run"
    killed = _start(photos, folder)
    _wait_for_a_network(killed)
    # It, its two workers and the server that they were forked from.
    assert len(_members(killed.pid)) == 4
    killed.kill()
    killed.communicate()
    _wait_until_gone(killed.pid)
    kept = {path: json.loads(path.read_text()) for path in (folder / "trials").glob("*.json")}
    networks = [path for path, trial in kept.items() if trial["recipe"]["kind"] == "cnn"]
    assert len(kept) - len(networks) == 3
    assert 1 <= len(networks) < 3
    # So much has to be left that the next run is interrupted in the midst of it.
    for path in networks[1:]:
        path.unlink()

    interrupted = _start(photos, folder)
    _wait_for_a_network(interrupted)
    # Stopped, so that it cannot end before another has wanted the same folder.
    os.killpg(interrupted.pid, signal.SIGSTOP)
    second = peu(*_command(photos, folder))
    assert second.exit_code == 5
    assert "Another run is working in it" in second.stderr.splitlines()[-1]
    # Ctrl-C reaches every process of the group, the workers as well. It is there when they go
    # on, so that they cannot end before it comes.
    os.killpg(interrupted.pid, signal.SIGINT)
    os.killpg(interrupted.pid, signal.SIGCONT)
    told, complaints = interrupted.communicate(timeout=60)
    assert interrupted.returncode == 130
    assert told == ""
    lines = [line for line in complaints.splitlines() if " cnn, " not in line]
    assert lines == ["peu: Interrupted. Run the same command to go on."]
    _wait_until_gone(interrupted.pid)

    # Nothing else is said in a process of its own either, whatever its libraries would say; and
    # what two processes began, one ends with the same figures.
    told, complaints = _finish(_start(photos, folder, workers=1))
    beginning, *lines = complaints.splitlines()
    assert beginning.startswith("Going on with ")
    assert all(re.match(r" *\d/6 cnn, |cnn is done: ", line) for line in lines)
    assert _figures(told) == _figures(alone[0])


@pytest.mark.slow
def test_a_run_that_was_killed_five_times_at_random_ends_with_the_same_figures(
    photos: Path, tmp_path: Path, alone: tuple[str, str]
) -> None:
    moments = random.Random(0)
    for _ in range(5):
        process = _start(photos, tmp_path / "run")
        time.sleep(moments.uniform(0.3, 9))
        process.kill()
        process.communicate()
        _wait_until_gone(process.pid)
    told, _ = _finish(_start(photos, tmp_path / "run"))
    assert _figures(told) == _figures(alone[0])
