"""The Open Inference Protocol, by a client that is written from its text."""

import base64
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from starlette.testclient import TestClient

from broken_images import drawing, encoded
from peu.models.predictor import Predictor

Serve = Callable[..., TestClient]
INFER = "/v2/models/drawings/infer"
HEADER = "Inference-Header-Content-Length"


def _json_request(photo: bytes, **more: Any) -> dict[str, Any]:
    text = base64.b64encode(photo).decode()
    image = {"name": "image", "datatype": "BYTES", "shape": [1], "data": [text]}
    return {"inputs": [image], **more}


def _named(answer: Any) -> dict[str, Any]:
    return {each["name"]: each for each in answer["outputs"]}


def test_the_server_and_its_models_say_what_they_are(client: TestClient) -> None:
    server = client.get("/v2").json()
    assert server["name"] == "peu"
    assert "binary_tensor_data" in server["extensions"]
    for path in ("health/live", "health/ready", "models/drawings/ready"):
        assert client.get(f"/v2/{path}").status_code == 200
    found = client.get("/v2/models/drawings").json()
    assert found == client.get("/v2/models/drawings/versions/1").json()
    assert found["inputs"] == [{"name": "image", "datatype": "BYTES", "shape": [-1]}]
    shapes = {each["name"]: (each["datatype"], each["shape"]) for each in found["outputs"]}
    assert shapes == {
        "label": ("BYTES", [-1]),
        "probability": ("FP64", [-1]),
        "probabilities": ("FP64", [-1, 4]),
        "none_of_these": ("BOOL", [-1]),
        "prediction_set": ("BOOL", [-1, 4]),
    }
    for path in ("nothing", "nothing/ready", "drawings/versions/2"):
        assert client.get(f"/v2/models/{path}").status_code == 404


def test_images_in_json_are_answered_in_json(
    client: TestClient, photo: bytes, predictor: Predictor, tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo)
    expected = predictor.predict(file)[0]
    answer = client.post(INFER, json=_json_request(photo, id="7")).json()
    assert (answer["model_name"], answer["model_version"], answer["id"]) == ("drawings", "1", "7")
    outputs = _named(answer)
    assert outputs["label"]["data"] == ["barrel"]
    assert outputs["probabilities"]["shape"] == [1, 4]
    assert outputs["probabilities"]["data"] == pytest.approx(
        list(expected.probabilities.values()), abs=1e-5
    )
    assert outputs["none_of_these"] == {
        "name": "none_of_these",
        "datatype": "BOOL",
        "shape": [1],
        "data": [False],
    }
    assert "prediction_set" not in outputs


def test_images_in_binary_data_are_answered_in_binary_data(
    client: TestClient, photo: bytes
) -> None:
    other = encoded(Image.fromarray(drawing(80, 60)))
    data = b"".join(struct.pack("<I", len(each)) + each for each in (photo, other))
    head = json.dumps(
        {
            "inputs": [
                {
                    "name": "image",
                    "datatype": "BYTES",
                    "shape": [2, 1],
                    "parameters": {"binary_data_size": len(data)},
                }
            ],
            "outputs": [
                {"name": "probabilities", "parameters": {"binary_data": True}},
                {"name": "label", "parameters": {"binary_data": True}},
                {"name": "prediction_set"},
            ],
            "parameters": {"coverage": 0.9},
        }
    ).encode()
    answer = client.post(INFER, content=head + data, headers={HEADER: str(len(head))})
    assert answer.status_code == 200, answer.text
    length = int(answer.headers[HEADER])
    outputs = _named(json.loads(answer.content[:length]))
    binary = answer.content[length:]
    sizes = [outputs[name]["parameters"]["binary_data_size"] for name in ("probabilities", "label")]
    assert sum(sizes) == len(binary)
    probabilities = np.frombuffer(binary[: sizes[0]], "<f8").reshape(2, 4)
    assert probabilities.sum(axis=1) == pytest.approx([1, 1])
    assert binary[sizes[0] :].startswith(struct.pack("<I", 6) + b"barrel")
    assert outputs["prediction_set"]["shape"] == [2, 4]
    assert any(outputs["prediction_set"]["data"][:4])


def test_pixels_are_answered_as_files_are(client: TestClient) -> None:
    pixels = drawing(80, 60)
    file = client.post(INFER, json=_json_request(encoded(Image.fromarray(pixels)))).json()
    expected = _named(file)["probabilities"]["data"]
    tensor = {"name": "image", "datatype": "UINT8"}
    for shape, data in (
        ([60, 80, 3], pixels.tolist()),
        ([1, 60, 80, 3], pixels.ravel().tolist()),
    ):
        answer = client.post(INFER, json={"inputs": [{**tensor, "shape": shape, "data": data}]})
        assert _named(answer.json())["probabilities"]["data"] == pytest.approx(expected, abs=1e-6)
    size = {"binary_data_size": pixels.size}
    head = json.dumps(
        {"inputs": [{**tensor, "shape": [1, 60, 80, 3], "parameters": size}]}
    ).encode()
    answer = client.post(INFER, content=head + pixels.tobytes(), headers={HEADER: str(len(head))})
    assert _named(answer.json())["probabilities"]["data"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"name": "pixels"}, "named"),
        ({"datatype": "FP32"}, "UINT8"),
        ({"shape": [2]}, "shape"),
        ({"shape": "1"}, "shape"),
        ({"shape": [-1]}, "shape"),
        ({"shape": [1, 2]}, "[n, 1]"),
        ({"shape": [10**9]}, "images"),
        ({"data": [5]}, "base64"),
        ({"data": None, "parameters": {"binary_data_size": 5}}, "binary_data_size"),
        ({"parameters": {"binary_data_size": 0}}, "either"),
        ({"parameters": 5}, "parameters"),
        ({"datatype": "UINT8", "shape": [2, 2, 3], "data": [[1], [2, 3]]}, "lists"),
        ({"datatype": "UINT8", "shape": [2, 2, 3], "data": [300] * 12}, "255"),
        ({"datatype": "UINT8", "shape": [2, 2, 3], "data": [1.5] * 12}, "whole"),
        ({"datatype": "UINT8", "shape": [2, 2, 3], "data": [1] * 11}, "12 values"),
        ({"datatype": "UINT8", "shape": [10**6, 10**6, 3], "data": [1]}, "values"),
        ({"datatype": "UINT8", "shape": [2, 2, 3], "data": [10**30] * 12}, "whole"),
    ],
)
def test_malformed_tensors_are_refused(
    client: TestClient, photo: bytes, change: dict[str, Any], word: str
) -> None:
    request = _json_request(photo)
    request["inputs"][0] |= change
    if request["inputs"][0]["data"] is None:
        del request["inputs"][0]["data"]
    answer = client.post(INFER, json=request)
    assert 400 <= answer.status_code < 500
    assert word in answer.json()["error"]


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({"id": 5}, "id"),
        ({"inputs": []}, "one input"),
        ({"outputs": [{"name": "logits"}]}, "probabilities"),
        ({"outputs": 5}, "outputs"),
        ({"parameters": {"coverage": "much"}}, "coverage"),
        ({"parameters": {"coverage": 7}}, "coverage"),
        ({"parameters": {"accept_all": 1}}, "accept_all"),
        ({"parameters": {"sequence": 1}}, "sequence"),
    ],
)
def test_malformed_requests_are_refused(
    client: TestClient, photo: bytes, more: dict[str, Any], word: str
) -> None:
    answer = client.post(INFER, json=_json_request(photo, **more))
    assert 400 <= answer.status_code < 500
    assert word in answer.json()["error"]


def test_binary_data_must_be_as_long_as_they_say(client: TestClient, photo: bytes) -> None:
    for length in ("5000000", "-1", "x", "1" * 50):
        assert client.post(INFER, content=photo, headers={HEADER: length}).status_code == 400
    inputs = [{"name": "image", "datatype": "BYTES", "shape": [1]}]
    for data in (b"\1", struct.pack("<I", 2**32 - 1) + photo, struct.pack("<I", 0)):
        head = json.dumps(
            {"inputs": [{**inputs[0], "parameters": {"binary_data_size": len(data)}}]}
        ).encode()
        answer = client.post(INFER, content=head + data, headers={HEADER: str(len(head))})
        assert 400 <= answer.status_code < 500
    more = client.post(INFER, content=head + data + b"!", headers={HEADER: str(len(head))})
    assert more.status_code == 400


def test_an_image_that_cannot_be_read_is_named(client: TestClient) -> None:
    answer = client.post(INFER, json=_json_request(b"no image"))
    assert answer.status_code == 422
    assert "Image 0" in answer.json()["error"]
