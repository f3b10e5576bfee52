"""Heat maps are bright where the object is."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from peu.models.heatmap import Heatmap, explain_pixels
from peu.models.predictor import Predictor
from peu.networks.backend import keras
from peu.networks.network_model import NetworkModel
from peu.networks.residual import residual_network

LYING = range(0, 24, 2)


def _share_on_its_side(heatmap: Heatmap, number: int) -> float:
    left, right = np.array_split(heatmap.values, 2, axis=1)
    # The toy images have their stripes left, left, right, right, and so on.
    side = right if number % 4 >= 2 else left
    return float(side.sum() / heatmap.values.sum())


def test_the_half_with_the_object_is_bright(classifier: Predictor, toy: Any) -> None:
    network = isinstance(classifier.model, NetworkModel)
    shares = []
    # Of two classes one may be seen by the absence of the other: lying stripes are what is seen.
    for number in LYING:
        heatmap = explain_pixels(classifier.model, toy[0][number], 0)
        assert heatmap.method == ("Grad-CAM" if network else "occlusion")
        assert heatmap.values.shape == (8, 8)
        assert heatmap.values.min() >= 0
        assert heatmap.values.max() == 1
        shares.append(_share_on_its_side(heatmap, number))
    assert np.mean(shares) > 0.75


class _Bright:
    """The probability of class 1 is the brightness of one place."""

    file_name, image_size, class_count = "model.none", (32, 32), 2

    def predict_proba(self, pixels: Any) -> Any:
        bright = pixels[:, 20:24, 8:16].mean(axis=(1, 2, 3)) / 255
        return np.stack([1 - bright, bright], axis=1)

    def write(self, folder: Path) -> None:
        """Do nothing: this one is never saved."""


def test_occlusion_finds_the_place_that_decides() -> None:
    model = _Bright()
    image = np.zeros((32, 32, 3), np.uint8)
    image[20:24, 8:16] = 255
    expected = np.zeros((8, 8))
    expected[5, 2:4] = 1
    np.testing.assert_allclose(explain_pixels(model, image, 1).values, expected)
    # Covering what is bright only makes the other class more probable.
    np.testing.assert_array_equal(explain_pixels(model, image, 0).values, np.zeros((8, 8)))


def test_grad_cam_finds_what_a_filter_sees() -> None:
    inputs = keras.Input((32, 32, 3))
    maps = keras.layers.Conv2D(4, 4, strides=4, activation="relu", name="see")(inputs)
    logits = keras.layers.Dense(2, name="logits")(keras.layers.GlobalAveragePooling2D()(maps))
    network = keras.Model(inputs, keras.layers.Softmax()(logits))
    kernel = np.zeros((4, 4, 3, 4))
    kernel[..., 0, 0] = kernel[..., 2, 1] = 1
    network.get_layer("see").set_weights([kernel, np.zeros(4)])
    red, blue = [1, 0], [0, 1]
    network.get_layer("logits").set_weights([np.array([red, blue, [0, 0], [0, 0]]), np.zeros(2)])
    image = np.zeros((32, 32, 3), np.uint8)
    image[4:8, 24:32, 0] = 200
    image[16:20, 0:4, 2] = 100
    for class_index, place in ((0, (1, slice(6, 8))), (1, (4, 0))):
        expected = np.zeros((8, 8))
        expected[place] = 1
        heatmap = explain_pixels(NetworkModel(network), image, class_index)
        assert heatmap.method == "Grad-CAM"
        np.testing.assert_allclose(heatmap.values, expected, atol=1e-6)


def test_a_backbone_made_for_any_size_is_explained_by_its_map() -> None:
    anything = keras.Input((None, None, 3))
    seen = keras.layers.Conv2D(4, 4, strides=4, activation="relu")(anything)
    backbone = keras.Model(anything, seen)
    inputs = keras.Input((32, 32, 3))
    maps = keras.layers.Identity(name="feature_map")(backbone(inputs))
    logits = keras.layers.Dense(2, name="logits")(keras.layers.GlobalAveragePooling2D()(maps))
    network = keras.Model(inputs, keras.layers.Softmax()(logits))
    kernel = np.zeros((4, 4, 3, 4))
    kernel[..., 0, 0] = 1
    backbone.set_weights([kernel, np.zeros(4)])
    network.get_layer("logits").set_weights([np.eye(4, 2), np.zeros(2)])
    image = np.zeros((32, 32, 3), np.uint8)
    image[4:8, 24:32, 0] = 200
    heatmap = explain_pixels(NetworkModel(network), image, 0)
    expected = np.zeros((8, 8))
    expected[1, 6:8] = 1
    assert heatmap.method == "Grad-CAM"
    np.testing.assert_allclose(heatmap.values, expected, atol=1e-6)


def test_a_network_without_a_channel_for_the_class_is_explained_by_occlusion() -> None:
    inputs = keras.Input((32, 32, 3))
    maps = keras.layers.Conv2D(4, 4, strides=4, activation="relu", name="see")(inputs)
    logits = keras.layers.Dense(2, name="logits")(keras.layers.Flatten()(maps))
    network = keras.Model(inputs, keras.layers.Softmax()(logits))
    network.get_layer("see").set_weights([np.ones((4, 4, 3, 4)) / 1e4, np.zeros(4)])
    weights = np.full((8, 8, 4, 2), -1.0)
    weights[..., 0] = 0
    weights[2, 3, :, 1] = 10
    network.get_layer("logits").set_weights([weights.reshape(256, 2), np.zeros(2)])
    image = np.zeros((32, 32, 3), np.uint8)
    image[8:12, 12:16] = 255
    heatmap = explain_pixels(NetworkModel(network), image, 1)
    assert heatmap.method == "occlusion"
    assert heatmap.values.argmax() == 2 * 8 + 3


def test_explaining_repeats_itself(classifier: Predictor, toy: Any) -> None:
    first, again = (explain_pixels(classifier.model, toy[0][0], 0).values for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_an_assembled_network_is_explained_by_its_backbones_map(
    transfer_network: Callable[..., Any], toy: Any, tmp_path: Path
) -> None:
    network = transfer_network(tmp_path / "backbone.keras", pooled=False)
    NetworkModel(network).write(tmp_path)
    for model in (NetworkModel(network), NetworkModel.read(tmp_path)):
        heatmaps = [explain_pixels(model, toy[0][number], 0) for number in LYING]
        assert {heatmap.method for heatmap in heatmaps} == {"Grad-CAM"}
        assert {heatmap.values.shape for heatmap in heatmaps} == {(15, 15)}
        shares = [_share_on_its_side(*pair) for pair in zip(heatmaps, LYING, strict=True)]
        assert np.mean(shares) > 0.75


def test_a_backbone_without_a_map_is_explained_by_occlusion(
    transfer_network: Callable[..., Any], toy: Any, tmp_path: Path
) -> None:
    model = NetworkModel(transfer_network(tmp_path / "backbone.keras", pooled=True))
    heatmap = explain_pixels(model, toy[0][1], 1)
    assert heatmap.method == "occlusion"
    assert heatmap.values.shape == (8, 8)


def test_mixed_precision_is_explained_too(toy: Any) -> None:
    from peu.networks.small_cnn import small_cnn

    network = small_cnn(
        (32, 32), 2, filters=(4,), dense_units=4, seed=0, precision="mixed_bfloat16"
    )
    heatmap = explain_pixels(NetworkModel(network), toy[0][0], 0)
    assert heatmap.values.dtype == np.float64
    assert 0 <= heatmap.values.min() <= heatmap.values.max() <= 1


def test_grad_cam_is_the_formula_of_its_paper(network_classifier: Predictor, toy: Any) -> None:
    network: Any = getattr(network_classifier.model, "network")  # noqa: B009
    pixels, label = toy[0][2], 0
    to_map = keras.Model(network.input, network.get_layer("pool_2").output)
    rest = keras.Model(network.get_layer("pool_2").output, network.get_layer("logits").output)
    maps = keras.ops.convert_to_numpy(to_map(pixels[None])).astype(np.float64)
    step = 1e-2
    # Equation 1 by finite differences: a channel's mean slope is the slope of shifting it whole.
    weights = []
    for channel in range(maps.shape[-1]):
        shifted = [maps.copy(), maps.copy()]
        shifted[0][..., channel] += step
        shifted[1][..., channel] -= step
        up, down = (float(rest(value.astype(np.float32))[0, label]) for value in shifted)
        weights.append((up - down) / (2 * step) / maps[0, ..., 0].size)
    support = np.maximum((maps[0] * weights).sum(axis=-1), 0)
    found = explain_pixels(network_classifier.model, pixels, label).values
    np.testing.assert_allclose(found, support / support.max(), atol=0.02)


def test_an_image_without_anything_gives_an_even_map(kernel_classifier: Predictor) -> None:
    heatmap = explain_pixels(kernel_classifier.model, np.full((32, 32, 3), 100, np.uint8), 0)
    np.testing.assert_array_equal(heatmap.values, np.zeros((8, 8)))


def test_where_the_last_map_is_too_coarse_an_earlier_one_shows_the_place() -> None:
    # Its last maps have 2 x 2 and 4 x 4 cells; those inside a block lead to nothing alone.
    network = residual_network((64, 64), 2, filters=(4, 6, 8, 10), seed=0)
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8)
    heatmaps = [explain_pixels(NetworkModel(network), pixels, label) for label in (0, 1)]
    shapes = {heatmap.values.shape for heatmap in heatmaps if heatmap.method == "Grad-CAM"}
    assert shapes == {(8, 8)}
