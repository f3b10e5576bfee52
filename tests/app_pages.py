"""The page of `peu app` in a process of its own, and what tests open it by."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
from playwright.sync_api import Page

OpenPage = Callable[..., Page]


class Served:
    """`peu app` in a process of its own."""

    def __init__(self, workspace: Path, *arguments: object) -> None:
        self.workspace = workspace
        self._arguments = [*map(str, arguments), "--workspace", str(workspace)]
        self._log = workspace.parent / f"{workspace.name}.log"
        self.address = ""
        self.seconds_to_start = 0.0

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.kill()

    def start(self) -> None:
        """Start it, on a free port, and wait until it listens."""
        started = time.monotonic()
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "peu", "app", "--no-open", "--port", "0", *self._arguments],
                stderr=log,
                stdout=log,
            )
        while not (found := re.search(r"peu is at (\S+)/ ", self._log.read_text("utf-8"))):
            if self.process.poll() is not None or time.monotonic() > started + 120:
                pytest.fail(self._log.read_text("utf-8"))
            time.sleep(0.05)
        self.address = found[1]
        self.seconds_to_start = time.monotonic() - started

    def signal_job(self, kind: str, number: signal.Signals) -> None:
        """Send a signal to a job's process: with SIGSTOP it runs as long as a test wants."""
        progress = json.loads((self.workspace / "jobs" / kind / "progress.json").read_text())
        os.kill(progress["process"], number)

    def kill(self) -> None:
        """End it as a power failure would; its jobs go on."""
        self.process.kill()
        self.process.wait()
