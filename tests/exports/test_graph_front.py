"""Resizing inside a graph equals Pillow's within a grey level."""

from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, checker, helper
from PIL import Image

from peu.exports.graph_front import with_resizing
from peu.exports.resizing import Resizing
from peu.images.dataset import ImageDataset
from peu.images.proportions import resize_proportionally
from peu.images.resizing import resize_image
from peu.models.onnx_session import open_session

# Enlarged, shrunk, long and thin, and already of the right size.
SIZES = [(40, 30), (500, 333), (333, 500), (600, 20), (9, 300), (64, 64)]
SHAPES = [
    Resizing("proportional", 64, 64),
    Resizing("stretch", 48, 80),
    Resizing("pad", 64, 64),
    Resizing("pad", 48, 81),
]


def _identity() -> Any:
    sides = ["n", "height", "width", 3]
    pixels, same = (
        helper.make_tensor_value_info(name, TensorProto.UINT8, sides) for name in ("pixels", "same")
    )
    graph = helper.make_graph(
        [helper.make_node("Identity", ["pixels"], ["same"])], "identity", [pixels], [same]
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    checker.check_model(model)
    return model


@pytest.mark.parametrize("resizing", SHAPES, ids=str)
def test_it_equals_pillow_within_a_grey_level(resizing: Resizing, dataset: ImageDataset) -> None:
    model = with_resizing(_identity(), resizing)
    session = open_session(model.SerializeToString())
    far = 0
    for number, size in enumerate(SIZES):
        image = dataset.read(5 * number).resize(size, Image.Resampling.LANCZOS)
        if resizing.mode == "proportional":
            expected = resize_proportionally(image, resizing.height)
        else:
            expected = resize_image(image, (resizing.height, resizing.width), resizing.mode)
        (found,) = session.run(None, {"pixels": np.asarray(image)[None]})
        assert found.shape == (1, *expected.shape)
        off = np.abs(found[0].astype(int) - expected)
        assert off.max() <= 2
        far += int((off > 1).sum())
    # Each pass rounds: of many thousand values one may be two off.
    assert far <= 2


def test_images_of_one_batch_are_resized_alike(dataset: ImageDataset) -> None:
    session = open_session(
        with_resizing(_identity(), Resizing("proportional", 64, 64)).SerializeToString()
    )
    pixels = np.stack([np.asarray(dataset.read(at).resize((150, 100))) for at in range(3)])
    (together,) = session.run(None, {"pixels": pixels})
    for alone, found in zip(pixels, together, strict=True):
        np.testing.assert_array_equal(session.run(None, {"pixels": alone[None]})[0][0], found)
