"""Predictions of any number of images on a Ray cluster, kept as Parquet files."""

import logging
import uuid
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peu.cluster.connection import connected
from peu.cluster.trials import in_sentences
from peu.errors import BundleError, DataError, ResourceError
from peu.files import cannot_write, replacing
from peu.images.finding import FoundImage, find_images
from peu.images.records import SetAside
from peu.models.prediction import Prediction
from peu.models.predictor import Predictor
from peu.models.saved import load
from peu.models.streaming import Row, predict_stream
from peu.progress import report

_BATCH = 64
_ROWS_A_PART = 4096
_URI = "://"


@dataclass(frozen=True)
class ClusterPredictions:
    """What was written.

    Attributes:
        rows: number of images that were predicted now.
        before: number that earlier runs had predicted.
        unusable: number of images of both without a prediction.
        first: the first of these, with its reason; "" where there is none.
    """

    rows: int
    before: int
    unusable: int
    first: str


def predict_on_cluster(
    model: str | Path,
    sources: Sequence[str],
    output: str | Path,
    *,
    address: str = "auto",
    coverage: float | None = None,
    accept_all: bool = False,
) -> ClusterPredictions:
    """Predict images on a cluster, and write rows as Parquet files of a few thousand each.

    Processes that hold the model read, decode and predict; rows come back as they are made, in
    any order. Every file is written whole: a run that was broken off goes on with the images that
    are in no file yet.

    Args:
        model: folder of a saved model; its files go to the machines.
        sources: images, folders and patterns that every machine sees under the same path, or
            folders in an object store, as s3://bucket/folder.
        output: folder of the Parquet files. Columns: `path`, `label`, `probability`, `error` (why
            there is no prediction, else null), `none_of_these` and `prediction_set` (null where
            not asked), and `probability_` with the name of each class.
        address: as `connect` takes it.
        coverage: as `Predictor.asked` takes it.
        accept_all: as `Predictor.asked` takes it.

    Raises:
        BundleError: the model is damaged, or the folder holds predictions of other classes.
        DataError: no image, or a source that machines cannot read by themselves.
        ResourceError: the cluster or its memory failed, or the folder cannot be written.

    Source: Moritz et al. (2018), "Ray: a distributed framework for emerging AI applications".
    """
    predictor = load(model).asked(coverage=coverage, accept_all=accept_all)
    folder = Path(output)
    known = _Written(folder, predictor)
    with connected(address) as ray, in_sentences(ray):
        names = [name for name in dict.fromkeys(_names(sources)) if name not in known.names]
        if not names and not known.names:
            raise DataError(
                f"Expected images in {', '.join(sources)}. Received: none. Check the path."
            )
        rows = _rows(ray, names, Path(model), coverage, accept_all=accept_all)
        known.write(rows, len(names))
    return known.summary(len(names))


class Recognizer:
    """A model in a process of the cluster; Ray makes one for each core.

    Args:
        files: of the model's folder, by name.
        coverage: as `Predictor.asked` takes it.
        accept_all: as `Predictor.asked` takes it.
    """

    def __init__(
        self, files: dict[str, bytes], coverage: float | None, *, accept_all: bool
    ) -> None:
        import tempfile

        with tempfile.TemporaryDirectory(prefix="peu-model-") as place:
            for name, content in files.items():
                target = Path(place) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            self._predictor = load(place).asked(coverage=coverage, accept_all=accept_all)

    def __call__(self, batch: dict[str, Any]) -> Any:
        """Predict a batch of paths: a table with a row for each."""
        found = [_found(str(name)) for name in batch["path"]]
        return _table(predict_stream(self._predictor, found), self._predictor)


class _Written:
    """The Parquet files of a folder, and those that are added.

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
        """Write tables as they come, some thousand rows a file."""
        import pyarrow as pa

        waiting: list[Any] = []
        count = done = 0
        try:
            for table in batches:
                waiting.append(table)
                count += len(table)
                done += len(table)
                self._count(table)
                report("Predicting", done, total)
                if count >= _ROWS_A_PART:
                    self._part(pa.concat_tables(waiting))
                    waiting, count = [], 0
        finally:
            # What is predicted is kept, whatever ends the work.
            if waiting:
                self._part(pa.concat_tables(waiting))

    def summary(self, rows: int) -> ClusterPredictions:
        """What is there now."""
        return ClusterPredictions(rows, len(self.names), self.unusable, self.first)

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


def _rows(
    ray: Any, names: Sequence[str], model: Path, coverage: float | None, *, accept_all: bool
) -> Iterator[Any]:
    """Tables of predictions, as they are made."""
    if not names:
        return
    from ray import data

    with warnings.catch_warnings():
        # Ray warns of its own settings as it makes them.
        warnings.simplefilter("ignore", DeprecationWarning)
        context = data.DataContext.get_current()
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context.enable_progress_bars = False
    context.execution_options.preserve_order = False
    files = {
        str(path.relative_to(model)): path.read_bytes()
        for path in sorted(model.rglob("*"))
        if path.is_file()
    }
    cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
    blocks = max(1, min(len(names) // _BATCH, 8 * cores))
    paths = data.from_items([{"path": name} for name in names], override_num_blocks=blocks)
    predicted = paths.map_batches(
        Recognizer,
        fn_constructor_args=(files, coverage),
        fn_constructor_kwargs={"accept_all": accept_all},
        batch_size=_BATCH,
        num_cpus=1,
        compute=data.ActorPoolStrategy(min_size=1, max_size=cores),
    )
    yield from predicted.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1)


def _names(sources: Sequence[str]) -> Iterator[str]:
    """The images of all sources, by path."""
    for source in sources:
        if _URI in source:
            yield from _remote_names(source)
            continue
        for found in find_images([source]):
            if isinstance(found, SetAside):
                # It becomes a row with the reason that reading it gives.
                yield str(Path(found.path).absolute())
            elif found.path is None:
                raise DataError(
                    "Expected images that every machine of the cluster can open. Received: "
                    f"{source!r}, whose images are no files. Unpack it into a folder first."
                )
            else:
                yield str(Path(found.path).absolute())


def _remote_names(source: str) -> Iterator[str]:
    import pyarrow as pa
    from pyarrow import fs

    from peu.images.layouts import is_image_name

    scheme = source.split(_URI, maxsplit=1)[0]
    try:
        system, path = fs.FileSystem.from_uri(source)
        listed = system.get_file_info(fs.FileSelector(path, recursive=True))
    except (OSError, pa.ArrowException, ValueError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ResourceError(
            f"Expected a folder that can be listed. Received: {source!r}, {reason}. Check the "
            "address, and that this machine may read it."
        ) from error
    for each in sorted(listed, key=lambda one: str(one.path)):
        if each.is_file and is_image_name(Path(each.base_name)):
            yield f"{scheme}{_URI}{each.path}"


def _found(name: str) -> FoundImage:
    if _URI not in name:
        return FoundImage(name, Path(name))
    import pyarrow as pa
    from pyarrow import fs

    from peu.images.content import MAX_FILE_BYTES

    try:
        system, path = fs.FileSystem.from_uri(name)
        with system.open_input_stream(path) as stream:
            return FoundImage(name, content=stream.read(MAX_FILE_BYTES))
    except (OSError, pa.ArrowException, ValueError):
        # Empty: the row says that it cannot be read.
        return FoundImage(name, content=b"")


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


def _table(rows: Iterable[Row], predictor: Predictor) -> Any:
    import pyarrow as pa

    return pa.Table.from_pylist(
        [_cells(row.image.name, row.prediction, row.reason) for row in rows],
        schema=_schema(predictor),
    )


def _cells(name: str, prediction: Prediction | None, reason: str | None) -> dict[str, Any]:
    path = name.encode("utf-8", "replace").decode()
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
