"""What an ONNX file says of itself, held against limits before anything of it is loaded."""

import math
from collections.abc import Iterator

MOST_NODES = 20_000
MOST_TENSORS = 20_000
_DEEPEST = 4
_STANDARD = (b"", b"ai.onnx")

# Field numbers of the messages in onnx.proto, which is fixed for good.
_GRAPH, _TRAINING, _FUNCTIONS = 7, 20, 25
_NODE, _INITIALIZER, _SPARSE = 1, 5, 15
_OPERATOR, _ATTRIBUTE, _DOMAIN = 4, 5, 7
_TENSOR, _SUBGRAPH, _TENSORS, _SUBGRAPHS, _SPARSE_TENSOR, _SPARSE_TENSORS = 5, 6, 10, 11, 22, 23
_DIMS, _EXTERNAL, _LOCATION = 1, 13, 14
_DATA = (4, 5, 6, 7, 9, 10, 11)

_OPERATORS = """
Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool
BatchNormalization BitShift BitwiseAnd BitwiseNot BitwiseOr BitwiseXor Cast CastLike Ceil Celu
CenterCropPad Clip Col2Im Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose
Cos Cosh CumSum DeformConv DepthToSpace DequantizeLinear Det Div DynamicQuantizeLinear Einsum Elu
Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather GatherElements GatherND Gelu Gemm
GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual GridSample GroupNormalization
HardSigmoid HardSwish Hardmax Identity If InstanceNormalization IsInf IsNaN LRN LSTM
LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul
MatMulInteger Max MaxPool MaxUnpool Mean MeanVarianceNormalization Min Mish Mod Mul Neg NonZero
Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul QuantizeLinear RMSNormalization RNN Range
Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin
ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize ReverseSequence RoiAlign RotaryEmbedding
Round ScatterElements ScatterND Selu Shape Shrink Sigmoid Sign Sin Sinh Size Slice Softmax
Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh ThresholdedRelu Tile TopK
Transpose Trilu Unsqueeze Upsample Where Xor
"""
OPERATORS = frozenset(_OPERATORS.split())
"""Operators that a model of images may have: none loops, draws at random or handles text."""


class _Counts:
    def __init__(self) -> None:
        self.nodes = self.tensors = 0


def check_onnx(content: bytes) -> None:
    """Refuse a file that is not made of plain operators and of the numbers that it holds.

    Only the structure is read, in milliseconds: whatever a file declares, nothing is allocated.

    Args:
        content: the file.

    Raises:
        ValueError: it is cut short or no ONNX file, has functions, operators that are not among
            `OPERATORS`, weights in other files, tensors that declare more than the file holds, or
            more nodes or tensors than `MOST_NODES` and `MOST_TENSORS`.
    """
    counts = _Counts()
    graphs = 0
    for number, value in _fields(memoryview(content)):
        if number == _GRAPH:
            graphs += 1
            _check_graph(_message(value), counts, 0)
        elif number in (_TRAINING, _FUNCTIONS):
            raise ValueError(
                "it must be made of standard ONNX operators, but has functions or a training part: "
                "export it inlined, for inference"
            )
    if graphs != 1 or not counts.nodes:
        raise ValueError("it has no operators")


def _check_graph(graph: memoryview, counts: _Counts, depth: int) -> None:
    if depth > _DEEPEST:
        raise ValueError(f"it has graphs within graphs, more than {_DEEPEST} deep")
    for number, value in _fields(graph):
        if number == _NODE:
            counts.nodes += 1
            _check_node(_message(value), counts, depth)
        elif number == _INITIALIZER:
            _check_tensor(_message(value), counts)
        elif number == _SPARSE:
            raise ValueError("it has sparse weights: save it with plain ones")
    if counts.nodes > MOST_NODES or counts.tensors > MOST_TENSORS:
        raise ValueError(
            f"it has {counts.nodes:,} operators and {counts.tensors:,} tensors, and at most "
            f"{MOST_NODES:,} and {MOST_TENSORS:,} are read"
        )


def _check_node(node: memoryview, counts: _Counts, depth: int) -> None:
    operator, domain = b"", b""
    for number, value in _fields(node):
        if number == _OPERATOR:
            operator = bytes(_message(value))
        elif number == _DOMAIN:
            domain = bytes(_message(value))
        elif number == _ATTRIBUTE:
            _check_attribute(_message(value), counts, depth)
    name = operator.decode("utf-8", "replace")
    if domain not in _STANDARD or name not in OPERATORS:
        of = f"{domain.decode('utf-8', 'replace')}.{name}" if domain not in _STANDARD else name
        raise ValueError(
            f"it must be made of standard ONNX operators for images, but has `{of}`: export it "
            "without custom, fused or looping operators"
        )


def _check_attribute(attribute: memoryview, counts: _Counts, depth: int) -> None:
    for number, value in _fields(attribute):
        if number in (_TENSOR, _TENSORS):
            _check_tensor(_message(value), counts)
        elif number in (_SUBGRAPH, _SUBGRAPHS):
            _check_graph(_message(value), counts, depth + 1)
        elif number in (_SPARSE_TENSOR, _SPARSE_TENSORS):
            raise ValueError("it has sparse weights: save it with plain ones")


def _check_tensor(tensor: memoryview, counts: _Counts) -> None:
    counts.tensors += 1
    sides: list[int] = []
    held = 0
    for number, value in _fields(tensor):
        if number == _DIMS:
            sides += [value] if isinstance(value, int) else _varints(value)
        elif number in _DATA:
            held += 10 if isinstance(value, int) else len(value)
        elif number == _EXTERNAL or (number == _LOCATION and value):
            raise ValueError(
                "its weights are in another file: save it again with its weights inside"
            )
    # Half a byte is the least that a number takes.
    if any(side >> 63 for side in sides) or math.prod(sides) > 2 * held:
        raise ValueError(f"a tensor declares {sides} numbers, and its file holds {held:,} bytes")


def _message(value: "int | memoryview") -> memoryview:
    if isinstance(value, int):
        raise ValueError("it is no ONNX file")  # noqa: TRY004 - a file's content, not a type
    return value


def _varints(packed: memoryview) -> list[int]:
    found, at = [], 0
    while at < len(packed):
        value, at = _varint(packed, at)
        found.append(value)
    return found


def _fields(message: memoryview) -> "Iterator[tuple[int, int | memoryview]]":
    """The fields of a protocol buffer's message, in order: their numbers and what they hold."""
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == 0:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == 2:
            size, at = _varint(message, at)
        elif kind in (1, 5):
            size = 8 if kind == 1 else 4
        else:
            raise ValueError("it is no ONNX file")
        if at + size > end:
            raise ValueError("it is cut short, or no ONNX file")
        yield number, message[at : at + size]
        at += size


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            break
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("it is cut short, or no ONNX file")
