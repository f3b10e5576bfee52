"""Several models, and models that change while they are served."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from peu.errors import BundleError, RecipeError
from peu.models.predictor import Predictor
from peu.models.trust import Trust
from peu.service.models import ServedModels, name_models

Serve = Callable[..., TestClient]


@pytest.fixture
def plain(predictor: Predictor) -> Predictor:
    """The same model, which tells nothing but probabilities, and names its classes otherwise."""
    names = tuple(name.upper() for name in predictor.class_names)
    return replace(predictor, trust=Trust(), class_names=names)


def test_a_request_names_a_model_or_gets_the_first(
    serve: Serve, model: Path, plain: Predictor, photo: bytes, tmp_path: Path
) -> None:
    plain.save(tmp_path / "plain")
    client = serve({"drawings": model, "my photos": tmp_path / "plain"})
    listed = client.get("/models").json()["models"]
    assert [each["name"] for each in listed] == ["drawings", "my photos"]
    assert [each["tells_none_of_these"] for each in listed] == [True, False]

    def label(path: str) -> str:
        found: str = client.post(path, content=photo).json()["predictions"][0]["label"]
        return found

    assert label("/predict") == "barrel"
    assert label("/predict?model=my%20photos") == "BARREL"
    metadata = client.get("/v2/models/my%20photos").json()
    assert metadata["parameters"]["class_names"][2] == "BARREL"
    refused = client.post("/predict?model=my%20photos&coverage=0.9", content=photo)
    assert refused.status_code == 422


def test_a_changed_model_is_read_anew(model: Path, plain: Predictor, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "model"))
    told: list[str] = []
    models = ServedModels({"a": folder}, told.append)
    before = models["a"]
    models.refresh()
    assert models["a"] is before
    plain.save(folder, overwrite=True)
    models.refresh()
    assert models["a"] is before
    models.refresh()
    assert models["a"].predictor.class_names[2] == "BARREL"
    assert "anew" in told[0]


def test_the_old_model_answers_until_the_new_one_holds(
    model: Path, plain: Predictor, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(model, tmp_path / "model"))
    told: list[str] = []
    models = ServedModels({"a": folder}, told.append)
    before = models["a"]
    graph = folder / "model.onnx"
    whole = graph.read_bytes()
    graph.write_bytes(whole[:-1])
    for _ in range(4):
        models.refresh()
    assert models["a"] is before
    assert len(told) == 1
    assert "stays" in told[0]
    shutil.rmtree(folder)
    for _ in range(4):
        models.refresh()
    assert models["a"] is before
    plain.save(folder)
    for _ in range(2):
        models.refresh()
    assert models["a"] is not before


def test_a_model_that_does_not_hold_is_not_served(tmp_path: Path) -> None:
    with pytest.raises(BundleError):
        ServedModels({"a": tmp_path})


def test_models_are_named_by_their_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "odd=name").mkdir()
    assert name_models(["runs/birds", "b=cats", "odd=name"]) == {
        "birds": Path("runs/birds"),
        "b": Path("cats"),
        "odd=name": Path("odd=name"),
    }
    assert list(name_models(["."])) == [tmp_path.name]
    for wrong in (["a", "b/a"], ["=a"], ["a/b=c"], ["..=a"], ["/"]):
        with pytest.raises(RecipeError):
            name_models(wrong)
