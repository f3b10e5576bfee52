import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from command_line import SMALL_HOG
from peu.app import work
from peu.app.jobs import Job, JobRunner
from peu.errors import ResourceError
from peu.files import write_json
from small_set import drawn_images

# For minutes, in one process, and each trial at once.
SLOW = (
    *("compare", "photos", "--recipes", "hog", *SMALL_HOG, "--workers", "1"),
    *("--folds", "8", "--repeats", "40", "-o", "run"),
)


@pytest.fixture
def runner(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobRunner]:
    (tmp_path / "photos").symlink_to(drawn_images(tmp_path_factory))
    made = JobRunner(tmp_path / "jobs", tmp_path)
    yield made
    made.stop_all(patience=60)


def until(runner: JobRunner, kind: str, *states: str) -> Job:
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        job = runner.job(kind)
        if job is not None and job.state in states:
            return job
        time.sleep(0.05)
    pytest.fail(f"never {states}: {runner.job(kind)}")


def until_a_trial(folder: Path) -> int:
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        if count := len(list(folder.glob("run/trials/[!.]*.json"))):
            return count
        time.sleep(0.05)
    pytest.fail("no trial ended")


def test_a_job_is_a_command_whose_result_and_errors_are_read(runner: JobRunner) -> None:
    assert runner.job("describe") is None
    runner.start("describe", ["describe", "photos", "--json"])
    runner.start("train", ["train", "missing"])
    done, failed = until(runner, "describe", "done"), until(runner, "train", "failed")
    assert runner.result("describe")["images"] == 32
    assert "missing" in failed.message
    assert done.message == ""


def test_a_job_outlives_its_server_and_the_next_stops_it_where_it_was(
    runner: JobRunner, tmp_path: Path
) -> None:
    runner.start("compare", SLOW)
    with pytest.raises(ResourceError):
        runner.start("compare", SLOW)
    kept = until_a_trial(tmp_path)
    while (job := runner.job("compare")) is not None and not job.share:
        time.sleep(0.05)
    assert job is not None
    assert job.seconds_left is not None
    # Another server finds it at work.
    other = JobRunner(tmp_path / "jobs", tmp_path)
    assert until(other, "compare", "running").arguments == SLOW
    with pytest.raises(ResourceError):
        other.start("compare", SLOW)
    other.stop("compare")
    assert until(runner, "compare", "stopped").state == "stopped"
    # A third finds it as it was left.
    stopped = JobRunner(tmp_path / "jobs", tmp_path).job("compare")
    assert stopped is not None
    assert (stopped.state, stopped.arguments) == ("stopped", SLOW)
    assert len(list(tmp_path.glob("run/trials/[!.]*.json"))) >= kept


def test_a_killed_job_counts_as_stopped(runner: JobRunner, tmp_path: Path) -> None:
    runner.start("compare", SLOW)
    until_a_trial(tmp_path)
    process = runner._processes["compare"]
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    job = until(runner, "compare", "stopped", "failed")
    assert job.state == "stopped"


def test_a_long_step_counts_as_far_as_it_is_and_never_goes_back(
    runner: JobRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(work, "_SECONDS_BETWEEN", -1)
    place = tmp_path / "jobs" / "plane"
    place.mkdir(parents=True)
    write_json(place / "job.json", {"arguments": ["vae"], "started": 1.0, "about": ""})
    progress = work._File(place / "progress.json")

    def share() -> float | None:
        job = runner.job("plane")
        return None if job is None else job.share

    progress.steps(1, 4)
    assert share() == 1 / 4
    progress.phase("Training", 8, 16)
    assert share() == 1.5 / 4
    progress.phase("Evaluating", 0, 3)
    assert share() == 1.5 / 4
    progress.phase("Training", 16, 16)
    assert share() == 1.9 / 4
    progress.steps(2, 4)
    assert share() == 2 / 4
    # Many steps need no such help.
    progress.steps(2, 40)
    progress.phase("Training", 8, 16)
    assert share() == 2 / 40
