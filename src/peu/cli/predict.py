"""`peu predict`: a saved model at work, on one image or on millions."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, showing_progress
from peu.cli.handle_errors import handle_errors
from peu.errors import DataError, RecipeError
from peu.images.path_lists import STDIN, check_sources
from peu.output_folder import check_output_file
from peu.progress import report
from peu.wording import quoted

if TYPE_CHECKING:
    from peu.cli.prediction_rows import RowWriter
    from peu.images.finding import FoundImage
    from peu.images.records import SetAside
    from peu.models.predictor import Predictor
    from peu.models.streaming import Row

_OUTPUT = "Output"


@handle_errors
def predict_command(
    model: options.Model,
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[IMAGES]...",
            help="Images, folders, patterns in quotes such as 'inbox/**/*.jpg', or - for an image "
            "on standard input.",
            show_default=False,
        ),
    ] = None,
    paths_from: Annotated[
        str | None,
        typer.Option(
            "--paths-from",
            metavar="FILE",
            help="A list of images and folders, one a line or each ended by a NUL character; - "
            "reads it from standard input.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON Lines to stdout.", rich_help_panel=_OUTPUT)
    ] = False,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv", metavar="FILE", help="Write a table; - is stdout.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    sort_into: Annotated[
        Path | None,
        typer.Option(
            "--sort-into",
            metavar="FOLDER",
            help="Copy images into a folder for each class; nothing is moved or replaced.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            "--explain",
            metavar="FOLDER",
            help="Draw a heat map of each image: the areas behind its prediction.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Recognise new images: the label and the probabilities of every class.

    A line for each image is written as soon as it is predicted. An image that cannot be used gets a
    line with the reason; the others go on, and the exit code is 3.
    """
    sources = images or []
    _check(sources, paths_from, as_json=as_json, csv=csv, overwrite=overwrite)

    from peu.images.finding import find_images, find_listed
    from peu.images.path_lists import read_paths
    from peu.models.predictor import load
    from peu.models.streaming import predict_stream

    predictor = load(model)
    found: Iterator[FoundImage | SetAside] = find_images(sources, leave_out=sort_into)
    if paths_from is not None:
        found = chain(found, find_listed(read_paths(paths_from), leave_out=sort_into))
    # Lines and a progress bar on the same terminal would overwrite each other.
    hidden = quiet or (csv in (None, STDIN) and sys.stdout.isatty())
    with showing_progress(quiet=hidden), ExitStack() as stack:
        writers = _writers(stack, predictor, as_json, csv, sort_into, explain)
        done = _write(predict_stream(predictor, found), writers)
    for writer in writers:
        remark(writer.summary(), quiet=quiet or not writer.summary())
    if not done.rows:
        raise DataError(f"Expected paths in {quoted(paths_from)}; it holds none. Check the list.")
    if done.unusable:
        raise DataError(
            f"Expected images that can be read. Received {done.unusable:,} of {done.rows:,} that "
            f"cannot, the first of them {done.first}. Each row says why; the others are predicted."
        )


def _check(
    sources: list[str], paths_from: str | None, *, as_json: bool, csv: str | None, overwrite: bool
) -> None:
    """Refuse options that cannot work together before any work is done."""
    if not sources and paths_from is None:
        raise RecipeError(
            "Expected images to recognise; received none. Name images, folders or a quoted "
            "pattern, or give a list by --paths-from."
        )
    if paths_from == STDIN and STDIN in sources:
        raise RecipeError(
            "Standard input must be one image or a list of paths. Received: both, as - and "
            "--paths-from -. Leave one out."
        )
    if as_json and csv == STDIN:
        raise RecipeError(
            "Standard output must be JSON or CSV. Received: --json and --csv -. Name a file for "
            "the CSV."
        )
    check_sources([*sources, *([paths_from] if paths_from else [])])
    if csv not in (None, STDIN):
        check_output_file(Path(csv), overwrite=overwrite, option="--csv")


def _writers(
    stack: ExitStack,
    predictor: "Predictor",
    as_json: bool,
    csv: str | None,
    sort_into: Path | None,
    explain: Path | None,
) -> list["RowWriter"]:
    """What takes each row; lines for people where nothing else goes to stdout or a table."""
    from peu.cli.prediction_rows import CsvRows, JsonLines, Lines, csv_file

    writers: list[RowWriter] = []
    if csv == STDIN:
        writers.append(CsvRows(sys.stdout, predictor.class_names))
    elif csv is not None:
        writers.append(stack.enter_context(csv_file(Path(csv), predictor.class_names)))
    if as_json:
        writers.append(JsonLines())
    elif csv is None:
        writers.append(Lines())
    if sort_into is not None:
        from peu.cli.sorted_copies import SortedCopies

        writers.append(SortedCopies(sort_into, predictor.class_names))
    if explain is not None:
        from peu.cli.explanations import Explanations

        writers.append(Explanations(predictor, explain))
    return writers


@dataclass
class _Done:
    """What was written.

    Attributes:
        rows: number of them.
        unusable: number of those without a prediction.
        first: the first of these, with its reason.
    """

    rows: int = 0
    unusable: int = 0
    first: str = ""


def _write(rows: Iterable["Row"], writers: Sequence["RowWriter"]) -> _Done:
    """Hand each row to every writer."""
    done = _Done()
    for row in rows:
        for writer in writers:
            writer.write(row)
        done.rows += 1
        if row.prediction is None:
            done.unusable += 1
            done.first = done.first or f"{quoted(row.image.name)}: {row.reason}"
        report("Predicting", done.rows, None)
    return done
