"""How the recipes of a workspace's comparison stand: while it runs, and once there is a report."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peu.app.comparisons import KIND, is_of_these_images, option, run_folder
from peu.app.jobs import Job, JobRunner
from peu.app.workspace import Workspace
from peu.comparison.run_list import find_reports
from peu.files import read_json, without_checksum

REPORT = "report.json"


@dataclass(frozen=True)
class Standing:
    """How a recipe stands.

    Attributes:
        name: of the recipe.
        done: number of its trials that have ended.
        accuracy: their mean accuracy; None before the first.
        low: lower end of the interval; None while the comparison runs.
        high: upper end of the interval.
        seconds: of a trial, on average; None where it is not known.
        trouble: why it could not run, or "".
    """

    name: str
    done: int = 0
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    seconds: float | None = None
    trouble: str = ""


class Leaderboard:
    """Reads how recipes stand from the files of trials, each file once.

    Args:
        workspace: whose comparison it is.
        jobs: that run it.
    """

    def __init__(self, workspace: Workspace, jobs: JobRunner) -> None:
        self._workspace = workspace
        self._jobs = jobs
        self._read: dict[Path, tuple[str, float, float]] = {}
        self._report: tuple[float, Path | None, dict[str, Any]] = (0.0, None, {})

    def job(self) -> Job | None:
        """The comparison that the page made last; None where there was none."""
        return self._jobs.job(KIND)

    def folder(self) -> Path | None:
        """The run that is shown: of the job, or else the newest that the command line made."""
        job = self.job()
        if job is not None:
            return run_folder(self._workspace, job)
        reports = [
            (file.stat().st_mtime, file) for file in find_reports(self._workspace.runs_folder)
        ]
        readable = (file for _, file in sorted(reports, reverse=True) if self._load(file))
        return next((file.parent for file in readable), None)

    def report(self) -> dict[str, Any] | None:
        """What `report.json` says; None while there is none."""
        job, folder = self.job(), self.folder()
        if folder is None or (job is not None and job.state != "done"):
            return None
        return self._load(folder / REPORT)

    def is_current(self) -> bool:
        """Whether the images are as they were when what is shown was compared."""
        job, folder = self.job(), self.folder()
        if job is not None:
            return is_of_these_images(self._workspace, job)
        # Of a run of the command line the report's age tells.
        return folder is not None and (folder / REPORT).stat().st_mtime > self._workspace.changed

    def standings(self) -> tuple[Standing, ...]:
        """The recipes, the best first; those without a trial as they were chosen, last."""
        job, report = self.job(), self.report()
        if report is not None:
            found = _from_report(report)
        else:
            found = [] if job is None else self._from_trials(job)
        return tuple(sorted(found, key=lambda one: -(one.accuracy or 0.0)))

    def trials(self) -> tuple[int, int]:
        """Number of trials that have ended, and of all."""
        job = self.job()
        if job is None:
            return 0, 0
        names = option(job, "--recipes").split(",")
        each = int(option(job, "--folds") or 0) * int(option(job, "--repeats") or 0)
        return sum(one.done for one in self._from_trials(job)), len(names) * each

    def _load(self, file: Path) -> dict[str, Any] | None:
        """A report of a comparison, read again only if it changed; None where it is none."""
        try:
            time = file.stat().st_mtime
            if self._report[:2] != (time, file):
                self._report = time, file, without_checksum(read_json(file))
        except (OSError, ValueError):
            return None
        found = self._report[2]
        return found if {"recipes", "paired"} <= found.keys() else None

    def _from_trials(self, job: Job) -> list[Standing]:
        found: dict[str, list[tuple[float, float]]] = {
            name: [] for name in option(job, "--recipes").split(",")
        }
        for file in (run_folder(self._workspace, job) / "trials").glob("[!.]*.json"):
            if file not in self._read:
                trial = _trial(file)
                if trial is None:
                    continue
                self._read[file] = trial
            name, accuracy, seconds = self._read[file]
            found.setdefault(name, []).append((accuracy, seconds))
        return [_standing(name, trials) for name, trials in found.items()]


def _standing(name: str, trials: Sequence[tuple[float, float]]) -> Standing:
    if not trials:
        return Standing(name)
    accuracy, seconds = (sum(each) / len(trials) for each in zip(*trials, strict=True))
    return Standing(name, len(trials), accuracy, seconds=seconds)


def _trial(file: Path) -> tuple[str, float, float] | None:
    try:
        value = read_json(file)
        name = str(value["recipe"].get("name") or value["recipe"]["kind"])
        return name, float(value["figures"]["accuracy"]), float(value["seconds"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _from_report(report: dict[str, Any]) -> list[Standing]:
    found = [
        Standing(
            name=str(one["name"]),
            done=len(one["trials"]),
            accuracy=float(one["accuracy"]["mean"]),
            low=float(one["accuracy"]["low"]),
            high=float(one["accuracy"]["high"]),
            seconds=float(one["seconds_per_trial"]),
        )
        for one in report["recipes"]
    ]
    failed = [
        Standing(str(one["name"]), trouble=str(one["reason"])) for one in report.get("failures", ())
    ]
    return [*found, *failed]
