"""A job's process: runs a command of peu, and keeps its progress and its end as files.

It is the command line that runs, so that whatever the page does can be done there too.
"""

import os
import runpy
import sys
import time
from pathlib import Path

from peu.errors import ResourceError
from peu.files import write_json
from peu.output_folder import lock_folder
from peu.progress import showing

_SECONDS_BETWEEN = 0.25


class _File:
    """Progress as a file that is replaced a few times a second."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._steps: tuple[int, int] | None = None
        self._phase: tuple[str, int, int | None] | None = None
        self._within = 0.0
        self._written = 0.0
        self._write()

    def steps(self, done: int, total: int) -> None:
        self._steps = (done, total)
        self._within = 0.0
        self._write()

    def phase(self, name: str, done: int, total: int | None) -> None:
        # A step has phases of which the first is the longest: training. It never goes back.
        self._within = max(self._within, done / total if total else 0.0)
        ends = total is not None and done >= total
        self._phase = None if ends else (name, done, total)
        if time.monotonic() - self._written > _SECONDS_BETWEEN:
            self._write()

    def _write(self) -> None:
        self._written = time.monotonic()
        value = {
            "steps": self._steps,
            "phase": self._phase,
            "within": self._within,
            "process": os.getpid(),
            "time": time.time(),
        }
        try:
            write_json(self._file, value)
        except ResourceError:
            # A full disk is the command's to report, where it matters.
            return


def main() -> None:
    """Run `python -m peu.app.work FOLDER COMMAND...`."""
    folder, sys.argv = Path(sys.argv[1]), ["peu", *sys.argv[2:]]
    with lock_folder(folder), showing(_File(folder / "progress.json")):
        code = 1
        try:
            runpy.run_module("peu", run_name="__main__", alter_sys=False)
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        finally:
            sys.stdout.flush()
            write_json(folder / "end.json", {"code": code, "ended": time.time()})
    sys.exit(code)


if __name__ == "__main__":
    main()
