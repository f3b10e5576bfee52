"""A service in this process, on a model that runs in milliseconds."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest
from starlette.testclient import TestClient

from centroid_model import centroid_model
from peu.images.loading import load_images
from peu.models.predictor import Predictor
from peu.service.application import create_app
from peu.service.models import ServedModels
from peu.service.settings import Limits, ServiceSettings
from small_set import drawn_images

Serve: TypeAlias = Callable[..., TestClient]
BASE = "http://localhost:8000"


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_images(tmp_path_factory)


@pytest.fixture(scope="session")
def photo(photos: Path) -> bytes:
    return sorted((photos / "barrel").iterdir())[1].read_bytes()


@pytest.fixture(scope="session")
def predictor(photos: Path) -> Predictor:
    return centroid_model(load_images(photos), trusted=True)


@pytest.fixture(scope="session")
def model(predictor: Predictor, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served") / "drawings"
    predictor.save(folder)
    return folder


@pytest.fixture
def serve(model: Path) -> Iterator[Serve]:
    """Start a service with some limits, and end it after the test."""
    running: list[TestClient] = []

    def start(folders: dict[str, Path] | None = None, **settings: object) -> TestClient:
        limits = {name: settings.pop(name) for name in list(settings) if hasattr(Limits, name)}
        chosen = ServiceSettings(limits=Limits(**limits), **settings)  # type: ignore[arg-type]
        app = create_app(ServedModels(folders or {"drawings": model}), chosen)
        client = TestClient(app, base_url=BASE, raise_server_exceptions=True)
        running.append(client.__enter__())
        return client

    yield start
    for client in running:
        client.__exit__(None, None, None)


@pytest.fixture(scope="module")
def client(model: Path) -> Iterator[TestClient]:
    """A service with its usual limits, shared by a file's tests."""
    app = create_app(ServedModels({"drawings": model}), ServiceSettings())
    with TestClient(app, base_url=BASE) as found:
        yield found
