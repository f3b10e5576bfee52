"""Tensors of the Open Inference Protocol: images in, answers out, as JSON or as binary data.

Source: the protocol's HTTP/REST part, https://github.com/kserve/open-inference-protocol, and its
extension for binary tensor data, https://github.com/triton-inference-server/server.
"""

import json
import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.service.json_bodies import parse_json
from peu.service.refusals import Refusal
from peu.service.uploads import UNNAMED, Upload, decode_base64, too_many

INPUT = "image"
BINARY_HEADER = "inference-header-content-length"
_LENGTH = struct.Struct("<I")
_DATATYPES = {"bool": "BOOL", "float64": "FP64", "object": "BYTES"}


@dataclass(frozen=True, eq=False)
class InferRequest:
    """What a client asks for.

    Attributes:
        id: the client's own name of the request, given back; None where it has none.
        images: of its one input.
        parameters: of the request.
        outputs: names of the outputs that are wanted, and whether as binary data; None is all.
    """

    id: str | None
    images: Sequence[Upload]
    parameters: Mapping[str, Any]
    outputs: Mapping[str, bool] | None

    def is_binary(self, name: str) -> bool:
        """Whether an output is wanted as binary data."""
        if self.outputs is not None and name in self.outputs:
            return self.outputs[name]
        return self.parameters.get("binary_data_output") is True


def read_infer_request(body: bytes, header_length: str | None, *, most: int) -> InferRequest:
    """Read an inference request.

    Args:
        body: the whole of it.
        header_length: of the JSON at its start, where binary data follow.
        most: images that are taken.

    Raises:
        Refusal: it does not keep to the protocol, or asks for more than is done.
    """
    start, binary = _split(body, header_length)
    value = parse_json(start)
    if not isinstance(value, dict):
        raise _malformed("an object", type(value).__name__)
    inputs = value.get("inputs")
    if not isinstance(inputs, list) or len(inputs) != 1 or not isinstance(inputs[0], dict):
        raise _malformed(f"one input, named {INPUT!r}", _briefly(inputs))
    request_id = value.get("id")
    if request_id is not None and not isinstance(request_id, str):
        raise _malformed("an id that is text", _briefly(request_id))
    images, used = _images(inputs[0], binary, most)
    if used != len(binary):
        raise _malformed(f"{used} bytes of binary data", f"{len(binary)} bytes")
    return InferRequest(request_id, images, _parameters(value), _wanted(value.get("outputs")))


@dataclass(eq=False)
class InferResponse:
    """An answer that is put together, output by output."""

    model: str
    version: str
    id: str | None
    _outputs: list[dict[str, Any]] = field(default_factory=list)
    _binary: list[bytes] = field(default_factory=list)

    def add(self, name: str, values: NDArray[Any], *, binary: bool) -> None:
        """Add an output.

        Args:
            name: of the output.
            values: booleans, float64, or texts as objects.
            binary: put it behind the JSON.
        """
        output: dict[str, Any] = {
            "name": name,
            "datatype": _DATATYPES[values.dtype.name],
            "shape": list(values.shape),
        }
        if binary:
            data = _as_bytes(values)
            output["parameters"] = {"binary_data_size": len(data)}
            self._binary.append(data)
        else:
            output["data"] = values.ravel().tolist()
        self._outputs.append(output)

    def body(self) -> tuple[bytes, dict[str, str]]:
        """The response's body and headers."""
        value: dict[str, Any] = {"model_name": self.model, "model_version": self.version}
        if self.id is not None:
            value["id"] = self.id
        value["outputs"] = self._outputs
        text = json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace")
        if not self._binary:
            return text, {"content-type": "application/json"}
        headers = {"content-type": "application/octet-stream", BINARY_HEADER: str(len(text))}
        return b"".join([text, *self._binary]), headers


def _split(body: bytes, header_length: str | None) -> tuple[bytes, bytes]:
    if header_length is None:
        return body, b""
    if not header_length.isdecimal() or len(header_length) > 12 or int(header_length) > len(body):
        raise _malformed("a header length within the body", repr(header_length[:20]))
    at = int(header_length)
    return body[:at], body[at:]


def _images(tensor: Mapping[str, Any], binary: bytes, most: int) -> tuple[list[Upload], int]:
    """The images of a tensor, and how many bytes of binary data they took."""
    if tensor.get("name") != INPUT:
        raise _malformed(f"an input named {INPUT!r}", _briefly(tensor.get("name")))
    shape = tensor.get("shape")
    if not isinstance(shape, list) or not all(type(side) is int and side >= 0 for side in shape):
        raise _malformed("a shape of whole numbers", _briefly(shape))
    size = _parameters(tensor).get("binary_data_size")
    if size is not None and (type(size) is not int or not 0 <= size <= len(binary)):
        raise _malformed("a binary_data_size within the body", _briefly(size))
    if (size is None) == ("data" not in tensor):
        raise _malformed("either data or binary_data_size", "both or neither")
    data = binary[:size] if size is not None else tensor["data"]
    if tensor.get("datatype") == "BYTES":
        found: list[Upload] = _encoded(shape, data, most)
    elif tensor.get("datatype") == "UINT8":
        found = _pixels(shape, data, most)
    else:
        raise _malformed("BYTES or UINT8", _briefly(tensor.get("datatype")))
    return found, size or 0


def _encoded(shape: list[int], data: Any, most: int) -> list[Upload]:
    """Image files, as base64 in JSON or each behind its length in binary data."""
    if len(shape) not in (1, 2) or (len(shape) == 2 and shape[1] != 1):
        raise _malformed("BYTES of shape [n] or [n, 1]", _briefly(shape))
    if shape[0] > most:
        raise too_many(most)
    if isinstance(data, bytes):
        files = _strings(data, most)
    else:
        items = data if isinstance(data, list) else [data]
        flat = [each for item in items for each in (item if isinstance(item, list) else [item])]
        if len(flat) > most:
            raise too_many(most)
        files = [decode_base64(text) for text in flat]
    if len(files) != shape[0] or not files:
        raise _malformed(f"{max(1, shape[0])} images, as the shape says", str(len(files)))
    return [Upload(UNNAMED, content) for content in files]


def _strings(data: bytes, most: int) -> list[bytes]:
    found: list[bytes] = []
    at = 0
    while at < len(data):
        if len(found) == most:
            raise too_many(most)
        if at + _LENGTH.size > len(data):
            raise _malformed("a length of 4 bytes before every image", "less")
        (length,) = _LENGTH.unpack_from(data, at)
        at += _LENGTH.size
        if at + length > len(data):
            raise _malformed("images as long as they say", "less data")
        found.append(data[at : at + length])
        at += length
    return found


def _pixels(shape: list[int], data: Any, most: int) -> list[Upload]:
    """Arrays of pixels (n, height, width, channels), or one of them."""
    if len(shape) == 3:
        shape = [1, *shape]
    if len(shape) != 4 or shape[3] not in (1, 3) or 0 in shape:
        raise _malformed("UINT8 of shape [n, height, width, 3]", _briefly(shape))
    if shape[0] > most:
        raise too_many(most)
    if isinstance(data, bytes):
        values = np.frombuffer(data, np.uint8)
    else:
        try:
            found = np.asarray(data)
        except ValueError:
            raise _malformed("numbers, as the shape says", "lists of different lengths") from None
        if found.dtype.kind not in "iu" or (found.size and not _are_bytes(found)):
            raise _malformed("whole numbers from 0 to 255", "something else")
        values = found.astype(np.uint8)
    if values.size != math.prod(shape):
        raise _malformed(f"{math.prod(shape)} values, as the shape says", str(values.size))
    return [Upload(UNNAMED, image) for image in values.reshape(shape)]


def _are_bytes(values: NDArray[Any]) -> bool:
    return bool(values.min() >= 0 and values.max() <= 255)


def _parameters(value: Mapping[str, Any]) -> Mapping[str, Any]:
    found = value.get("parameters", {})
    if not isinstance(found, dict):
        raise _malformed("parameters that are an object", _briefly(found))
    return found


def _wanted(outputs: Any) -> Mapping[str, bool] | None:
    if outputs is None or outputs == []:
        return None
    if not isinstance(outputs, list) or not all(
        isinstance(each, dict) and isinstance(each.get("name"), str) for each in outputs
    ):
        raise _malformed("outputs that are a list of objects with a name", _briefly(outputs))
    return {each["name"]: _parameters(each).get("binary_data") is True for each in outputs}


def _as_bytes(values: NDArray[Any]) -> bytes:
    if values.dtype != object:
        return np.ascontiguousarray(values).tobytes()
    texts = [str(each).encode("utf-8", "replace") for each in values.ravel()]
    return b"".join(_LENGTH.pack(len(text)) + text for text in texts)


def _malformed(expected: str, received: str) -> Refusal:
    return Refusal(400, f"An inference request needs {expected}. Received: {received}.")


def _briefly(value: Any) -> str:
    return repr(value)[:80]
