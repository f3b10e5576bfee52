"""Images in the body of a request: a form, JSON, or an image itself."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.service.json_bodies import parse_json
from peu.service.refusals import Refusal, too_large, unusable

FIELD = "image"
UNNAMED = "-"
_RAW = ("application/octet-stream", "application/x-www-form-urlencoded", "")
_LONGEST_NAME = 255


@dataclass(frozen=True, eq=False)
class Upload:
    """An image as it was sent.

    Attributes:
        name: the client's name of it, only ever given back; "-" where it has none.
        content: of an image file, or pixels (height, width[, 3]) uint8.
    """

    name: str
    content: bytes | NDArray[np.uint8]


def read_uploads(content_type: str, body: bytes, *, most: int) -> Sequence[Upload]:
    """Find the images in a body.

    Args:
        content_type: as the request says.
        body: the whole of it.
        most: images that are taken.

    Returns:
        At least one.

    Raises:
        Refusal: of a type that is not read, malformed, or too many images or none.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        found = _from_form(content_type, body, most)
    elif kind == "application/json":
        found = [Upload(UNNAMED, each) for each in _from_json(body, most)]
    elif kind in _RAW or kind.startswith("image/"):
        # curl says that --data-binary is a form, whatever it is.
        found = [Upload(UNNAMED, body)] if body else []
    else:
        raise Refusal(
            415,
            "A body must be multipart/form-data, application/json or an image. Received: "
            f"{kind[:80]!r}. Set Content-Type.",
        )
    if not found:
        raise unusable(f"Expected an image; received none. Send it as the field `{FIELD}`.")
    return found


def decode_base64(text: Any) -> bytes:
    """Bytes of a base64 text, which may be a data URL and have line breaks.

    Raises:
        Refusal: it is no such text.
    """
    if not isinstance(text, str):
        raise unusable(f"An image in JSON must be base64 text. Received: {type(text).__name__}.")
    if text.startswith("data:"):
        text = text.partition(",")[2]
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise unusable(
            "An image in JSON must be base64 text. Received: text with other characters, or cut "
            "short."
        ) from None


def too_many(most: int) -> Refusal:
    """413 for more images than one request may hold."""
    return too_large(f"A request must hold at most {most} images. Received: more. Send several.")


def _from_json(body: bytes, most: int) -> Sequence[bytes]:
    value = parse_json(body)
    if not isinstance(value, dict) or set(value) != {FIELD}:
        raise unusable(
            f'JSON must be an object {{"{FIELD}": BASE64}} or {{"{FIELD}": [BASE64, ...]}}. '
            "Received: something else."
        )
    texts = value[FIELD] if isinstance(value[FIELD], list) else [value[FIELD]]
    if len(texts) > most:
        raise too_many(most)
    return [decode_base64(text) for text in texts]


def _from_form(content_type: str, body: bytes, most: int) -> Sequence[Upload]:
    from python_multipart.exceptions import ParseError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    if not 1 <= len(boundary) <= 200:
        raise unusable("A form must say its boundary in Content-Type. Received: none.")
    form = _Form(most)
    try:
        parser = MultipartParser(boundary, form.callbacks())
        parser.write(body)
        parser.finalize()
    except (ParseError, ValueError, UnicodeError) as error:
        raise unusable(f"A form must be well-formed. Received: {error}.") from None
    if not form.ended:
        raise unusable("A form must end with its boundary. Received: one that is cut short.")
    return form.uploads


class _Form:
    """What the parser of a form tells, part after part."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.uploads: list[Upload] = []
        self.ended = False
        self._name = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._parts: list[bytes] = []

    def callbacks(self) -> Any:
        """By the names that python-multipart asks for."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._all,
        }

    def _begin(self) -> None:
        if len(self.uploads) >= self._most:
            raise too_many(self._most)
        self._headers, self._parts = {}, []

    def _field(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers[self._name.lower()] = self._value
        self._name = self._value = b""

    def _data(self, data: bytes, start: int, end: int) -> None:
        self._parts.append(data[start:end])

    def _end(self) -> None:
        from python_multipart.multipart import parse_options_header

        disposition = self._headers.get(b"content-disposition", b"")
        _, options = parse_options_header(disposition)
        field = options.get(b"name", b"").decode("utf-8", "replace")
        if field != FIELD:
            raise unusable(
                f"A form's fields must be named `{FIELD}`. Received: {field[:40]!r}. Rename it."
            )
        if self._headers.get(b"content-transfer-encoding", b"binary").lower() not in (
            b"binary",
            b"8bit",
            b"7bit",
        ):
            raise unusable("An image in a form must be sent as it is, without an encoding.")
        name = options.get(b"filename", b"").decode("utf-8", "replace")[:_LONGEST_NAME]
        self.uploads.append(Upload(name or UNNAMED, b"".join(self._parts)))
        self._parts = []

    def _all(self) -> None:
        self.ended = True
