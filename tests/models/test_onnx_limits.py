"""An ONNX file that is not plain is refused before anything of it is loaded."""

import itertools
import random
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from onnx_files import convolution, onnx_model, same
from peu.errors import BundleError
from peu.models import onnx_session
from peu.models.onnx_limits import MOST_NODES, check_onnx
from peu.models.onnx_session import open_session, run_session, running_alone

SHAPE = ("n", 3, 32, 32)


def _loop() -> Any:
    value = helper.make_tensor_value_info
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["going"], ["still"]),
            helper.make_node("Add", ["a", "a"], ["b"]),
        ],
        "body",
        [
            value("i", TensorProto.INT64, []),
            value("going", TensorProto.BOOL, []),
            value("a", TensorProto.FLOAT, None),
        ],
        [value("still", TensorProto.BOOL, []), value("b", TensorProto.FLOAT, None)],
    )
    node = helper.make_node("Loop", ["", "yes", "x"], ["y"], body=body)
    return onnx_model([node], SHAPE, ["y"], {"yes": np.array(True)})


def _tensor(**changes: Any) -> Any:
    model = convolution()
    tensor = model.graph.initializer[0]
    for name, value in changes.items():
        getattr(tensor, name).extend(value) if name == "dims" else setattr(tensor, name, value)
    return model


def _sparse() -> Any:
    model = convolution()
    values = numpy_helper.from_array(np.ones(1, np.float32), "huge")
    places = numpy_helper.from_array(np.zeros(1, np.int64), "places")
    model.graph.sparse_initializer.append(helper.make_sparse_tensor(values, places, [10**6, 10**6]))
    return model


def _functions() -> Any:
    model = convolution()
    model.functions.append(helper.make_function("mine", "f", ["x"], ["y"], [], []))
    return model


def _many() -> Any:
    names = ["x", *map(str, range(MOST_NODES + 1))]
    nodes = [helper.make_node("Relu", [a], [b]) for a, b in itertools.pairwise(names)]
    return onnx_model(nodes, SHAPE, [names[-1]])


def _random() -> Any:
    return onnx_model([helper.make_node("RandomNormalLike", ["x"], ["y"])], SHAPE, ["y"])


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "loop": (_loop, "Loop"),
    "drawn": (_random, "RandomNormalLike"),
    "declares more": (lambda: _tensor(dims=[100_000]), "declares"),
    "negative": (lambda: _tensor(dims=[-1]), "declares"),
    "elsewhere": (lambda: _tensor(data_location=TensorProto.EXTERNAL), "another file"),
    "sparse": (_sparse, "sparse"),
    "functions": (_functions, "functions"),
    "many": (_many, "at most"),
    "nothing": (lambda: onnx_model([], SHAPE, []), "no operators"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_plain_is_refused_without_memory(name: str) -> None:
    make, word = REFUSED[name]
    content = make().SerializeToString()
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=word) as caught:
            check_onnx(content)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()
    assert "\n" not in str(caught.value)


def test_plain_files_pass() -> None:
    for model in (convolution(), same(SHAPE), convolution(opset=11)):
        check_onnx(model.SerializeToString())


def test_damage_is_a_value_error_or_harmless() -> None:
    content = convolution().SerializeToString()
    generator = random.Random(0)
    refused = 0
    for _ in range(500):
        damaged = bytearray(content)
        for _ in range(generator.randint(1, 4)):
            damaged[generator.randrange(len(damaged))] = generator.randrange(256)
        cut = bytes(damaged[: generator.randint(1, len(damaged))])
        try:
            check_onnx(cut)
        except ValueError:
            refused += 1
    assert refused > 100


def _grown(operator: str, size: list[int]) -> bytes:
    nodes = [
        helper.make_node(operator, ["x", "size"][operator == "ConstantOfShape" :], ["c"]),
        helper.make_node("ReduceMean", ["c"], ["m"], keepdims=0),
        helper.make_node("Add", ["x", "m"], ["y"]),
    ]
    model = onnx_model(nodes, SHAPE, ["y"], {"size": np.array(size)})
    return bytes(model.SerializeToString())


BLACK = np.zeros((1, 3, 32, 32), np.float32)


@pytest.mark.parametrize(
    "content", [_grown("ConstantOfShape", [40_000, 40_000]), _grown("Tile", [1, 99, 99, 99])]
)
def test_175_bytes_that_ask_for_gigabytes_are_refused(content: bytes) -> None:
    check_onnx(content)
    with running_alone(), pytest.raises(BundleError, match="memory and time") as caught:
        run_session(open_session(content, threads=1), None, {"x": BLACK}, 32 * 32)
    assert "\n" not in str(caught.value)


def test_a_model_that_takes_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(onnx_session, "_SECONDS_AN_IMAGE", 0.3)
    nodes = [helper.make_node("Resize", ["x", "", "", "size"], ["c0"])]
    nodes += [helper.make_node("MatMul", [f"c{n}", f"c{n}"], [f"c{n + 1}"]) for n in range(400)]
    nodes.append(helper.make_node("ReduceMean", ["c400"], ["y"]))
    model = onnx_model(nodes, SHAPE, ["y"], {"size": np.array([1, 3, 600, 600])})
    session = open_session(model.SerializeToString(), threads=1)
    with pytest.raises(BundleError, match="took more than"):
        run_session(session, None, {"x": BLACK}, 600 * 600)
