"""Kill commands at random moments, and look at what the same command makes of it.

A command runs in a process group of its own, which is killed (SIGKILL) after a random part of the
time that it takes. After each kill a model that was there must load, the old or the new one; at
the end the same command must succeed, its figures must be those of a run that nobody touched, and
nothing that is half written may be left in its folder or in the one for temporary files.

Run: python benchmarks/kills.py [--kills 100] [--commands compare,train-overwrite,vae-train,lab]
    [--in-a-row 5] [--seed 0]
"""

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from peu.errors import BundleError
from peu.files import DRAFT
from peu.models.bundle import read_manifest
from small_commands import BEFORE, COMMANDS, prepare

_CHANGING = ("seconds", "started", "version", "path", "command", "run", "time")


def main() -> None:
    """Kill each command as often, and print a line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100, help="in all")
    parser.add_argument("--commands", default="compare,train-overwrite,vae-train,lab")
    parser.add_argument("--in-a-row", type=int, default=5, help="kills before a run to the end")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    commands = options.commands.split(",")
    with tempfile.TemporaryDirectory() as name:
        work = Path(name).resolve()
        (work / "tmp").mkdir()
        os.environ.update(PEU_CACHE=str(work / "cache"), TMPDIR=str(work / "tmp"))
        prepare(work)
        for command in commands:
            rounds = -(-options.kills // len(commands) // options.in_a_row)
            killed, wrong = _kill(command, work, rounds, options.in_a_row, options.seed)
            print(f"{command}: {killed} kills, {len(wrong)} wrong {wrong}", flush=True)


def _kill(command: str, work: Path, rounds: int, in_a_row: int, seed: int) -> tuple[int, list[str]]:
    chosen, killed = random.Random(seed), 0
    wrong: list[str] = []
    _begin(command, work)
    started = time.monotonic()
    expected = _figures(_finish(command, work))
    took = time.monotonic() - started
    for _ in range(rounds):
        _begin(command, work)
        for _ in range(in_a_row):
            killed += _killed(command, work, chosen.uniform(0.1, 1.0) * took)
            wrong += _lost(command, work)
        if _figures(_finish(command, work)) != expected:
            wrong.append("other figures")
        wrong += [f"left: {p.name}" for p in work.rglob(f"{DRAFT}*")]
        wrong += [f"left: {p.name}" for p in (work / "tmp").iterdir()]
    return killed, wrong


def _begin(command: str, work: Path) -> None:
    """An empty output folder, or one with the model that is to be replaced."""
    shutil.rmtree(work / "out", ignore_errors=True)
    if command in BEFORE:
        _run(BEFORE[command], work).communicate()


def _killed(command: str, work: Path, after: float) -> int:
    process = _run(COMMANDS[command], work)
    try:
        process.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return 1
    return 0


def _finish(command: str, work: Path) -> str:
    process = _run(COMMANDS[command], work)
    told, complaints = process.communicate()
    if process.returncode:
        raise SystemExit(f"{command} ends with {process.returncode}: {complaints}")
    return told


def _run(arguments: str, work: Path) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "peu", *arguments.split(), "--quiet", "--json"],
        cwd=work,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def _lost(command: str, work: Path) -> list[str]:
    """What is wrong with the model that was there before the kill."""
    if command not in BEFORE:
        return []
    try:
        # As every command that takes a model begins.
        kind = "classifier" if command.startswith("train") else "vae"
        read_manifest(work / "out", kind)
    except BundleError as error:
        return [str(error)]
    return []


def _figures(told: str) -> Any:
    """What a command says that the seed decides."""
    return _without_times(json.loads(told))


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            name: _without_times(each)
            for name, each in value.items()
            if not any(word in name for word in _CHANGING)
        }
    return [_without_times(each) for each in value] if isinstance(value, list) else value


if __name__ == "__main__":
    main()
