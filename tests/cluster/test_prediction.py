"""Predictions on a cluster: the rows of `predict`, none lost and none twice."""

import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from centroid_model import centroid_model
from peu.cluster import parquet_rows as module
from peu.cluster.prediction import predict_on_cluster
from peu.errors import BundleError, DataError, ResourceError
from peu.images.dataset import ImageDataset
from peu.models.predictor import Predictor


@pytest.fixture(scope="session")
def model(dataset: ImageDataset) -> Predictor:
    return centroid_model(dataset, trusted=True)


def rows(folder: Path) -> dict[str, dict[str, Any]]:
    """Rows by path; each path must be there once."""
    found = [row for file in folder.glob("*.parquet") for row in pq.read_table(file).to_pylist()]
    by_path = {row["path"]: row for row in found}
    assert len(by_path) == len(found)
    return by_path


def test_without_the_extra_it_is_named_and_nothing_is_written(
    model: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model.save(tmp_path / "model")
    for name in ("ray", "pyarrow"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ResourceError, match=r"peu\[ray\]"):
        predict_on_cluster(tmp_path / "model", [str(tmp_path)], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_rows_are_those_of_the_model_and_go_on_where_they_ended(
    cluster: Any,
    dataset: ImageDataset,
    model: Predictor,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model.save(tmp_path / "model")
    folder = tmp_path / "photos"
    folder.mkdir()
    for number, path in enumerate(dataset.paths[:8]):
        (folder / f"{number}.png").write_bytes(path.read_bytes())
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff cut off")
    # A name that is no text.
    (folder / os.fsdecode(b"\xff.png")).write_bytes(dataset.paths[8].read_bytes())
    out = tmp_path / "out"
    written = predict_on_cluster(tmp_path / "model", [str(folder)], out, coverage=0.9)
    assert (written.rows, written.before, written.unusable) == (10, 0, 1)
    found = rows(out)
    assert found[f"{folder}/\\udcff.png"]["label"] == model.predict(dataset.paths[8])[0].label
    for number, path in enumerate(dataset.paths[:8]):
        (expected,) = model.predict(path, coverage=0.9)
        row = found[str(folder / f"{number}.png")]
        assert (row["label"], row["error"]) == (expected.label, None)
        assert row["none_of_these"] == expected.none_of_these
        assert row["prediction_set"] == list(expected.prediction_set or ())
        for name, value in expected.probabilities.items():
            assert row[f"probability_{name}"] == pytest.approx(value, abs=1e-5)
    assert found[str(folder / "broken.jpg")]["error"]
    # Broken off with images left: only these are predicted, and rows are in the files once. A
    # folder may be named by its address.
    far = tmp_path / "far"
    far.mkdir()
    for late in (folder, far):
        (late / "late.png").write_bytes(dataset.paths[9].read_bytes())
    sources = [str(folder), str(folder), far.as_uri()]
    again = predict_on_cluster(tmp_path / "model", sources, out, coverage=0.9)
    assert (again.rows, again.before, again.unusable) == (2, 10, 1)
    found = rows(out)
    assert len(found) == 12
    assert found[f"{far.as_uri()}/late.png"]["label"] == model.predict(dataset.paths[9])[0].label
    # Other classes or options are another table.
    other = pq.read_schema(next(out.iterdir())).remove(0)
    monkeypatch.setattr(module, "_schema", lambda _: other)
    with pytest.raises(BundleError):
        predict_on_cluster(tmp_path / "model", [str(folder)], out)


def test_what_cannot_be_predicted_from_is_told_of(
    cluster: Any, model: Predictor, tmp_path: Path
) -> None:
    model.save(tmp_path / "model")
    pixels = tmp_path / "pixels.npz"
    np.savez(pixels, x=np.zeros((2, 8, 8), np.uint8))
    for sources in ([], [str(pixels)]):
        with pytest.raises(DataError):
            predict_on_cluster(tmp_path / "model", sources, tmp_path / "out")
    with pytest.raises(ResourceError):
        predict_on_cluster(tmp_path / "model", ["nowhere://bucket/x"], tmp_path / "out")
    (tmp_path / "out" / "part-0.parquet").write_bytes(b"no table")
    with pytest.raises(BundleError):
        predict_on_cluster(tmp_path / "model", [], tmp_path / "out")
