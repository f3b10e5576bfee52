import io
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image

from broken_images import drawing, encoded
from peu.app.jobs import JobRunner
from peu.app.routes import add_routes
from peu.app.workspace import Workspace

PNG = encoded(Image.fromarray(drawing(300, 200)))


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "work")


@pytest.fixture
def client(workspace: Workspace) -> TestClient:
    app = FastAPI()
    add_routes(app, workspace, JobRunner(workspace.jobs_folder, workspace.root))
    return TestClient(app)


def upload(client: TestClient, content: bytes, **query: str) -> Any:
    answer = client.post("/images", params=query, content=content)
    return answer.status_code, answer.json()


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_an_upload_is_listed_and_shown_small(client: TestClient, workspace: Workspace) -> None:
    status, said = upload(client, PNG, name="a.png", class_name="red")
    assert (status, said["added"]) == (200, 1)
    (row,) = client.get("/images", params={"class_name": "red"}).json()["images"]
    for what, side in (("thumbnail", 192), ("view", 300)):
        answer = client.get(f"/images/{row['id']}/{what}")
        assert max(Image.open(io.BytesIO(answer.content)).size) == side
    assert [one.key for one in workspace.images()] == ["red/a.png"]


def test_thumbnails_are_kept(client: TestClient, workspace: Workspace) -> None:
    upload(client, PNG, name="a.png", class_name="red")
    (image,) = workspace.images()
    first = client.get(f"/images/{image.id}/thumbnail").content
    image.path.write_bytes(b"")
    # The listing still holds the old stamp: what was made is found again, and nothing decoded.
    assert client.get(f"/images/{image.id}/thumbnail").content == first


@pytest.mark.parametrize(
    "content", [b"", b"<html>no</html>", PNG[:200], encoded(Image.new("RGB", (4, 4)))]
)
def test_what_is_no_sound_image_is_set_aside_with_its_reason(
    client: TestClient, workspace: Workspace, content: bytes
) -> None:
    status, said = upload(client, content, name="../<b>.png", class_name="red")
    assert (status, said["added"], said["set_aside"]) == (200, 0, 1)
    assert workspace.images() == ()
    (aside,) = workspace.what_is_aside()
    assert aside.path == "<b>.png"
    assert aside.reason


def test_a_zip_of_class_folders_is_taken_apart(client: TestClient, workspace: Workspace) -> None:
    files = {"set/red/a.png": PNG, "set/blue/a.png": PNG, "set/blue/bad.png": b"no"}
    status, said = upload(client, zipped(files), name="set.zip", batch="one")
    assert (status, said["added"], said["set_aside"]) == (200, 2, 1)
    assert workspace.classes() == {"blue": 1, "red": 1}
    workspace.undo()
    assert workspace.images() == ()


def test_loose_images_of_a_zip_are_of_the_named_class(
    client: TestClient, workspace: Workspace
) -> None:
    upload(client, zipped({"a.png": PNG, "b.png": PNG}), name="x.zip", class_name="red")
    assert workspace.classes() == {"red": 2}


@pytest.mark.parametrize(
    "content", [b"PK no zip", zipped({"../../evil.png": PNG}), zipped({"a.txt": b"none"})]
)
def test_bad_archives_are_refused_by_their_name(
    client: TestClient, workspace: Workspace, content: bytes
) -> None:
    status, said = upload(client, content, name="holiday.zip")
    assert status == 422
    assert "holiday.zip" in said["error"]
    assert workspace.images() == ()
    assert not list(workspace.root.glob(".upload-*"))


def test_too_large_an_upload_is_refused_before_it_is_read(client: TestClient) -> None:
    headers = {"content-length": str(300 << 20)}
    answer = client.post("/images", params={"name": "a.png"}, content=b"x", headers=headers)
    assert answer.status_code == 413


@pytest.mark.parametrize("identity", ["..%2f..%2fetc%2fpasswd", "0" * 16, "red%2fa.png"])
def test_images_are_asked_for_by_id_alone(client: TestClient, identity: str) -> None:
    upload(client, PNG, name="a.png", class_name="red")
    assert client.get(f"/images/{identity}/view").status_code == 404


def test_a_class_without_a_name_is_refused(client: TestClient) -> None:
    assert upload(client, PNG, name="a.png", class_name="../..")[0] == 422
