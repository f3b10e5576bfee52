"""A workspace's comparison: the command that makes it, and how its recipes stand meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peu.app.jobs import Job, JobRunner
from peu.app.workspace import Workspace
from peu.files import canonical_json, read_json, sha256_of_text

KIND = "compare"
DEFAULT_RECIPES = ("transfer", "hog", "fisher")
NETWORKS = ("finetune", "resnet", "ensemble", "cnn", "tuned-cnn")
"""Recipes that need the extra `tensorflow`."""

THOROUGHNESS = {"quick": (3, 1), "usual": (5, 2), "thorough": (5, 4)}
"""Folds and repeats, as `peu compare` has them."""


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


def compare_arguments(workspace: Workspace, recipes: Sequence[str], thoroughness: str) -> list[str]:
    """The command that compares recipes on the images as they are now.

    The same images and choices give the same folder, in which finished trials are kept.
    """
    folds, repeats = THOROUGHNESS[thoroughness]
    digest = sha256_of_text(canonical_json([workspace.digest(), *recipes, folds, repeats]))
    return [
        KIND,
        workspace.images_folder.name,
        "--recipes",
        ",".join(recipes),
        "--folds",
        str(folds),
        "--repeats",
        str(repeats),
        "--output",
        f"{workspace.runs_folder.name}/images-{digest[:8]}",
    ]


def option(job: Job, name: str) -> str:
    """The value of an option of a job's command; "" where it has none."""
    given = dict(zip(job.arguments, job.arguments[1:], strict=False))
    return given.get(name, "")


def run_folder(workspace: Workspace, job: Job) -> Path:
    """The folder that a comparison writes to."""
    return workspace.root / option(job, "--output")


def is_of_these_images(workspace: Workspace, job: Job) -> bool:
    """Whether the images are as they were when a comparison began."""
    wanted = (int(option(job, "--folds") or 0), int(option(job, "--repeats") or 0))
    for name, each in THOROUGHNESS.items():
        if each == wanted:
            recipes = option(job, "--recipes").split(",")
            return tuple(compare_arguments(workspace, recipes, name)) == job.arguments
    return False


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

    def job(self) -> Job | None:
        """The comparison; None where there never was one."""
        return self._jobs.job(KIND)

    def report(self) -> dict[str, Any] | None:
        """What `report.json` says; None while there is none."""
        job = self.job()
        if job is None or job.state != "done":
            return None
        try:
            found = read_json(run_folder(self._workspace, job) / "report.json")
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) and "recipes" in found else None

    def standings(self) -> tuple[Standing, ...]:
        """The recipes, the best first; those without a trial as they were chosen, last."""
        job = self.job()
        if job is None:
            return ()
        report = self.report()
        found = self._from_trials(job) if report is None else _from_report(report)
        return tuple(sorted(found, key=lambda one: -(one.accuracy or 0.0)))

    def trials(self) -> tuple[int, int]:
        """Number of trials that have ended, and of all."""
        job = self.job()
        if job is None:
            return 0, 0
        names = option(job, "--recipes").split(",")
        each = int(option(job, "--folds") or 0) * int(option(job, "--repeats") or 0)
        return sum(one.done for one in self._from_trials(job)), len(names) * each

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
