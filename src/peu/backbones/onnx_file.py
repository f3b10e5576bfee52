"""Any ONNX file as a backbone: checked, its pixels scaled, its output pooled to features."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from peu.errors import BundleError, RecipeError
from peu.files import read_bytes
from peu.models.onnx_limits import check_onnx
from peu.models.onnx_session import open_session, run_session, running_alone

DEFAULT_SIZE = (224, 224)
MOST_BYTES = 1 << 30
_LARGEST_SIDE = 2048
_STANDARD = ("", "ai.onnx")
_OLDEST_OPSET, _CONVERTED_OPSET = 13, 17
_FLOATS = {1: "float", 10: "float16", 11: "double"}
_FLOAT, _UINT8 = 1, 2
_CHANNELS = 3
_PREFIX = "backbone/"
_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
_IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


@dataclass(frozen=True)
class _Input:
    """The one input of a file.

    Attributes:
        name: of the tensor.
        kind: its ONNX element type.
        channels_first: (n, 3, h, w) rather than (n, h, w, 3).
        size: (height, width), None where it takes any.
        one_at_a_time: whether it takes batches of one image only.
    """

    name: str
    kind: int
    channels_first: bool
    size: tuple[int | None, int | None]
    one_at_a_time: bool


def read_onnx_backbone(path: Path, preprocessing: str, image_size: tuple[int, int] | None) -> Any:
    """Read an ONNX file, and make a feature network of it.

    Of several outputs the first of shape (n, d) is taken, or else the first of shape (n, t, d)
    or (n, c, h, w). Of tokens the mean counts; where their number is no square, the first is a
    class token and counts beside the mean of the others. Of a map the mean over its places counts.

    Args:
        path: the file.
        preprocessing: how pixels are scaled: "tf", "torch", "caffe", "unit" or "none".
        image_size: (height, width); None is what the file was made for, or 224 x 224.

    Returns:
        An `onnx.ModelProto` from uint8 "pixels" (n, height, width, 3) to float32 "features"
        (n, d), and to the "map" (n, c, rows, columns) that was pooled, where there was one.

    Raises:
        BundleError: the file is damaged, too large, not complete in itself, or no backbone.
        RecipeError: `image_size` or `preprocessing` is not one that it takes.
    """
    model = _load(path)
    given = _input(path, model)
    size = _size(path, given, image_size)
    if given.kind == _UINT8 and preprocessing != "none":
        raise RecipeError(
            f"`backbone_preprocessing` must be none for `{path.name}`, which takes whole numbers "
            f"from 0 to 255 and scales them itself. Received: {preprocessing!r}. Use none."
        )
    output, shape = _output(path, model, given, size)
    try:
        return _assemble(model, given, size, preprocessing, output, shape)
    except Exception as error:
        raise BundleError(
            f"`{path}` must be an ONNX model that features can be taken from. It could not be "
            f"used: {_reason(error)} Export it again, with opset 17."
        ) from error


def _load(path: Path) -> Any:
    import onnx
    from onnx import version_converter

    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise BundleError(
            f"`{path}` must be at most 1 GiB. It is {path.stat().st_size / (1 << 30):.1f} GiB. "
            "Choose a smaller network."
        )
    try:
        content = read_bytes(path, most_bytes=MOST_BYTES)
        check_onnx(content)
        model = onnx.load_from_string(content)
        if _opset(model) < _OLDEST_OPSET:
            model = version_converter.convert_version(model, _CONVERTED_OPSET)
    except Exception as error:
        raise BundleError(
            f"`{path}` must be an ONNX model. It could not be read: {_reason(error)} Export it "
            "again."
        ) from error
    return model


def _opset(model: Any) -> int:
    found: list[int] = [each.version for each in model.opset_import if each.domain in _STANDARD]
    if not found or not model.graph.node:
        raise ValueError("it has no operators.")
    return found[0]


def _input(path: Path, model: Any) -> _Input:
    constants = {each.name for each in model.graph.initializer}
    inputs = [each for each in model.graph.input if each.name not in constants]
    shapes = [
        [dim.dim_value or dim.dim_param or None for dim in each.type.tensor_type.shape.dim]
        for each in inputs
    ]
    if len(inputs) == 1 and len(shapes[0]) == 4:
        shape, kind = shapes[0], inputs[0].type.tensor_type.elem_type
        first = shape[1] == _CHANNELS
        batch = shape[0] if isinstance(shape[0], int) else None
        if (first or shape[3] == _CHANNELS) and kind in (*_FLOATS, _UINT8) and batch in (None, 1):
            sides = shape[2:] if first else shape[1:3]
            height, width = (side if isinstance(side, int) else None for side in sides)
            return _Input(inputs[0].name, kind, first, (height, width), batch == 1)
    found = ", ".join(
        f"{each.name} of shape {tuple(shape)}" for each, shape in zip(inputs, shapes, strict=True)
    )
    raise BundleError(
        f"`{path}` must take images (n, 3, h, w) or (n, h, w, 3), as floating point numbers or "
        f"uint8, and nothing else. It takes {found[:200] or 'nothing'}. Export only the part "
        "from images to features."
    )


def _size(path: Path, given: _Input, wanted: tuple[int, int] | None) -> tuple[int, int]:
    height, width = (made or (wanted or DEFAULT_SIZE)[axis] for axis, made in enumerate(given.size))
    if wanted is not None and (height, width) != wanted:
        raise RecipeError(
            f"`image_size` must be {(height, width)}, which is what `{path.name}` was made for. "
            f"Received: {wanted}. Leave it out."
        )
    if max(height, width) > _LARGEST_SIDE:
        raise BundleError(
            f"`{path}` must take images of at most {_LARGEST_SIDE} pixels a side. It takes "
            f"{height} x {width}. Export it for another size."
        )
    return height, width


def _output(
    path: Path, model: Any, given: _Input, size: tuple[int, int]
) -> tuple[str, tuple[int, ...]]:
    """The output to use, and its shape for one image: found by running the model."""
    shape = (1, _CHANNELS, *size) if given.channels_first else (1, *size, _CHANNELS)
    kinds = {1: np.float32, 2: np.uint8, 10: np.float16, 11: np.float64}
    try:
        session = open_session(model.SerializeToString())
        black = np.zeros(shape, kinds[given.kind])
        with running_alone():
            found = run_session(session, None, {given.name: black}, size[0] * size[1])
    except Exception as error:
        raise BundleError(
            f"`{path}` must run on images of {size[0]} x {size[1]} pixels. It does not: "
            f"{_reason(error)} Name another --image-size, or export the model again."
        ) from error
    shapes = {
        each.name: np.shape(values)
        for each, values in zip(session.get_outputs(), found, strict=True)
    }
    for rank in (2, 3, 4):
        for name, each in shapes.items():
            if len(each) == rank and each[0] == 1 and math.prod(each) > 0:
                return name, each
    raise BundleError(
        f"`{path}` must give features (n, d), tokens (n, t, d) or a map (n, c, h, w). It gives "
        f"{', '.join(str(each) for each in shapes.values())[:200]} for one image. Cut it after "
        "its features."
    )


def _assemble(
    model: Any,
    given: _Input,
    size: tuple[int, int],
    preprocessing: str,
    output: str,
    shape: tuple[int, ...],
) -> Any:
    from onnx import TensorProto, checker, compose, helper

    inner = compose.add_prefix(model, _PREFIX)
    parts = _Parts(_opset(inner))
    parts.scale(preprocessing, given, f"{_PREFIX}{given.name}")
    before = list(parts.nodes)
    parts.nodes.clear()
    first = _channels_first(shape, size, given)
    has_map = parts.pool(f"{_PREFIX}{output}", shape, channels_first=first)
    nodes = [*before, *inner.graph.node, *parts.nodes]
    count = 1 if given.one_at_a_time else "n"
    pixels = helper.make_tensor_value_info("pixels", TensorProto.UINT8, [count, *size, _CHANNELS])
    outputs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, [count, None])]
    if has_map:
        outputs.append(
            helper.make_tensor_value_info("map", TensorProto.FLOAT, [count, *[None] * 3])
        )
    graph = helper.make_graph(
        nodes, "features", [pixels], outputs, [*inner.graph.initializer, *parts.constants]
    )
    graph.sparse_initializer.extend(inner.graph.sparse_initializer)
    found = helper.make_model(graph, opset_imports=inner.opset_import, ir_version=inner.ir_version)
    checker.check_model(found)
    return found


def _channels_first(shape: tuple[int, ...], size: tuple[int, int], given: _Input) -> bool:
    """Whether a map is (n, c, rows, columns): its rows and columns are in the image's proportions.

    Where both could be, it is as the input is.
    """
    if len(shape) != 4:
        return given.channels_first

    def distortion(rows: int, columns: int) -> float:
        if rows > size[0] or columns > size[1]:
            return math.inf
        return abs(math.log(size[0] / rows) - math.log(size[1] / columns))

    first, last = distortion(*shape[2:]), distortion(*shape[1:3])
    return given.channels_first if first == last else first < last


class _Parts:
    """Nodes and constants before and behind a graph, in whatever opset it is."""

    def __init__(self, opset: int) -> None:
        self._opset = opset
        self._count = 0
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def scale(self, preprocessing: str, given: _Input, target: str) -> None:
        """From "pixels" to what the graph takes."""
        x = "pixels"
        if given.kind != _UINT8:
            x = self._node("Cast", [x], to=_FLOAT)
            if preprocessing == "tf":
                x = self._node("Div", [x, self._constant(127.5)])
                x = self._node("Sub", [x, self._constant(1)])
            elif preprocessing == "unit":
                x = self._node("Div", [x, self._constant(255)])
            elif preprocessing == "torch":
                x = self._node("Div", [x, self._constant(255)])
                x = self._node("Sub", [x, self._constant(_IMAGENET_MEAN)])
                x = self._node("Div", [x, self._constant(_IMAGENET_DEVIATION)])
            elif preprocessing == "caffe":
                x = self._node("Gather", [x, self._constant([2, 1, 0], np.int64)], axis=3)
                x = self._node("Sub", [x, self._constant(_IMAGENET_MEAN_BGR)])
        if given.channels_first:
            x = self._node("Transpose", [x], perm=[0, 3, 1, 2])
        if given.kind not in (_FLOAT, _UINT8):
            x = self._node("Cast", [x], to=given.kind)
        self._node("Identity", [x], target)

    def pool(self, x: str, shape: tuple[int, ...], *, channels_first: bool) -> bool:
        """From the graph's output to "features"; whether there is a "map" too."""
        x = self._node("Cast", [x], to=_FLOAT)
        if len(shape) == 2:
            self._node("Identity", [x], "features")
            return False
        if len(shape) == 3:
            count = shape[1]
            if math.isqrt(count) ** 2 == count:
                self._mean(x, [1], "features")
                return False
            first = self._node("Gather", [x, self._constant(0, np.int64)], axis=1)
            ends = [self._constant([each], np.int64) for each in (1, count, 1)]
            others = self._mean(self._node("Slice", [x, *ends]), [1])
            self._node("Concat", [first, others], "features", axis=1)
            return False
        if not channels_first:
            x = self._node("Transpose", [x], perm=[0, 3, 1, 2])
        self._node("Identity", [x], "map")
        self._mean("map", [2, 3], "features")
        return True

    def _mean(self, x: str, axes: Sequence[int], output: str = "") -> str:
        # Since opset 18 the axes are an input.
        if self._opset >= 18:
            inputs = [x, self._constant(axes, np.int64)]
            return self._node("ReduceMean", inputs, output, keepdims=0)
        return self._node("ReduceMean", [x], output, axes=list(axes), keepdims=0)

    def _node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        from onnx import helper

        self._count += 1
        output = output or f"around/{self._count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _constant(self, value: Any, dtype: Any = np.float32) -> str:
        from onnx import numpy_helper

        name = f"around/constant{len(self.constants)}"
        self.constants.append(numpy_helper.from_array(np.asarray(value, dtype), name))
        return name


def _reason(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0].strip() if lines else type(error).__name__
    return text[:200] + ("" if text.endswith(".") else ".")
