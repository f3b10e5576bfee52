"""How predictions are written, a row at a time: as lines, JSON Lines or CSV."""

import contextlib
import csv
import json
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol, TextIO

from peu.cli.console import remark
from peu.files import cannot_write
from peu.models.predictor import Predictor
from peu.models.streaming import Row
from peu.wording import printable, printable_json, quoted

FORMAT = 1
_MOST_OTHERS = 3


class RowWriter(Protocol):
    """Takes the rows one after the other."""

    def write(self, row: Row) -> None:
        """Write a row at once, so that whoever reads along has it."""

    def summary(self) -> str:
        """What was done, in a line; empty where the output shows it."""


class Lines:
    """A line a row for people: path, label, probability, and the next likely classes."""

    def write(self, row: Row) -> None:
        """Print the row; names in it cannot steer the terminal."""
        if row.prediction is None:
            text = f"not predicted: {row.reason}"
        else:
            text = f"{row.prediction.label} {row.prediction.probability:.3f}"
            likely = sorted(row.prediction.probabilities.items(), key=lambda item: -item[1])
            others = [f"{name} {value:.3f}" for name, value in likely[1 : _MOST_OTHERS + 1]]
            if others:
                text += f" ({', '.join(others)})"
            if row.prediction.none_of_these:
                text = f"none of these; if any, {text}"
            if row.prediction.prediction_set is not None:
                text += f"; set: {', '.join(row.prediction.prediction_set) or 'empty'}"
        _print(printable(f"{row.image.name}: {text}"))

    def summary(self) -> str:
        """Nothing: the lines were seen."""
        return ""


class JsonLines:
    """One JSON object a row."""

    def write(self, row: Row) -> None:
        """Print the row."""
        value: dict[str, object] = {"format": FORMAT, "path": row.image.name}
        if row.prediction is None:
            value["error"] = row.reason
        else:
            value |= row.prediction.to_dict()
        _print(printable_json(json.dumps(value, ensure_ascii=False, allow_nan=False)))

    def summary(self) -> str:
        """Nothing: the lines were seen."""
        return ""


class CsvRows:
    """A line a row for spreadsheets and data frames, below a header.

    Args:
        stream: where they go.
        predictor: whose classes have a column each, `probability_` and the name; it says whether
            there are columns for 'none of these' and for prediction sets.
        target: the file that they will be in, if any.
    """

    def __init__(self, stream: TextIO, predictor: Predictor, target: Path | None = None) -> None:
        self._stream = stream
        self._target = target
        self._count = 0
        self._class_names = predictor.class_names
        self._rows = csv.writer(stream, lineterminator="\n")
        self._asked = [
            name
            for name, there in (
                ("none_of_these", predictor.trust.novelty is not None),
                ("prediction_set", predictor.coverage is not None),
            )
            if there
        ]
        columns = ("path", "label", "probability", "error", *self._asked)
        self._write([*columns, *(f"probability_{name}" for name in self._class_names)])

    def write(self, row: Row) -> None:
        """Write the row."""
        self._count += 1
        if row.prediction is None:
            missing = [""] * (len(self._asked) + len(self._class_names))
            self._write([row.image.name, "", "", row.reason or "", *missing])
            return
        named = row.prediction.probabilities
        probabilities = [f"{named[name]:.6f}" for name in self._class_names]
        probability = f"{row.prediction.probability:.6f}"
        asked = {
            "none_of_these": str(bool(row.prediction.none_of_these)).lower(),
            "prediction_set": ";".join(row.prediction.prediction_set or ()),
        }
        self._write(
            [
                row.image.name,
                row.prediction.label,
                probability,
                "",
                *(asked[name] for name in self._asked),
                *probabilities,
            ]
        )

    def summary(self) -> str:
        """How many rows are in which file."""
        rows = "1 row" if self._count == 1 else f"{self._count:,} rows"
        return f"{rows}: {self._target}" if self._target else ""

    def _write(self, cells: Sequence[str]) -> None:
        # Into a file or a pipe names go as they are; on a terminal they must not steer it.
        clean = printable if self._stream.isatty() else str
        self._rows.writerow([clean(cell).encode("utf-8", "replace").decode() for cell in cells])
        self._stream.flush()


@contextlib.contextmanager
def csv_file(path: Path, predictor: Predictor) -> Iterator[CsvRows]:
    """Rows in a file that appears when the last one is written.

    Until then they stand beside it, in `NAME.partial.csv`; there they stay if anything stops
    the work, and that is said.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    partial = path.with_name(f"{path.stem}.partial{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("w", encoding="utf-8", newline="") as stream:
            yield CsvRows(stream, predictor, path)
            os.fsync(stream.fileno())
        partial.replace(path)
    except BaseException as error:
        if partial.is_file():
            remark(f"The rows so far are in {quoted(partial)}.")
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise cannot_write(path, error) from error
        raise


def _print(line: str) -> None:
    sys.stdout.write(line.encode("utf-8", "replace").decode() + "\n")
    # A reader that has gone is noticed here, and not when Python ends.
    sys.stdout.flush()
