"""Let the n-th thing that a command does to its files fail, for every n.

A full disk and a broken one at each creation, write, flush, rename and so on must end with exit
code 5 and one line, an interrupt with 130; what was there before is there and whole at the next
start, or the new one is; and the same command again ends well and leaves no draft behind. Networks
are trained once for all of a command's runs: only their saving is repeated.

Run: PYTHONPATH=tests python benchmarks/faults.py [--commands compare,train] [--every 1]
"""

import argparse
import collections
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from failing_files import ALL, BROKEN, FULL, WRITING, Faults
from peu import files
from peu.autoencoders.autoencoder import Autoencoder
from peu.cli.main import app
from peu.files import DRAFT, sha256_of_file
from peu.output_folder import restore
from small_commands import BEFORE, COMMANDS, prepare

_KINDS: dict[str, dict[str, Any]] = {
    "full disk": {"error": FULL, "kinds": WRITING},
    "disk that stays full": {"error": FULL, "kinds": WRITING, "lasting": True},
    "broken disk": {"error": BROKEN, "kinds": WRITING},
    "interrupt before": {"error": KeyboardInterrupt(), "kinds": ALL},
    "interrupt after": {"error": KeyboardInterrupt(), "kinds": ALL, "afterwards": True},
}


def main() -> None:
    """Break every command in every way, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--commands", default=",".join(COMMANDS))
    parser.add_argument("--kinds", default=",".join(_KINDS))
    parser.add_argument("--every", type=int, default=1, help="try each n-th fault alone")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, trained_once():
        work = Path(name).resolve()
        os.chdir(work)
        os.environ["PEU_CACHE"] = str(work / "cache")
        prepare(work)
        for command in options.commands.split(","):
            for kind in options.kinds.split(","):
                found = _break_off(command, kind, work, options.every)
                wrong = {what: count for what, count in found.items() if what.startswith("WRONG")}
                print(f"{command}, {kind}: {sum(found.values())} faults; {dict(wrong or found)}")


def _break_off(command: str, kind: str, work: Path, every: int) -> "collections.Counter[str]":
    out, arguments = work / "out", COMMANDS[command].split()
    before = _prepared(command, work)
    counting = Faults((work,), **_KINDS[kind])
    with counting.here():
        told = _peu(*arguments)
    if told.exit_code != 0:
        raise SystemExit(f"{command} fails without a fault: {told.stderr}")
    after = _contents(out)
    found: collections.Counter[str] = collections.Counter()
    for at in range(1, len(counting.calls) + 1, every):
        _restore(out, before, work)
        with Faults((work,), at=at, **_KINDS[kind]).here() as faults:
            told = _peu(*arguments)
        restore(out)  # as every command begins
        verdict = _judged(told, kind, _contents(out), _contents(before), after)
        files._swept.clear()  # noqa: SLF001 - as in a new process
        if _peu(*arguments).exit_code != 0 and command != "train":
            verdict = "WRONG: the same command fails afterwards"
        left = [path.relative_to(work) for path in work.rglob(f"{DRAFT}*")]
        if left:
            verdict = f"WRONG: {left[0]} is left"
        if verdict.startswith("WRONG"):
            print("  ", at, faults.calls[at - 1].replace(str(work), "."), verdict, told.stderr)
        found[verdict] += 1
    return found


def _judged(
    told: Result, kind: str, now: dict[str, str], old: dict[str, str], new: dict[str, str]
) -> str:
    codes = (0, 130) if "interrupt" in kind else (0, 5)
    if told.exit_code not in codes:
        return f"WRONG: exit code {told.exit_code}"
    lines = told.stderr.splitlines()
    if told.exit_code and (len(lines) != 1 or not lines[0].startswith("peu: ")):
        return "WRONG: not one line"
    names = {name for name in now if DRAFT not in name}
    if not names <= old.keys() | new.keys() or not old.keys() <= names | new.keys():
        return "WRONG: other files"
    if old and now.keys() != old.keys() and now.keys() != new.keys():
        return "WRONG: neither the old files nor the new ones"
    mixed = {now[name] == old[name] for name in old if name in now and old[name] != new.get(name)}
    if len(mixed) > 1:
        return "WRONG: old and new files are mixed"
    return f"exit code {told.exit_code}"


def _prepared(command: str, work: Path) -> Path:
    """A copy of what is in the output folder before the command, or no folder."""
    shutil.rmtree(work / "out", ignore_errors=True)
    shutil.rmtree(work / "before", ignore_errors=True)
    if command in BEFORE:
        told = _peu(*BEFORE[command].split())
        if told.exit_code:
            raise SystemExit(f"{BEFORE[command]} fails: {told.stderr}")
        shutil.copytree(work / "out", work / "before")
    return work / "before"


def _restore(out: Path, before: Path, work: Path) -> None:
    for leftover in (out, *work.glob(f"{DRAFT}*")):
        shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink(missing_ok=True)
    if before.exists():
        shutil.copytree(before, out)


def _contents(folder: Path) -> dict[str, str]:
    """Hashes of the files that are not a moment's own."""
    return {
        path.relative_to(folder).as_posix(): sha256_of_file(path)
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def _peu(*arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--quiet", "--json"])


@contextmanager
def trained_once() -> Iterator[None]:
    """Train an auto-encoder with the same settings once, and take that model afterwards."""
    known: dict[str, dict[str, Any]] = {}
    fit: Callable[..., Any] = Autoencoder.fit

    def remembering(self: Any, images: Any, y: None = None) -> Any:
        key = repr(self)
        if key not in known:
            known[key] = dict(vars(fit(self, images, y)))
        vars(self).update(known[key])
        return self

    Autoencoder.fit = remembering  # type: ignore[method-assign]
    try:
        yield
    finally:
        Autoencoder.fit = fit  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
