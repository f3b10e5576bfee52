"""`peu runs`: the runs in a folder, and how they ended."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.console import say, show_table, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.run_folder import RUNS
from peu.wording import quoted

if TYPE_CHECKING:
    from peu.comparison.run_list import Run

_DAY_AND_MINUTE = 16


@handle_errors
def runs_command(
    folder: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="Folder of runs, or of one.", show_default=True),
    ] = RUNS,
    as_json: options.AsJson = False,
) -> None:
    """List the runs of `peu compare` and `peu curve` in a folder, the newest first.

    A run that is not finished goes on when its command is given again.
    """
    from peu.comparison.run_list import list_runs

    runs = () if folder == RUNS and not folder.exists() else list_runs(folder)
    if as_json:
        write_result({"format": 1, "runs": [run.to_dict() for run in runs]})
        return
    whole = [run for run in runs if not run.trouble]
    if whole:
        show_table(
            ("folder", "images", "started", "recipes", "best", "accuracy", "finished"),
            [_row(run) for run in whole],
        )
    for run in runs:
        if run.trouble:
            say(f"{quoted(run.folder)}: {run.trouble}.")
    if not runs:
        say(f"No runs in {quoted(folder)}. `peu compare` makes one.")


def _row(run: "Run") -> tuple[str, ...]:
    accuracy = ""
    if run.accuracy is not None and run.low is not None and run.high is not None:
        accuracy = f"{run.accuracy:.3f} ({run.low:.3f} to {run.high:.3f})"
    return (
        run.folder if run.task == "compare" else f"{run.folder} ({run.task})",
        run.data,
        run.started[:_DAY_AND_MINUTE].replace("T", " "),
        ", ".join(run.recipes),
        run.best or "",
        accuracy,
        "yes" if run.finished else f"no, {run.trials} trial{'' if run.trials == 1 else 's'}",
    )
