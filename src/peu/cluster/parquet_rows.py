"""Rows of predictions as Parquet files of a folder, each whole or not at all."""

import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from peu.errors import BundleError
from peu.files import cannot_write, replacing
from peu.models.prediction import Prediction
from peu.models.predictor import Predictor
from peu.models.streaming import Row
from peu.progress import report

_ROWS_A_PART = 4096
_SECONDS_A_PART = 60.0


class ParquetRows:
    """The Parquet files of a folder, and those that are added.

    Attributes:
        names: the paths of the rows that earlier runs wrote.
        unusable: number of rows without a prediction.
        first: the first of these, with its reason; "" where there is none.

    Args:
        folder: is made.
        predictor: whose classes are columns.

    Raises:
        BundleError: they are of other classes.
    """

    def __init__(self, folder: Path, predictor: Predictor) -> None:
        self._folder = folder
        self._schema = _schema(predictor)
        self.names: set[str] = set()
        self.unusable = 0
        self.first = ""
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise cannot_write(folder, error) from error
        for file in sorted(folder.glob("part-*.parquet")):
            self._read(file)

    def write(self, batches: Iterable[Any], total: int) -> None:
        """Write tables as they come: some thousand rows a file, or those of a minute."""
        import pyarrow as pa

        waiting: list[Any] = []
        count = done = 0
        written = time.monotonic()
        try:
            for table in batches:
                waiting.append(table)
                count += len(table)
                done += len(table)
                self._count(table)
                report("Predicting", done, total)
                if count >= _ROWS_A_PART or time.monotonic() - written > _SECONDS_A_PART:
                    self._part(pa.concat_tables(waiting))
                    waiting, count, written = [], 0, time.monotonic()
        finally:
            # What is predicted is kept, whatever ends the work.
            if waiting:
                self._part(pa.concat_tables(waiting))

    def _part(self, table: Any) -> None:
        import pyarrow.parquet as pq

        path = self._folder / f"part-{uuid.uuid4().hex}.parquet"
        try:
            with replacing(path) as draft:
                pq.write_table(table, draft)
        except OSError as error:
            raise cannot_write(path, error) from error

    def _read(self, file: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            table = pq.read_table(file)
        except (OSError, pa.ArrowException) as error:
            raise BundleError(
                f"Expected Parquet files of predictions in {self._folder}. Received {file.name}, "
                "which cannot be read. Remove it, and its images are predicted again."
            ) from error
        if not table.schema.equals(self._schema):
            raise BundleError(
                f"Expected predictions of the same classes and options in {self._folder}. Received "
                f"{file.name} of others. Write to another folder."
            )
        self.names.update(table["path"].to_pylist())
        self._count(table)

    def _count(self, table: Any) -> None:
        for name, error in zip(table["path"].to_pylist(), table["error"].to_pylist(), strict=True):
            if error is not None:
                self.unusable += 1
                self.first = self.first or f"{name}: {error}"


def shown_path(name: str) -> str:
    """A path as it stands in a row: one that is no text has its odd bytes as escapes."""
    return name.encode("utf-8", "backslashreplace").decode()


def _schema(predictor: Predictor) -> Any:
    import pyarrow as pa

    return pa.schema(
        [
            ("path", pa.string()),
            ("label", pa.string()),
            ("probability", pa.float64()),
            ("error", pa.string()),
            ("none_of_these", pa.bool_()),
            ("prediction_set", pa.list_(pa.string())),
            *((f"probability_{name}", pa.float64()) for name in predictor.class_names),
        ]
    )


def table_of(rows: Iterable[Row], predictor: Predictor) -> Any:
    """Rows as a table of such a file."""
    import pyarrow as pa

    return pa.Table.from_pylist(
        [_cells(row.image.name, row.prediction, row.reason) for row in rows],
        schema=_schema(predictor),
    )


def _cells(name: str, prediction: Prediction | None, reason: str | None) -> dict[str, Any]:
    path = shown_path(name)
    if prediction is None:
        return {"path": path, "error": reason}
    return {
        "path": path,
        "label": prediction.label,
        "probability": prediction.probability,
        "none_of_these": prediction.none_of_these,
        "prediction_set": prediction.prediction_set and list(prediction.prediction_set),
        **{f"probability_{name}": value for name, value in prediction.probabilities.items()},
    }
