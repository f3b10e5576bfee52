"""POST /predict: the ways to send images, and what comes back."""

import base64
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image
from starlette.testclient import TestClient

from broken_images import BROKEN, encoded, heic
from peu.models.predictor import Predictor

Serve = Callable[..., TestClient]


def test_forms_raw_bodies_and_json_are_answered_as_python_answers(
    client: TestClient, photo: bytes, predictor: Predictor, tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo)
    expected = predictor.predict(file)[0].to_dict()
    text = base64.b64encode(photo).decode()
    answers = [
        client.post("/predict", files={"image": ("a b.jpg", photo)}),
        client.post("/predict", content=photo, headers={"content-type": "image/jpeg"}),
        client.post("/predict", content=photo),
        client.post("/predict", json={"image": text}),
        client.post("/predict", json={"image": [f"data:image/jpeg;base64,{text}"]}),
    ]
    for answer in answers:
        assert answer.status_code == 200, answer.text
        value = answer.json()
        assert (value["format"], value["model"]) == (1, "drawings")
        (row,) = value["predictions"]
        assert row.pop("path") in ("-", "a b.jpg")
        assert row.pop("probabilities") == pytest.approx(expected["probabilities"], abs=1e-5)
        assert row.pop("probability") == pytest.approx(expected["probability"], abs=1e-5)
        assert row == {"label": "barrel", "none_of_these": False}


def test_many_images_are_answered_in_order(client: TestClient, photos: Path) -> None:
    paths = sorted(photos.rglob("*.jpg"))[::3]
    answer = client.post(
        "/predict", files=[("image", (path.name, path.read_bytes())) for path in paths]
    )
    rows = answer.json()["predictions"]
    assert [row["path"] for row in rows] == [path.name for path in paths]
    right = [row["label"] == path.parent.name for row, path in zip(rows, paths, strict=True)]
    assert sum(right) >= 0.9 * len(paths)


def test_sets_are_given_where_a_coverage_is_asked_for(client: TestClient, photo: bytes) -> None:
    answer = client.post("/predict?coverage=0.9&accept_all=true", content=photo)
    (row,) = answer.json()["predictions"]
    assert row["prediction_set"] == ["barrel"]
    assert "none_of_these" not in row
    for coverage in ("0.999", "1.5", "nan", "much"):
        answer = client.post(f"/predict?coverage={coverage}", content=photo)
        assert answer.status_code == 422
        assert "coverage" in answer.json()["error"]


def test_what_is_unlike_the_classes_is_none_of_them(client: TestClient) -> None:
    answer = client.post("/predict", content=heic())
    (row,) = answer.json()["predictions"]
    assert row["none_of_these"] is True


@pytest.mark.parametrize("name", list(BROKEN))
def test_broken_images_are_refused_with_the_reason(client: TestClient, name: str) -> None:
    content, word = BROKEN[name]
    answer = client.post("/predict", files={"image": (f"{name}.png", content)})
    assert answer.status_code == (413 if name == "huge" else 422)
    assert ("25 million" if name == "huge" else word) in answer.json()["error"]


def test_a_broken_image_does_not_spoil_the_others(client: TestClient, photo: bytes) -> None:
    answer = client.post("/predict", files=[("image", ("a", photo)), ("image", ("b", b"no image"))])
    assert answer.status_code == 200
    first, second = answer.json()["predictions"]
    assert first["label"] == "barrel"
    assert second["path"] == "b"
    assert "not an image" in second["error"]


@pytest.mark.parametrize(
    ("kind", "body", "status", "word"),
    [
        ("text/html", b"<p>", 415, "multipart"),
        ("application/json", b"[1, 2", 422, "JSON"),
        ("application/json", b"[" * 100_000, 422, "deeply"),
        ("application/json", b"[]," * 400_000, 413, "lists"),
        ("application/json", b'{"image": 5}', 422, "int"),
        ("application/json", b'{"image": "@@@"}', 422, "base64"),
        ("application/json", b'{"image": NaN}', 422, "NaN"),
        ("application/json", b'{"image": "", "model": "x"}', 422, "something else"),
        ("application/json", b'{"image": []}', 422, "none"),
        ("application/json", b"\xff\xfe", 422, "JSON"),
        ("multipart/form-data", b"x", 422, "boundary"),
        ("multipart/form-data; boundary=x", b"--y\r\n", 422, "form"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nhalf", 422, "cut short"),
        ("multipart/form-data; boundary=x", b"--x--\r\n", 422, "none"),
        ("image/png", b"", 422, "none"),
    ],
)
def test_malformed_bodies_are_refused_with_the_reason(
    client: TestClient, kind: str, body: bytes, status: int, word: str
) -> None:
    answer = client.post("/predict", content=body, headers={"content-type": kind})
    assert answer.status_code == status
    assert word in answer.json()["error"]


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "<script>alert(1)</script>.jpg", "a" * 300, "two\nlines", "猫"]
)
def test_names_are_only_given_back(client: TestClient, photo: bytes, name: str) -> None:
    answer = client.post("/predict", files={"image": (name, photo)})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert len(answer.json()["predictions"][0]["path"]) <= 255


def test_requests_are_limited(serve: Serve, photo: bytes) -> None:
    client = serve(request_bytes=200_000, images=2, pixels=10_000)
    large = client.post("/predict", content=bytes(300_000))
    many = client.post("/predict", files=[("image", ("a", b"x"))] * 3)
    listed = client.post("/predict", json={"image": ["eA=="] * 3})
    pixels = client.post("/predict", content=photo)
    assert [each.status_code for each in (large, many, listed, pixels)] == [413] * 4
    assert "200,000" in large.json()["error"]
    assert "2 images" in many.json()["error"]
    assert "pixels" in pixels.json()["error"]


def test_bodies_without_a_length_are_limited_too(serve: Serve) -> None:
    client = serve(request_bytes=10_000)
    answer = client.post("/predict", content=iter([bytes(6000), bytes(6000)]))
    assert answer.status_code == 413
    packed = client.post("/predict", content=b"x", headers={"content-encoding": "gzip"})
    assert packed.status_code == 415


def test_unknown_paths_and_methods_say_where_to_look(client: TestClient) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/static/../conftest.py", 404),
        ("GET", "/static/%2e%2e%2fserver.py", 404),
        ("GET", "/predict", 405),
        ("DELETE", "/v2/models/drawings", 405),
        ("POST", "/predict?model=nothing", 404),
    ):
        answer = client.request(method, path)
        assert answer.status_code == status, path
        assert answer.json()["error"]


def test_large_images_do_not_keep_others_waiting(client: TestClient, photo: bytes) -> None:
    large = encoded(Image.new("RGB", (4900, 4900)), compress_level=1)
    ended: list[str] = []

    def ask(name: str, contents: list[bytes]) -> None:
        answer = client.post("/predict", files=[("image", (name, each)) for each in contents])
        assert answer.status_code == 200, answer.text
        ended.append(name)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(ask, "large", [large] * 4)
        time.sleep(0.2)
        pool.submit(ask, "small", [photo]).result()
        first.result()
    assert ended == ["small", "large"]
