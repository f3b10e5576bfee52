"""EfficientNet-Lite in Keras answers as the ONNX graph of the same blocks does."""

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from PIL import Image

from peu.backbones.efficientnet_lite import Block, read_efficientnet_lite
from peu.backbones.head import add_pooling, window_weights
from peu.backbones.lite_graph import lite_graph, with_weights_of
from peu.images.samples import draw_samples
from peu.models.onnx_session import open_session
from peu.networks.backend import keras
from peu.networks.efficientnet_lite import lite_layers, lite_network, updated_blocks

LITE0 = "efficientnet-lite0"


@pytest.fixture(scope="module")
def blocks() -> tuple[Block, ...]:
    return read_efficientnet_lite(LITE0)


@pytest.fixture(scope="module")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.uint8]:
    folder = draw_samples(tmp_path_factory.mktemp("drawn") / "photos", per_class=1)
    drawn = [Image.open(path).convert("RGB") for path in sorted(folder.rglob("*.jpg"))]
    assert drawn
    return np.stack([np.asarray(each.resize((160, 96))) for each in drawn])


@pytest.mark.parametrize("name", [LITE0, "efficientnet-lite2"])
def test_keras_and_onnx_give_the_same_map_and_features(
    name: str, pixels: NDArray[np.uint8]
) -> None:
    blocks = read_efficientnet_lite(name)
    session = open_session(add_pooling(lite_graph(blocks, name)).SerializeToString())
    maps, features = session.run(["map", "features"], {"pixels": pixels})
    found = keras.ops.convert_to_numpy(lite_network(blocks)(pixels, training=False))
    assert found.shape == (len(pixels), 3, 5, 1280)
    assert maps.max() > 1
    np.testing.assert_allclose(found.transpose(0, 3, 1, 2), maps, atol=1e-4)
    pooled = np.tensordot(found, window_weights(3, 5), axes=((1, 2), (0, 1)))
    np.testing.assert_allclose(pooled, features, atol=1e-4)


def test_images_side_by_side_answer_as_alone(blocks: tuple[Block, ...]) -> None:
    tail = [block for block in blocks if block.stage >= 6][1:]
    channels = tail[0].convolutions[0].weight.shape[1]
    maps = np.random.default_rng(0).normal(size=(2, 6, 7, channels)).astype(np.float32)
    mask = np.zeros((2, 6, 7, 1), np.float32)
    mask[0, :4, :7] = mask[1, :6, :3] = 1
    inputs = keras.Input((None, None, channels)), keras.Input((None, None, 1))
    masked = keras.Model(inputs, lite_layers(inputs[0], tail, inputs[1]))
    plain_input = keras.Input((None, None, channels))
    plain = keras.Model(plain_input, lite_layers(plain_input, tail))
    together = keras.ops.convert_to_numpy(masked([maps, mask]))
    for number, (rows, columns) in enumerate(((4, 7), (6, 3))):
        alone = plain(maps[number : number + 1, :rows, :columns])
        np.testing.assert_allclose(
            together[number, :rows, :columns], keras.ops.convert_to_numpy(alone)[0], atol=1e-4
        )


def test_weights_go_from_keras_to_the_graph_and_back(
    blocks: tuple[Block, ...], pixels: NDArray[np.uint8]
) -> None:
    network = lite_network(blocks)
    generator = np.random.default_rng(0)
    for name in ("block15_depthwise", "block15_project", "top"):
        layer = network.get_layer(name)
        layer.set_weights(
            [each + generator.normal(0, 0.01, each.shape) for each in layer.get_weights()]
        )
    graph = lite_graph(updated_blocks(blocks, network), LITE0)
    (maps,) = open_session(graph.SerializeToString()).run(["map"], {"pixels": pixels})
    expected = keras.ops.convert_to_numpy(network(pixels, training=False))
    np.testing.assert_allclose(maps.transpose(0, 2, 3, 1), expected, atol=1e-3)
    stored = onnx.load_from_string(graph.SerializeToString())
    again = lite_network(with_weights_of(blocks, stored))
    for old, new in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_weights_of_another_variant_are_refused(blocks: tuple[Block, ...]) -> None:
    graph = lite_graph(read_efficientnet_lite("efficientnet-lite2"), "other")
    with pytest.raises(ValueError, match="shape"):
        with_weights_of(blocks, graph)
    with pytest.raises(KeyError):
        with_weights_of(read_efficientnet_lite("efficientnet-lite2"), lite_graph(blocks[:3], "cut"))
