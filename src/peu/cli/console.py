"""What a person sees: results on stdout, progress and remarks on stderr."""

import contextlib
import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from peu.data.wording import printable
from peu.progress import Progress, silent

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import TaskID

_PIPE_WIDTH = 160


def results() -> "Console":
    """Give the console of results; into a pipe it writes plain text of a fixed width."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _PIPE_WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width, soft_wrap=False)


def remark(text: str, *, quiet: bool = False) -> None:
    """Write a line to stderr, unless the user asked for quiet."""
    if not quiet:
        print(printable(" ".join(text.split())), file=sys.stderr, flush=True)  # noqa: T201


def write_result(value: Any) -> None:
    """Write one JSON value to stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False)
    sys.stdout.write(text.encode("utf-8", "replace").decode("utf-8") + "\n")
    # A reader that has gone is noticed here, and not when Python ends.
    sys.stdout.flush()


@contextlib.contextmanager
def showing_progress(*, quiet: bool = False) -> Iterator[Progress]:
    """Draw a bar a stage on stderr while work goes on; into a pipe, nothing.

    Yields:
        What the work tells of its progress.
    """
    if quiet or not sys.stderr.isatty():
        yield silent
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )
    from rich.progress import Progress as Bars

    bars = Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )
    shown: dict[str, TaskID] = {}

    def draw(stage: str, done: int, total: int) -> None:
        if stage not in shown:
            shown[stage] = bars.add_task(stage, total=total)
        bars.update(shown[stage], completed=done, total=total)
        if done >= total:
            bars.remove_task(shown.pop(stage))

    with bars:
        yield draw
