"""Kill commands at random moments, and look at what the same command makes of it.

A command runs in a process group of its own, which is killed (SIGKILL) after a random part of the
time that it takes. After each kill a model that was there must load, the old or the new one; at
the end the same command must succeed, its figures must be those of a run that nobody touched, and
nothing that is half written may be left in its folder or in the one for temporary files.

Processes are forked from one that has loaded TensorFlow and the rest: loading takes most of such a
command's time and writes nothing, so kills would fall where there is nothing to be lost.

Run: python benchmarks/kills.py [--kills 100] [--commands compare,train-overwrite,vae-train,lab]
    [--in-a-row 5] [--seed 0]
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from peu.cli import main as peu_command
from peu.errors import BundleError
from peu.files import DRAFT
from peu.models.bundle import read_manifest
from small_commands import BEFORE, COMMANDS, prepare

_LOADED = ["__main__", "peu.cli.commands", "peu.networks.fit", "sklearn.svm", "skimage.feature"]
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
        os.environ["PEU_CACHE"] = str(work / "cache")
        multiprocessing.get_context("forkserver").set_forkserver_preload(_LOADED)
        prepare(work)
        _finish("--version", work)
        for command in commands:
            wrong = _kill(command, work, -(-options.kills // len(commands)), options)
            killed = -(-options.kills // len(commands))
            print(f"{command}: {killed} kills, {len(wrong)} wrong {wrong}", flush=True)


def _kill(command: str, work: Path, wanted: int, options: argparse.Namespace) -> list[str]:
    """Kill a command so often, with runs to the end between; what was wrong."""
    chosen, killed = random.Random(options.seed), 0
    wrong: list[str] = []
    _begin(command, work)
    expected, took = _finish(COMMANDS[command], work)
    while killed < wanted:
        _begin(command, work)
        for _ in range(min(options.in_a_row, wanted - killed)):
            process, started = _run(COMMANDS[command], work), time.monotonic()
            process.join(chosen.uniform(0.02, 1.0) * took)
            if process.is_alive() and process.pid is not None:
                os.killpg(process.pid, signal.SIGKILL)
                process.join()
                killed += process.exitcode == -signal.SIGKILL
            else:
                took = time.monotonic() - started
            wrong += _lost(command, work)
        found, took = _finish(COMMANDS[command], work)
        if found != expected:
            wrong.append("other figures")
        wrong += [f"left: {p.name}" for p in work.rglob(f"{DRAFT}*")]
        wrong += [f"left: {p.name}" for p in (work / "tmp").iterdir()]
    return wrong


def _begin(command: str, work: Path) -> None:
    """An empty output folder, or one with the model that is to be replaced."""
    shutil.rmtree(work / "out", ignore_errors=True)
    if command in BEFORE:
        _finish(BEFORE[command], work)


def _finish(arguments: str, work: Path) -> tuple[Any, float]:
    """The figures of a command that nobody kills, and its seconds."""
    process, started = _run(arguments, work), time.monotonic()
    process.join()
    took = time.monotonic() - started
    told, complaints = ((work / name).read_text(encoding="utf-8") for name in ("told", "said"))
    if process.exitcode:
        raise SystemExit(f"{arguments} ends with {process.exitcode}: {complaints}")
    return _figures(told), took


def _run(arguments: str, work: Path) -> BaseProcess:
    """Start a command, and come back once it begins."""
    context = multiprocessing.get_context("forkserver")
    begins, begun = context.Pipe(duplex=False)
    process = context.Process(target=_command, args=(arguments.split(), work, begun))
    process.start()
    begun.close()
    begins.recv()
    return process


def _command(arguments: list[str], work: Path, begun: Any) -> None:
    """What `peu` does with these arguments, in a process group of its own."""
    os.setsid()
    os.chdir(work)
    tempfile.tempdir = os.environ["TMPDIR"] = str(work / "tmp")
    for stream, name in ((sys.stdout, "told"), (sys.stderr, "said")):
        with (work / name).open("wb") as file:
            os.dup2(file.fileno(), stream.fileno())
    sys.argv = ["peu", *arguments, *(("--quiet", "--json") if arguments[0] != "--version" else ())]
    begun.send(True)
    peu_command.main()


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
    return _without_times(json.loads(told)) if told.startswith("{") else told


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
