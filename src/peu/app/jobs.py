"""Long work outside the page's process: a command of peu, whose progress and end are files."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from peu.errors import ResourceError
from peu.files import cannot_write, read_json, read_text, write_json
from peu.output_folder import lock_folder

State = Literal["running", "done", "failed", "stopped"]
JOB, PROGRESS, END = "job.json", "progress.json", "end.json"
RESULT, REMARKS = "result.txt", "remarks.txt"
FORMAT = 1
_STOPPED = {130, 143}
_MOST_BYTES = 64 << 20
_FEW_STEPS = 5
_MOST_OF_A_STEP = 0.9


@dataclass(frozen=True)
class Job:
    """A command of peu that runs, or ran.

    Attributes:
        kind: what it is for: "compare", "train", "check", ...
        arguments: of `peu`, from the command's name on.
        state: "stopped" also where it was killed; the same command then goes on.
        started: when, in seconds since 1970.
        seconds: how long it has taken so far, or took.
        share: how much of it is done, from 0 to 1; None where that is not known yet.
        phase: what is being done, in a few words, or "".
        message: the last line of what went wrong, where it failed.
        remarks: what it said on the way, a line each.
        about: what `start` was given to remember.
    """

    kind: str
    arguments: tuple[str, ...]
    state: State
    started: float
    seconds: float
    share: float | None
    phase: str
    message: str
    remarks: tuple[str, ...]
    about: str

    @property
    def seconds_left(self) -> float | None:
        """An estimate of what is left, at the pace so far; None where nothing is known yet."""
        if not self.share:
            return None
        return self.seconds * (1 - self.share) / self.share


class JobRunner:
    """Runs commands of peu in processes of their own, one at a time of each kind.

    All that is known of a job is in its folder: a page that is opened again, by this server or by
    the next, finds it running or done. A job outlives a killed server.

    Args:
        folder: of the jobs, a folder for each kind.
        directory: the working directory of the commands.
    """

    def __init__(self, folder: Path, directory: Path) -> None:
        self._folder = folder
        self._directory = directory
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, kind: str, arguments: Sequence[str], *, about: str = "") -> None:
        """Begin a job, and forget the last one of this kind.

        Args:
            kind: its name, of letters.
            arguments: of `peu`, from the command's name on. They are no shell's.
            about: kept with the job: which images it is about.

        Raises:
            ResourceError: a job of this kind runs, or it cannot be started.
        """
        job = self.job(kind)
        if job is not None and job.state == "running":
            raise ResourceError(
                f"One `{kind}` at a time. Received: another while one runs. Stop it first."
            )
        place = self._folder / kind
        try:
            place.mkdir(parents=True, exist_ok=True)
            for name in (END, PROGRESS, RESULT, REMARKS):
                (place / name).unlink(missing_ok=True)
            write_json(
                place / JOB,
                {
                    "format": FORMAT,
                    "arguments": list(arguments),
                    "started": time.time(),
                    "about": about,
                },
            )
            with (place / RESULT).open("wb") as result, (place / REMARKS).open("wb") as remarks:
                self._processes[kind] = subprocess.Popen(  # noqa: S603 - peu itself
                    # Nothing that lies in the working directory is imported.
                    [sys.executable, "-P", "-m", "peu.app.work", str(place), *arguments],
                    cwd=self._directory,
                    stdin=subprocess.DEVNULL,
                    stdout=result,
                    stderr=remarks,
                    # Ctrl-C is for the server, which then stops its jobs in order.
                    start_new_session=True,
                )
        except OSError as error:
            raise cannot_write(place, error) from error

    def stop(self, kind: str) -> None:
        """Ask a job to end; what it has finished is kept, and the same command goes on."""
        process = self._processes.get(kind)
        number = process.pid if process is not None else self._number(kind)
        if number is not None and self._runs(kind):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(number, signal.SIGTERM)

    def stop_all(self, *, patience: float = 5.0) -> None:
        """Stop what this server started, and wait for it."""
        running = [kind for kind, one in self._processes.items() if one.poll() is None]
        for kind in running:
            self._processes[kind].terminate()
        until = time.monotonic() + patience
        for kind in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._processes[kind].wait(max(0.1, until - time.monotonic()))

    def job(self, kind: str) -> Job | None:
        """How a job stands; None where there never was one of this kind."""
        place = self._folder / kind
        try:
            record = read_json(place / JOB)
            arguments = tuple(str(each) for each in record["arguments"])
            started, about = float(record["started"]), str(record["about"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        if kind in self._processes:
            self._processes[kind].poll()  # so that none stays a zombie
        end, progress = _read(place / END), _read(place / PROGRESS)
        code = end.get("code")
        remarks = _lines(place / REMARKS)
        # A job that has ended may have done so since its end was read.
        running = code is None and self._runs(kind)
        if code is None and not running:
            end = _read(place / END)
            code = end.get("code")
        ended = float(end.get("ended") or progress.get("time") or started)
        phase = progress.get("phase") or ("", 0, 0)
        return Job(
            kind=kind,
            arguments=arguments,
            state=_state(code, running=running, began=bool(progress)),
            started=started,
            seconds=max(0.0, (time.time() if running else ended) - started),
            share=_share(progress.get("steps"), phase, float(progress.get("within") or 0)),
            phase=str(phase[0]) if running else "",
            message=_complaint(remarks) if code not in (None, 0) or not progress else "",
            remarks=remarks,
            about=about,
        )

    def result(self, kind: str) -> Any:
        """What a job that is done wrote to stdout, as JSON; None where that is none."""
        try:
            return json.loads(read_text(self._folder / kind / RESULT, most_bytes=_MOST_BYTES))
        except (OSError, ValueError, RecursionError):
            return None

    def _runs(self, kind: str) -> bool:
        process = self._processes.get(kind)
        if process is not None:
            return process.poll() is None
        # Started by a server that has gone: its lock tells.
        try:
            with lock_folder(self._folder / kind):
                return False
        except ResourceError:
            return True

    def _number(self, kind: str) -> int | None:
        number = _read(self._folder / kind / PROGRESS).get("process")
        return number if isinstance(number, int) else None


def _state(code: object, *, running: bool, began: bool) -> State:
    if running:
        return "running"
    if code == 0:
        return "done"
    # No code was written where it was killed.
    return "stopped" if (code is None and began) or code in _STOPPED else "failed"


def _share(steps: Any, phase: Any, within: float) -> float | None:
    """How much is done: by the steps, and where there is but one by the phase it is in.

    Where there are few steps, each long, the phase counts as a part of one.
    """
    done, total = steps or (0, 0)
    if total > 1:
        part = min(_MOST_OF_A_STEP, within) if total <= _FEW_STEPS else 0.0
        return min(1.0, (float(done) + part) / float(total))
    return min(1.0, float(phase[1]) / float(phase[2])) if phase[2] else None


def _read(file: Path) -> dict[str, Any]:
    try:
        value = read_json(file)
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _lines(file: Path) -> tuple[str, ...]:
    try:
        return tuple(read_text(file, most_bytes=_MOST_BYTES).splitlines())
    except (OSError, ValueError):
        return ()


def _complaint(remarks: Sequence[str]) -> str:
    said = [line.removeprefix("peu: ") for line in remarks if line.startswith("peu: ")]
    return said[-1] if said else (remarks[-1] if remarks else "")
