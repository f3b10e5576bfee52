"""Attack every reader of foreign input for as long as one likes.

    make fuzz                                # 5 minutes
    make fuzz FUZZ="--minutes 60 --seed 7"
    make fuzz FUZZ="--tries 350 --kinds images,models"

Tries run in a child, a batch at a time, and each is drawn from the seed, its kind and its number. A
try fails if it ends in anything but an answer or peu's own typed error of one line, takes longer
than --seconds (raise them on a machine that has other work), takes more memory than it may, or ends
the process. The input of a failed try is kept in the folder named by --keep; what was mended stays
in tests/fuzz/findings or has a test.
"""

import argparse
import contextlib
import multiprocessing
import random
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SECONDS = 30.0
MOST_BYTES = {"images": 300_000_000}
MOST_BYTES_OF_OTHERS = 600_000_000
_BATCH = 50


@dataclass
class Tally:
    """What became of the tries of one kind."""

    ends: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    largest: int = 0
    failures: list[str] = field(default_factory=list)

    @property
    def tries(self) -> int:
        """How many there were."""
        return sum(self.ends.values())


def attempt(kind: str, seed: int, number: int, keep: Path | None) -> tuple[str, float, int, str]:
    """One try in this process: how it ended, its seconds, its peak bytes and what went wrong."""
    from fuzz.kinds import KINDS

    generator = random.Random(f"{seed}/{kind}/{number}")
    with tempfile.TemporaryDirectory(prefix="peu-try-") as name:
        folder = Path(name)
        before = _peak(reset=True)
        started, complaint = time.monotonic(), ""
        try:
            with warnings.catch_warnings(), contextlib.chdir(folder):
                warnings.simplefilter("ignore")
                end = KINDS[kind](generator, folder)
        except BaseException:  # noqa: BLE001 - whatever a try ends with
            end, complaint = "failed", traceback.format_exc()
        seconds, taken = time.monotonic() - started, _peak() - before
        most = MOST_BYTES.get(kind, MOST_BYTES_OF_OTHERS)
        if not complaint and taken > most:
            end, complaint = "failed", f"it took {taken >> 20} MiB"
        if complaint and keep is not None:
            shutil.copytree(folder, keep / f"{kind}-{seed}-{number}", dirs_exist_ok=True)
    return end, seconds, taken, complaint


def _peak(*, reset: bool = False) -> int:
    """Most bytes that this process had in memory at a time; 0 where the system does not say."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return 1024 * int(next(each for each in lines if each.startswith("VmHWM")).split()[1])
    except (OSError, StopIteration):
        return 0


def _work(pipe: Any, kind: str, seed: int, numbers: range, keep: Path | None) -> None:
    for number in numbers:
        pipe.send(("begins", number))
        pipe.send(("ended", attempt(kind, seed, number, keep)))
    pipe.send(("done", None))


def batch(
    kind: str,
    seed: int,
    numbers: range,
    tally: Tally,
    keep: Path | None,
    seconds: float = SECONDS,
) -> None:
    """Run tries in a child, and go on behind one that ended or hung it."""
    context = multiprocessing.get_context("fork")
    while numbers:
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=_work, args=(theirs, kind, seed, numbers, keep))
        child.start()
        theirs.close()
        number, finished = numbers.start, False
        with contextlib.suppress(EOFError):
            while ours.poll(seconds):
                word, value = ours.recv()
                if word == "begins":
                    number = value
                elif word == "ended":
                    _count(tally, kind, seed, number, *value)
                else:
                    finished = True
                    break
        child.join(0.5 if not finished else 5)
        if not finished:
            why = "it hangs" if child.is_alive() else f"it ended the process: {child.exitcode}"
            _count(tally, kind, seed, number, "failed", seconds, 0, why)
        child.kill()
        child.join()
        numbers = range(number + 1, numbers.stop)


def _count(
    tally: Tally,
    kind: str,
    seed: int,
    number: int,
    end: str,
    seconds: float,
    taken: int,
    complaint: str,
) -> None:
    tally.ends[end] += 1
    tally.slowest, tally.largest = max(tally.slowest, seconds), max(tally.largest, taken)
    if complaint:
        tally.failures.append(complaint)
        sys.stderr.write(f"{kind} {seed} {number}: {complaint}\n")


def hunt(
    kinds: list[str],
    seed: int,
    *,
    tries: int | None,
    minutes: float,
    keep: Path | None,
    seconds: float = SECONDS,
) -> dict[str, Tally]:
    """Go round the kinds, a batch each, until there were enough tries of each or time is over."""
    from fuzz.saved_models import Models

    Models.get()
    ends = time.monotonic() + 60 * minutes
    tallies = {kind: Tally() for kind in kinds}
    start = 0
    while start < (tries or sys.maxsize):
        stop = min(start + _BATCH, tries or sys.maxsize)
        for kind in kinds:
            if time.monotonic() > ends:
                return tallies
            batch(kind, seed, range(start, stop), tallies[kind], keep, seconds)
        start = stop
    return tallies


def table(tallies: dict[str, Tally]) -> str:
    """Tries and failures by kind, as a table."""
    lines = [
        "| kind | tries | accepted | refused | failures | slowest, s | most memory, MB |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    for kind, each in tallies.items():
        lines.append(
            f"| {kind} | {each.tries:,} | {each.ends['accepted']:,} | {each.ends['refused']:,} | "
            f"{each.ends['failed']} | {each.slowest:.1f} | {each.largest / 1e6:.0f} |"
        )
    total = sum(each.tries for each in tallies.values())
    failed = sum(each.ends["failed"] for each in tallies.values())
    return "\n".join([*lines, f"| all | {total:,} | | | {failed} | | |"])


def main() -> None:
    """Read the command line, hunt, and print the table; exit 1 where anything failed."""
    from fuzz.kinds import KINDS

    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--tries", type=int, help="of each kind, instead of minutes")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="longest try")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--keep", type=Path, default=Path("runs/fuzz"))
    given = parser.parse_args()
    keep = given.keep.absolute()
    keep.mkdir(parents=True, exist_ok=True)
    minutes = given.minutes if given.tries is None else 1e6
    tallies = hunt(
        given.kinds.split(","),
        given.seed,
        tries=given.tries,
        minutes=minutes,
        keep=keep,
        seconds=given.seconds,
    )
    sys.stdout.write(table(tallies) + "\n")
    sys.exit(any(each.failures for each in tallies.values()))


if __name__ == "__main__":
    main()
