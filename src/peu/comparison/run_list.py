"""The runs in a folder, as their reports and settings tell of them."""

import datetime as dt
import tomllib
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peu.errors import RecipeError
from peu.files import read_json, read_text, without_checksum
from peu.wording import quoted

_REPORT, _CONFIG, _TRIALS = "report.json", "config.toml", "trials"


@dataclass(frozen=True)
class Run:
    """A folder of `peu compare` or `peu curve`.

    Attributes:
        folder: where it is.
        task: "compare" or "curve".
        data: name of the images, or as they were given while it is unfinished.
        started: when, in ISO 8601; for a run without a report, when its settings were written.
        recipes: names, the best first where it is finished.
        finished: whether there is a report and nothing was left out for want of time.
        trials: number of trials that are kept.
        best: name of the most accurate recipe; None where that is not known.
        accuracy: its mean accuracy.
        low: lower end of the interval.
        high: upper end.
        trouble: why the folder cannot be read, or "".
    """

    folder: str
    task: str = "compare"
    data: str = ""
    started: str = ""
    recipes: tuple[str, ...] = ()
    finished: bool = False
    trials: int = 0
    best: str | None = None
    accuracy: float | None = None
    low: float | None = None
    high: float | None = None
    trouble: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The run as JSON values."""
        return asdict(self)


def list_runs(folder: str | Path) -> tuple[Run, ...]:
    """Runs in a folder, the newest first; reports are read, images and trials are not.

    Args:
        folder: of run folders, or one itself.

    Returns:
        The runs. A damaged one comes last, with the reason; other folders are left out.

    Raises:
        RecipeError: there is no such folder, or it cannot be read.
    """
    place = Path(folder)
    try:
        inside = sorted(each for each in place.iterdir() if each.is_dir())
    except OSError as error:
        raise RecipeError(
            f"`peu runs` needs a folder that can be read. Received: {quoted(place)} "
            f"({error.strerror}). Name the folder that `peu compare` wrote its runs to."
        ) from error
    found = [run for each in (place, *inside) if (run := _read(each)) is not None]
    newest_first = sorted(found, key=lambda run: run.started, reverse=True)
    return tuple(sorted(newest_first, key=lambda run: bool(run.trouble)))


def find_reports(folders: str | Path | Sequence[str | Path]) -> list[Path]:
    """Reports in folders of runs, or of runs themselves; a folder that is not there has none."""
    listed = [folders] if isinstance(folders, (str, Path)) else folders
    found: dict[Path, Path] = {}
    for folder in map(Path, listed):
        own = folder / _REPORT
        reports = [own] if own.is_file() else sorted(folder.glob(f"*/{_REPORT}"))
        for each in reports:
            # Two folders may be the same one, named in another way.
            found.setdefault(each.resolve(), each)
    return list(found.values())


def _read(folder: Path) -> Run | None:
    try:
        if (folder / _REPORT).is_file():
            return _finished(folder, read_json(folder / _REPORT))
        if (folder / _CONFIG).is_file():
            return _unfinished(folder)
    except (KeyError, TypeError, AttributeError, IndexError):
        return Run(str(folder), trouble="it is damaged or of another version")
    except (OSError, ValueError, RecursionError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return Run(str(folder), trouble=f"it cannot be read: {reason[:200]}")
    return None


def _finished(folder: Path, report: dict[str, Any]) -> Run | None:
    if isinstance(report, dict) and not {"recipes", "folds", "sha256"} & set(report):
        return None  # not of peu
    report = without_checksum(report)
    if not {"recipes", "folds"} <= set(report):
        return None  # a report of another command
    curve = "target" in report
    accuracies = {
        str(each["name"]): each["points"][-1]["accuracy"] if curve else each["accuracy"]
        for each in report["recipes"]
    }
    best = max(accuracies, key=lambda name: float(accuracies[name]["mean"]), default=None)
    mean, low, high = (
        None if best is None else float(accuracies[best][each]) for each in ("mean", "low", "high")
    )
    return Run(
        folder=str(folder),
        task="curve" if curve else "compare",
        data=str(report["dataset"]["name"]),
        started=str(report["provenance"]["started"]),
        recipes=tuple(accuracies),
        finished=not report.get("left_out"),
        trials=_trials(folder),
        best=best,
        accuracy=mean,
        low=low,
        high=high,
    )


def _unfinished(folder: Path) -> Run:
    config = tomllib.loads(read_text(folder / _CONFIG, most_bytes=1 << 20))
    written = dt.datetime.fromtimestamp((folder / _CONFIG).stat().st_mtime, dt.UTC)
    return Run(
        folder=str(folder),
        task=str(config.get("task", "compare")),
        data=str(config["data"]),
        started=written.isoformat(timespec="seconds"),
        recipes=tuple(str(each.get("name", each["kind"])) for each in config["recipes"]),
        trials=_trials(folder),
    )


def _trials(folder: Path) -> int:
    return sum(1 for _ in (folder / _TRIALS).glob("*.json"))
