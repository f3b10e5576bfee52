"""Predictions of any number of images on a Ray cluster, kept as Parquet files."""

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peu.cluster.connection import connected, prepare_ray
from peu.cluster.image_paths import ImagePaths, open_image
from peu.cluster.parquet_rows import ParquetRows, shown_path, table_of
from peu.cluster.trials import in_sentences
from peu.errors import DataError
from peu.models.saved import load
from peu.models.streaming import predict_stream

_IMAGES_A_TASK = (64, 1024)
_TASKS_A_CORE = 8


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
    """Predict images on a cluster, and write rows as Parquet files of a few thousand at most.

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
    # Refused before the folder is read, for which the same extra brings what is needed.
    prepare_ray()
    known = ParquetRows(Path(output), predictor)
    paths = ImagePaths(sources)
    with connected(address) as ray, in_sentences(ray):
        names = [name for name in dict.fromkeys(paths) if shown_path(name) not in known.names]
        if not names and not known.names:
            raise DataError(
                f"Expected images in {', '.join(sources)}. Received: none. Check the path."
            )
        asked = {"coverage": coverage, "accept_all": accept_all}
        known.write(_rows(ray, names, paths.stores, Path(model), asked), len(names))
    return ClusterPredictions(len(names), len(known.names), known.unusable, known.first)


class Recognizer:
    """A model in a process of the cluster; Ray makes one for each core.

    Args:
        files: of the model's folder, by name.
        asked: what `Predictor.asked` takes.
        stores: as `open_image` takes them.
    """

    def __init__(
        self, files: Mapping[str, bytes], asked: Mapping[str, Any], stores: Mapping[str, Any]
    ) -> None:
        import tempfile

        self._stores = stores
        with tempfile.TemporaryDirectory(prefix="peu-model-") as place:
            for name, content in files.items():
                target = Path(place) / name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content)
            self._predictor = load(place).asked(**asked)

    def __call__(self, batch: dict[str, Any]) -> Any:
        """Predict a batch of paths: a table with a row for each."""
        # One after the other, as they are read: those of an object store come with their content.
        found = (open_image(os.fsdecode(name), self._stores) for name in batch["path"])
        return table_of(predict_stream(self._predictor, found), self._predictor)


def _rows(
    ray: Any,
    names: Sequence[str],
    stores: Mapping[str, Any],
    model: Path,
    asked: Mapping[str, Any],
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
    tasks = _tasks(names, cores)
    predicted = data.from_arrow(tasks).map_batches(
        Recognizer,
        fn_constructor_args=(files, asked, stores),
        batch_size=None,
        num_cpus=1,
        # Of a pool that grows, Ray drops processes that are still starting when work runs out, and
        # then takes that for a failure.
        compute=data.ActorPoolStrategy(size=min(cores, len(tasks))),
    )
    yield from predicted.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=1)


def _tasks(names: Sequence[str], cores: int) -> list[Any]:
    """Tables of paths, each for one task.

    Rows come back by task, so tasks are small enough that little is lost with one, however many
    images there are, and that no core is left alone with the last.
    """
    import pyarrow as pa

    least, most = _IMAGES_A_TASK
    size = min(most, max(least, len(names) // (_TASKS_A_CORE * cores)))
    # As bytes: a path need not be text.
    return [
        pa.table({"path": pa.array(map(os.fsencode, names[begin : begin + size]), pa.binary())})
        for begin in range(0, len(names), size)
    ]
