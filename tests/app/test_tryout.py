"""The model on one image: the answer of `peu predict`, and what is said where there is none."""

import io
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from centroid_model import centroid_model
from peu.app.downloads import add_downloads
from peu.app.jobs import JobRunner
from peu.app.tryout import COVERAGE, Tryout, add_tryout
from peu.app.workspace import Workspace
from peu.files import write_json
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.models.predictor import Predictor
from small_set import drawn_images


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    return load_images(drawn_images(tmp_path_factory))


@pytest.fixture(scope="module")
def model(drawn: ImageDataset) -> Predictor:
    return centroid_model(drawn, trusted=True)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    app = FastAPI()
    add_tryout(app, Tryout(workspace, JobRunner(workspace.jobs_folder, workspace.root)))
    add_downloads(app, workspace)
    return TestClient(app)


def test_the_answer_is_that_of_the_model(
    client: TestClient, workspace: Workspace, drawn: ImageDataset, model: Predictor
) -> None:
    model.save(workspace.model_folder)
    path = drawn.paths[1]
    (expected,) = model.predict(path, coverage=COVERAGE)
    found = client.post("/try", content=path.read_bytes()).json()
    assert (found["label"], found["none_of_these"]) == (expected.label, expected.none_of_these)
    assert found["prediction_set"] == list(expected.prediction_set or ())
    probabilities = {one["name"]: one["probability"] for one in found["classes"]}
    assert probabilities == pytest.approx(expected.probabilities, abs=1e-5)
    assert found["heat_map"].startswith("data:image/jpeg;base64,")
    live = client.post("/try", params={"live": True}, content=path.read_bytes()).json()
    assert "heat_map" not in live
    assert live["label"] == expected.label


def test_the_most_alike_are_the_images_that_were_learnt_from(
    client: TestClient, workspace: Workspace, drawn: ImageDataset, model: Predictor
) -> None:
    for record, label in zip(drawn[::2].records, drawn[::2].y, strict=True):
        workspace.add(str(label), record.path.name, record.path.read_bytes())
    job = {"format": 1, "arguments": ["train"], "started": 1.0, "about": workspace.digest()}
    (workspace.jobs_folder / "train").mkdir(parents=True)
    write_json(workspace.jobs_folder / "train" / "job.json", job)
    write_json(workspace.jobs_folder / "train" / "end.json", {"code": 0, "ended": 2.0})
    model.save(workspace.model_folder)
    image = workspace.images()[3]
    assert [one.path.name for one in workspace.images()] == [
        record.path.name for record in drawn[::2].records
    ]
    found = client.post("/try", content=image.path.read_bytes()).json()
    assert found["alike"][0]["id"] == image.id
    assert len(found["alike"]) == 5
    workspace.remove([workspace.images()[0].id])
    # The images are not those of the model any more.
    assert client.post("/try", content=image.path.read_bytes()).json()["alike"] == []


def test_another_model_is_loaded_and_a_broken_one_told_of(
    client: TestClient, workspace: Workspace, drawn: ImageDataset, model: Predictor
) -> None:
    content = drawn.paths[0].read_bytes()
    assert client.post("/try", content=content).status_code == 422
    model.save(workspace.model_folder)
    assert client.post("/try", content=content).status_code == 200
    assert client.post("/try", content=b"no image").status_code == 422
    (workspace.model_folder / "manifest.json").write_text("{}")
    assert client.post("/try", content=content).status_code == 422


def test_open_pages_share_one_model(workspace: Workspace, model: Predictor) -> None:
    model.save(workspace.model_folder)
    jobs = JobRunner(workspace.jobs_folder, workspace.root)
    first, second = (Tryout(workspace, jobs).predictor() for _ in range(2))
    assert first is not None
    assert first is second


def test_the_folder_that_is_taken_away_is_the_model(
    client: TestClient, workspace: Workspace, model: Predictor, tmp_path: Path
) -> None:
    import zipfile

    assert client.get("/download/model").status_code == 404
    for name in ("onnx", "litert", "other", "..%2fworkspace.json"):
        assert client.get(f"/download/{name}").status_code == 404
    model.save(workspace.model_folder)
    answer = client.get("/download/model")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        archive.extractall(tmp_path / "taken")
    taken = {file.name: file.read_bytes() for file in (tmp_path / "taken" / "model").iterdir()}
    assert taken == {file.name: file.read_bytes() for file in workspace.model_folder.iterdir()}
    assert not list(workspace.root.glob(".model-*"))
