"""The protocol by a client of others: tritonclient."""

import threading
from pathlib import Path

import numpy as np
import pytest

from peu.models.predictor import Predictor
from peu.service.application import create_app
from peu.service.models import ServedModels
from peu.service.server import listen, serve
from peu.service.settings import ServiceSettings

pytestmark = pytest.mark.slow


def test_tritonclient_is_answered(
    model: Path, predictor: Predictor, photo: bytes, tmp_path: Path
) -> None:
    triton = pytest.importorskip(
        "tritonclient.http", reason="tritonclient is not installed: pip install tritonclient[http]"
    )
    settings = ServiceSettings(port=0)
    listening = listen(settings)
    app = create_app(ServedModels({"drawings": model}), settings)
    threading.Thread(target=serve, args=(app, listening, settings), daemon=True).start()
    file = tmp_path / "photo.jpg"
    file.write_bytes(photo)
    expected = list(predictor.predict(file, coverage=0.9)[0].probabilities.values())

    client = triton.InferenceServerClient(f"127.0.0.1:{listening.getsockname()[1]}")
    assert client.is_server_live()
    assert client.is_server_ready()
    assert client.is_model_ready("drawings")
    assert client.is_model_ready("drawings", "1")
    metadata = client.get_model_metadata("drawings")
    assert [each["name"] for each in metadata["inputs"]] == ["image"]

    files = triton.InferInput("image", [2], "BYTES")
    files.set_data_from_numpy(np.array([photo, photo], object))
    for wanted in (
        None,
        [triton.InferRequestedOutput(name) for name in ("label", "probabilities")],
        [
            triton.InferRequestedOutput(name, binary_data=False)
            for name in ("label", "probabilities")
        ],
    ):
        answer = client.infer("drawings", [files], outputs=wanted, request_id="7")
        labels = [
            each.decode() if isinstance(each, bytes) else each
            for each in answer.as_numpy("label").tolist()
        ]
        assert labels == ["barrel", "barrel"]
        assert np.allclose(answer.as_numpy("probabilities"), [expected, expected], atol=1e-5)
        assert answer.get_response()["id"] == "7"
    sets = client.infer("drawings", [files], parameters={"coverage": 0.9})
    assert sets.as_numpy("prediction_set").shape == (2, 4)

    pixels = triton.InferInput("image", [1, 48, 64, 3], "UINT8")
    pixels.set_data_from_numpy(np.zeros((1, 48, 64, 3), np.uint8))
    assert client.infer("drawings", [pixels]).as_numpy("probabilities").shape == (1, 4)
    with pytest.raises(triton.InferenceServerException, match="model"):
        client.get_model_metadata("nothing")
