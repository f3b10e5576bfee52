"""What a hostile client sends: bodies, headers and connections that want to break a service."""

import base64
import io
import json
import random
import socket
import struct
import zlib
from collections.abc import Callable

import numpy as np
from PIL import Image

Raw = bytes
"""A whole HTTP request."""

_SECONDS = 60.0


def request(
    body: bytes = b"",
    kind: str = "application/octet-stream",
    *,
    method: str = "POST",
    path: str = "/predict",
    headers: str = "",
    length: int | None = None,
) -> Raw:
    """A request as it goes over the wire."""
    size = len(body) if length is None else length
    return (
        f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\n"
        f"Content-Length: {size}\r\nConnection: close\r\n{headers}\r\n"
    ).encode("latin-1", "replace") + body


def send(port: int, content: Raw, *, pause: float = 0.0, parts: int = 1) -> int:
    """Send a request, perhaps in parts, and give the status; 0 where the connection was closed."""
    size = max(1, -(-len(content) // parts))
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_SECONDS) as connection:
            for start in range(0, len(content), size):
                connection.sendall(content[start : start + size])
                if pause:
                    connection.settimeout(pause)
                    try:
                        return _status(connection.recv(65536))
                    except TimeoutError:
                        connection.settimeout(_SECONDS)
            return _status(connection.recv(65536))
    except (OSError, ValueError):
        return 0


class Attacks:
    """Makers of hostile requests.

    Args:
        photo: a sound JPEG, which they spoil.
        seed: of what is drawn.
    """

    KINDS = (
        "flipped",
        "cut",
        "noise",
        "bomb",
        "bombs_in_a_form",
        "names",
        "broken_form",
        "json_bodies",
        "tensors",
        "paths",
        "headers",
        "no_http",
        "lengths",
        "kinds",
    )

    def __init__(self, photo: bytes, seed: int) -> None:
        self._photo = photo
        self._rng = random.Random(seed)
        self._bombs = {name: make() for name, make in _BOMBS.items()}

    def draw(self) -> tuple[str, Raw]:
        """A request of any kind, and its kind."""
        kind = self._rng.choice(self.KINDS)
        made: Raw = getattr(self, kind)()
        return kind, made

    def flipped(self) -> Raw:
        """Some bytes of a sound image changed."""
        content = bytearray(self._photo)
        for _ in range(self._rng.randint(1, 30)):
            content[self._rng.randrange(len(content))] = self._rng.randrange(256)
        return request(bytes(content), "image/jpeg")

    def cut(self) -> Raw:
        """A sound image cut short."""
        return request(self._photo[: self._rng.randrange(len(self._photo))], "image/jpeg")

    def noise(self) -> Raw:
        """Bytes that are nothing."""
        return request(self._rng.randbytes(self._rng.randrange(1, 5000)))

    def bomb(self) -> Raw:
        """Small files of large images."""
        return request(self._bombs[self._rng.choice(list(self._bombs))])

    def bombs_in_a_form(self) -> Raw:
        """Many of them at once."""
        many = [
            self._bombs[self._rng.choice(list(self._bombs))]
            for _ in range(self._rng.randint(1, 12))
        ]
        parts = b"".join(_part(b"image", b"x.png", each) for each in many)
        return request(parts + b"--b--\r\n", "multipart/form-data; boundary=b")

    def names(self) -> Raw:
        """Names that lead elsewhere, or are none."""
        name = self._rng.choice(
            [b"../../../etc/passwd", b"C:\\x", b"a" * 9000, b"\xff\x00", b'"><script>']
        )
        field = self._rng.choice([b"image", b"file", b"", b"__proto__"])
        return request(
            _part(field, name, self._photo) + b"--b--\r\n", "multipart/form-data; boundary=b"
        )

    def broken_form(self) -> Raw:
        """Forms that do not end, or not as they say."""
        body = _part(b"image", b"x", self._photo) * self._rng.choice([1, 40])
        end = self._rng.choice([b"", b"--b", b"--b--", b"--c--\r\n", b"\r\n" * 5000])
        boundary = self._rng.choice(["b", "c", "", "b" * 300, '"', "b; boundary=c"])
        return request(body + end, f"multipart/form-data; boundary={boundary}")

    def json_bodies(self) -> Raw:
        """JSON that is deep, wide, or of something else."""
        return request(self._rng.choice(_JSON), "application/json")

    def tensors(self) -> Raw:
        """Tensors that are not what they say."""
        body, headers = _tensor(self._rng, self._photo)
        return request(body, "application/json", path="/v2/models/model/infer", headers=headers)

    def paths(self) -> Raw:
        """Paths that lead out, or nowhere."""
        path = self._rng.choice(
            [
                "/../../etc/passwd",
                "/static/..%2f..%2fserver.py",
                "/static/%00",
                "/v2/models/..%2f..%2fetc/infer",
                "/%c0%ae%c0%ae/",
                "//evil.example/predict",
                "/predict?coverage=1e999&model=../x",
                "/predict?coverage=NaN",
                f"/{'a' * 6000}",
                "/v2/models/model/versions/9999999999999999999/infer",
            ]
        )
        return request(
            self._photo, method=self._rng.choice(["GET", "POST", "PUT", "OPTIONS"]), path=path
        )

    def headers(self) -> Raw:
        """Headers that are huge, many or at odds."""
        line = self._rng.choice(
            [
                f"X-Big: {'a' * 70_000}\r\n",
                "X-Many: a\r\n" * 4000,
                "Transfer-Encoding: chunked\r\n",
                "Content-Length: 5\r\n",
                "Content-Encoding: gzip\r\n",
                "Origin: http://evil.example\r\n",
                "Host: evil.example\r\n",
                "Expect: 100-continue\r\n",
                "Upgrade: websocket\r\nConnection: Upgrade\r\n",
                "X-Null: \0\r\n",
                "Authorization: Bearer \xff\r\n",
                "Inference-Header-Content-Length: 99999999999999999999\r\n",
            ]
        )
        return request(self._photo, headers=line)

    def no_http(self) -> Raw:
        """What is not HTTP/1.1."""
        return self._rng.choice(
            [
                b"\x16\x03\x01\x02\x00\x01\x00",
                b"GET / HTTP/9.9\r\n\r\n",
                b"GET\r\n\r\n",
                self._rng.randbytes(500),
                b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
                b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\nx",
            ]
        )

    def lengths(self) -> Raw:
        """Bodies of another length than said."""
        return request(
            self._photo, length=self._rng.choice([0, 10**12, 33 << 20, len(self._photo) + 1])
        )

    def kinds(self) -> Raw:
        """Types that are not read."""
        return request(
            self._photo,
            self._rng.choice(
                ["text/html", "video/mp4", "", "image", "application/xml", "a/b" * 2000]
            ),
        )


def _status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1]) if answer.startswith(b"HTTP/1") else 0


def _part(field: bytes, name: bytes, content: bytes) -> bytes:
    start = b'--b\r\nContent-Disposition: form-data; name="' + field + b'"; filename="' + name
    return start + b'"\r\n\r\n' + content + b"\r\n"


def _encoded(image: Image.Image, format_name: str, **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def _png(width: int, height: int, rows: bytes, colour: int = 0, depth: int = 8) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def _wide_tiff() -> bytes:
    """A small image that says that its only tile is 30,000 x 30,000 pixels."""
    entries = [(256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1)]
    entries += [(322, 30_000), (323, 30_000), (324, 200), (325, 64)]
    listed = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + listed + bytes(4)
    return head.ljust(200, b"\0") + zlib.compress(bytes(1 << 20))[:64]


# The largest that is decoded, in the costly kinds; and what only says that it is large.
_BOMBS: dict[str, Callable[[], bytes]] = {
    "100 megapixels promised": lambda: _png(10_001, 10_000, b"\0"),
    "25 megapixels, alpha": lambda: _png(5000, 4999, bytes(4999 * 20_001), colour=6),
    "25 megapixels, 16 bits": lambda: _png(5000, 4999, bytes(4999 * 10_001), depth=16),
    "25 megapixels, JPEG": lambda: _encoded(Image.new("L", (5000, 4999)), "JPEG"),
    "25 megapixels, progressive": lambda: _encoded(
        Image.new("RGB", (5000, 4999)), "JPEG", progressive=True
    ),
    "24 megapixels, WebP": lambda: _encoded(Image.new("RGBA", (6000, 4000)), "WEBP"),
    "24 megapixels, GIF": lambda: _encoded(Image.new("P", (6000, 4000)), "GIF"),
    "24 megapixels, floats": lambda: _encoded(
        Image.fromarray(np.zeros((4000, 6000), np.float32)), "TIFF", compression="tiff_deflate"
    ),
    "giant tile": _wide_tiff,
}

_JSON = (
    b"[" * 200_000,
    b'{"image": ' * 5000,
    b"[{}," * 200_000,
    b'{"image": [' + b'"",' * 100_000 + b'""]}',
    b'{"image": "' + base64.b64encode(bytes(3000)) + b'"}',
    b'{"image": "%%%"}',
    b'{"image": {"path": "/etc/passwd"}}',
    b'{"image": "file:///etc/passwd"}',
    b'{"image": "http://127.0.0.1/"}',
    b'{"image": 1e999}',
    b"1" * 100_000,
    b"\xff\xfe\x00",
    b'"\\ud800"',
    b"null",
    b"",
)


def _tensor(rng: random.Random, photo: bytes) -> tuple[bytes, str]:
    shape = rng.choice([[1], [10**9], [-1], [2**63], [1, 1], [0], [40_000, 40_000, 3], "x", None])
    data = rng.choice(
        [[base64.b64encode(photo).decode()], [0] * 100_000, [[[]]], "x", [None], [1e308], [{}] * 50]
    )
    tensor = {
        "name": rng.choice(["image", "image", "x", 5]),
        "datatype": rng.choice(["BYTES", "UINT8", "FP64", None]),
        "shape": shape,
        "data": data,
    }
    head: dict[str, object] = {"inputs": [tensor] * rng.choice([1, 1, 1, 2])}
    if rng.random() < 0.5:
        tensor.pop("data")
        tensor["parameters"] = {"binary_data_size": rng.choice([4, 2**40, -1, "x", 100])}
        text = json.dumps(head).encode()
        binary = rng.choice([b"\xff" * 4, struct.pack("<I", 96) + bytes(96), b""])
        return text + binary, f"Inference-Header-Content-Length: {len(text)}\r\n"
    return json.dumps(head).encode(), ""
