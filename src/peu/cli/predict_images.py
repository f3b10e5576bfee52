"""What `peu predict` does: images in, rows out."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

from peu.cli.console import remark, showing_progress
from peu.cli.handle_errors import Terminated, handle_errors
from peu.errors import DataError, RecipeError
from peu.images.path_lists import STDIN, check_sources
from peu.progress import report
from peu.wording import quoted

if TYPE_CHECKING:
    from peu.cli.prediction_rows import RowWriter
    from peu.images.finding import FoundImage
    from peu.images.records import SetAside
    from peu.models.predictor import Predictor
    from peu.models.streaming import Row


@handle_errors
def predict_images(
    model: str | Path,
    sources: Sequence[str],
    *,
    paths_from: str | None = None,
    as_json: bool = False,
    csv: str | None = None,
    sort_into: Path | None = None,
    explain: Path | None = None,
    coverage: float | None = None,
    accept_all: bool = False,
    overwrite: bool = False,
    quiet: bool = False,
) -> None:
    """Predict images one after the other, and write a row for each.

    Args:
        model: folder of a saved model.
        sources: as `find_images` takes them.
        paths_from: a list of further paths, as `read_paths` takes it.
        as_json: write JSON Lines to stdout.
        csv: write a table into this file; "-" is stdout.
        sort_into: copy images into class folders in this folder.
        explain: draw heat maps into this folder.
        coverage: also give prediction sets, as `Predictor.asked` takes it.
        accept_all: do not ask whether an image is none of the classes.
        overwrite: replace a table that is there.
        quiet: show no progress and no remarks.

    Raises:
        SystemExit: something went wrong; the exit code says what.
    """
    _check(sources, paths_from, as_json=as_json, csv=csv, overwrite=overwrite)

    from peu.images.finding import find_images, find_listed
    from peu.images.path_lists import read_paths
    from peu.models.saved import load
    from peu.models.streaming import predict_stream

    predictor = load(model)
    if coverage is not None or accept_all:
        predictor = predictor.asked(coverage=coverage, accept_all=accept_all)
    found: Iterator[FoundImage | SetAside] = find_images(sources, leave_out=sort_into)
    if paths_from is not None:
        found = chain(found, find_listed(read_paths(paths_from), leave_out=sort_into))
    # Lines and a progress bar on the same terminal would overwrite each other.
    hidden = quiet or (csv in (None, STDIN) and sys.stdout.isatty())
    with showing_progress(quiet=hidden), ExitStack() as stack:
        writers = _writers(stack, predictor, as_json, csv, sort_into, explain)
        done = _Done()
        try:
            _write(predict_stream(predictor, found), writers, done)
        except KeyboardInterrupt as error:
            ended = "Terminated" if isinstance(error, Terminated) else "Interrupted"
            again = "The same command starts from the first image."
            raise type(error)(f"{ended} after {done.rows:,} images. {again}") from error
    for writer in writers:
        remark(writer.summary(), quiet=quiet or not writer.summary())
    if not done.rows:
        raise DataError(f"Expected paths in {quoted(paths_from)}; it holds none. Check the list.")
    if done.unusable == done.rows:
        raise DataError(
            f"Expected images that can be read. Received {done.rows:,} that cannot, the first of "
            f"them {done.first}. Each row says why; none was predicted."
        )
    if done.unusable:
        raise DataError(
            f"Expected images that can be read. Received {done.unusable:,} of {done.rows:,} that "
            f"cannot, the first of them {done.first}. Each row says why; the others are predicted."
        )


def _check(
    sources: Sequence[str],
    paths_from: str | None,
    *,
    as_json: bool,
    csv: str | None,
    overwrite: bool,
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
        from peu.output_folder import check_output_file

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
        writers.append(CsvRows(sys.stdout, predictor))
    elif csv is not None:
        writers.append(stack.enter_context(csv_file(Path(csv), predictor)))
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


def _write(rows: Iterable["Row"], writers: Sequence["RowWriter"], done: _Done) -> None:
    """Hand each row to every writer."""
    for row in rows:
        for writer in writers:
            writer.write(row)
        done.rows += 1
        if row.prediction is None:
            done.unusable += 1
            done.first = done.first or f"{quoted(row.image.name)}: {row.reason}"
        report("Predicting", done.rows, None)
