"""An exported network answers as the trained one did, or it is not saved."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

from peu.errors import BundleError, ResourceError
from peu.networks import onnx_export as module
from peu.networks.backend import keras
from peu.networks.network_model import NetworkModel
from peu.networks.onnx_export import check_exporter, drawn_examples, to_onnx
from peu.networks.residual import residual_network
from peu.networks.small_cnn import small_cnn
from peu.networks.test_time_augmentation import average_views

NETWORKS = {
    "cnn": lambda: small_cnn((32, 48), 3, filters=(4,), dense_units=8, batch_norm=True, seed=0),
    "views": lambda: average_views(
        residual_network((32, 32), 3, filters=(4, 6), seed=0), 4, flips="horizontal"
    ),
}


def _answers(content: bytes, pixels: Any) -> Any:
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    return session.run(["probabilities"], {"pixels": pixels})[0]


@pytest.mark.parametrize("name", NETWORKS)
def test_it_answers_as_the_network_does(name: str) -> None:
    network = NETWORKS[name]()
    pixels = drawn_examples(network.input_shape[1:3])[::5]
    content = to_onnx(network, pixels)
    onnx.checker.check_model(onnx.load_from_string(content), full_check=True)
    expected = keras.ops.convert_to_numpy(network(pixels, training=False))
    assert np.ptp(expected, axis=0).max() > 1e-3
    # Two libraries may round an enlarged view's grey level to either side.
    np.testing.assert_allclose(_answers(content, pixels), expected, atol=1e-4)


def test_bfloat16_answers_differ_and_are_not_saved(tmp_path: Path) -> None:
    network = small_cnn((32, 32), 3, filters=(8,), seed=0, precision="mixed_bfloat16")
    with pytest.raises(BundleError):
        NetworkModel(network).write(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_another_answer_on_a_single_image_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    network = NETWORKS["cnn"]()
    content = to_onnx(network, drawn_examples((32, 48)))
    monkeypatch.setattr(module, "_convert", lambda _: content)
    layer = network.get_layer("hidden")
    layer.set_weights([1.01 * each for each in layer.get_weights()])
    with pytest.raises(BundleError, match="differs by up to"):
        to_onnx(network, drawn_examples((32, 48)))


def test_a_missing_exporter_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    check_exporter()
    monkeypatch.setattr(module, "find_spec", lambda _: None)
    with pytest.raises(ResourceError, match="pip install tf2onnx"):
        check_exporter()
    with pytest.raises(ResourceError, match="pip install tf2onnx"):
        to_onnx(NETWORKS["cnn"](), drawn_examples((32, 48)))


def test_another_backend_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(ResourceError, match="KERAS_BACKEND=tensorflow"):
        check_exporter()
