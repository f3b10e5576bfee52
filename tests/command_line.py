"""What tests of the command line call `peu` by."""

import subprocess
from collections.abc import Callable

from typer.testing import Result

Peu = Callable[..., Result]
"""Run a command in this process."""

SMALL_HOG = ("--set", "hog.image_size=32", "--set", "hog.colour=never")
"""Where a test trains `hog` for what comes after: most of its time goes into features."""

Process = Callable[..., "subprocess.CompletedProcess[str]"]
"""Run a command in a process of its own; keywords are environment variables."""


def complaint(result: "Result | subprocess.CompletedProcess[str]") -> str:
    """Return the one line that a failed command wrote, and check that it is one."""
    (line,) = result.stderr.splitlines()
    assert line.startswith("peu: ")
    assert result.stdout == ""
    return str(line)
