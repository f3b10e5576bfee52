"""A graph that says of itself what does not fit is refused, when it is read or first used."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from onnx_files import classifier
from peu.errors import BundleError
from peu.models.feature_graph import FeatureGraph
from peu.models.onnx_model import OnnxModel
from peu.models.sized_model import SizedModel

GREY = np.full((64, 64, 3), 128, np.uint8)
MODELS = ((OnnxModel, "s"), (SizedModel, 64))
DEEP = [0.5]
for _ in range(400):
    DEEP = [DEEP]  # type: ignore[list-item]


def _read(kind: Any, content: bytes, folder: Path) -> Any:
    (folder / kind.file_name).write_bytes(content)
    return kind.read(folder)


@pytest.mark.parametrize(("kind", "side"), MODELS)
@pytest.mark.parametrize(
    "weights",
    [
        "heavy",
        {"a": 1},
        [1, 0],
        [[1, 0, 0], [0, 1, 0]],
        [[1, 0], [0]],
        [[1, math.nan], [0, 1]],
        [[1, math.inf], [0, 1]],
        DEEP,
    ],
    ids=["text", "object", "flat", "3 classes", "ragged", "nan", "infinite", "deep"],
)
def test_weights_of_heat_maps_are_numbers_for_each_class(
    kind: Any, side: Any, weights: Any, tmp_path: Path
) -> None:
    with pytest.raises(BundleError, match="weights for heat maps") as caught:
        _read(kind, classifier(side, class_weights=weights), tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("kind", "side"), MODELS)
def test_weights_for_other_maps_are_refused_where_a_map_is_asked_for(
    kind: Any, side: Any, tmp_path: Path
) -> None:
    three = [[1, 0], [0, 1], [1, 1]]
    with pytest.raises(BundleError, match="3 channels"):
        _read(kind, classifier(side, class_weights=three), tmp_path).class_activation(GREY, 0)
    sound = _read(kind, classifier(side), tmp_path)
    found = [sound.class_activation(GREY, label) for label in (0, 1)]
    assert {each.shape for each in found if each is not None} == {(8, 8)}


@pytest.mark.parametrize("side", [31, 2049, -64, 10**12, math.nan, "wide", [64], None])
def test_an_image_is_resized_to_a_sane_size_alone(side: Any, tmp_path: Path) -> None:
    graph = _read(FeatureGraph, classifier(shorter_side=side), tmp_path)
    with pytest.raises(BundleError, match=r"features\.onnx") as caught:
        _ = graph.shorter_side
    assert "\n" not in str(caught.value)
    with pytest.raises(BundleError):
        _read(OnnxModel, classifier(shorter_side=side), tmp_path)


def test_features_without_an_identity_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="identity"):
        _ = _read(FeatureGraph, classifier(identity=None), tmp_path).identity
    assert _read(FeatureGraph, classifier(identity="mine"), tmp_path).identity == "mine"


@pytest.mark.parametrize("side", [7, 2049, 10**9, "any"])
def test_a_declared_size_is_held_against_bounds_before_an_image_is_made(
    side: Any, tmp_path: Path
) -> None:
    with pytest.raises(BundleError, match="could not be read") as caught:
        _read(SizedModel, classifier(side), tmp_path)
    assert "\n" not in str(caught.value)
