"""What a person sees: results on stdout, progress and remarks on stderr."""

import contextlib
import json
import sys
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from peu.progress import showing
from peu.wording import printable, printable_json

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

_PIPE_WIDTH = 160
_TOTAL = "Total"
_A_DAY = 24 * 3600.0


def results() -> "Console":
    """The console of results; into a pipe it writes plain text of a fixed width."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width, soft_wrap=False)


def show_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    *,
    title: str | None = None,
    numbers: Collection[str] = (),
) -> None:
    """Print a table to stdout; names in it cannot steer the terminal.

    Args:
        columns: their headings.
        rows: a cell for each column.
        title: a line above the table.
        numbers: the columns that are set to the right.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(title=title and printable(title), title_justify="left")
    for name in columns:
        table.add_column(name, justify="right" if name in numbers else "left")
    for row in rows:
        table.add_row(*(Text(printable(str(cell))) for cell in row))
    results().print(table)


def say(text: str) -> None:
    """Print a line to stdout, however long; names in it cannot steer the terminal."""
    results().print(printable(text), soft_wrap=True)


def remark(text: str, *, quiet: bool = False) -> None:
    """Write a line to stderr, unless the user asked for quiet."""
    if not quiet:
        print(printable(" ".join(text.split())), file=sys.stderr, flush=True)  # noqa: T201


def write_result(value: Any) -> None:
    """Write one JSON value to stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(printable_json(text) + "\n")
    # A reader that has gone is noticed here, and not when Python ends.
    sys.stdout.flush()


@contextlib.contextmanager
def showing_progress(*, quiet: bool = False) -> Iterator[None]:
    """Draw progress on stderr while work goes on; into a pipe, nothing.

    One bar with an estimate for the whole command, and a line for each phase below it.
    """
    if quiet or not sys.stderr.isatty():
        yield
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    bars = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
        # A step may take minutes: the estimate is of all steps so far, not of the last 30 seconds.
        speed_estimate_period=_A_DAY,
    )
    with bars, showing(_Bars(bars)):
        yield


class _Bars:
    """The steps of a command as the first bar, and its phases below."""

    def __init__(self, bars: "Progress") -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def steps(self, done: int, total: int) -> None:
        self._update(_TOTAL, done, total)

    def phase(self, name: str, done: int, total: int | None) -> None:
        self._update(name, done, total)
        if total is not None and done >= total:
            self._bars.remove_task(self._tasks.pop(name))

    def _update(self, name: str, done: int, total: int | None) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[name], completed=done, total=total)
