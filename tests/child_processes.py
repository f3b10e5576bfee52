"""Python code in a process of its own, to be killed in the middle of its work."""

import signal
import subprocess
import sys


def start(code: str, *arguments: object) -> "subprocess.Popen[str]":
    """Run code in a new process until it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, arguments)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill(process: "subprocess.Popen[str]") -> None:
    """End a process as a crash or the system would."""
    process.send_signal(signal.SIGKILL)
    process.communicate()
