"""The server as a process: it starts, bears hostile clients, and ends without losing anything."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from broken_images import BROKEN

HEAVY = ("sklearn", "skimage", "scipy", "matplotlib", "optuna", "keras", "tensorflow", "onnx")
# Serves as `peu serve` does, where importing what training needs fails.
_CODE = f"""
import sys
for name in {HEAVY!r}:
    sys.modules[name] = None
from peu.service import server
server._IDLE_SECONDS = 1.0
from peu.cli.main import main
main()
"""
_HEAD = b"POST /predict HTTP/1.1\r\nHost: localhost\r\n"


class Server:
    """A process that serves, and the port on which it does."""

    def __init__(self, model: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CODE, "serve", str(model), "--port", "0", "--timeout", "2"],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = 0
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"Serving at http://127.0.0.1:(\d+)/", line):
                self.port = int(found.group(1))
                break

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def ask(self, photo: bytes) -> str:
        url = f"http://127.0.0.1:{self.port}/predict"
        with urllib.request.urlopen(urllib.request.Request(url, photo), timeout=60) as answer:
            label: str = json.load(answer)["predictions"][0]["label"]
        return label


@pytest.fixture(scope="module")
def server(model: Path) -> Iterator[Server]:
    found = Server(model)
    yield found
    found.process.kill()
    found.process.communicate()


def _received(connection: socket.socket) -> bytes:
    """Everything until the server closes the connection."""
    received = b""
    try:
        while part := connection.recv(65536):
            received += part
    except ConnectionError:
        pass
    return received


def _hostile(photo: bytes) -> dict[str, tuple[bytes, int]]:
    """Whole requests, and the status of the answer."""

    def body(content: bytes, more: bytes = b"") -> bytes:
        length = str(len(content)).encode()
        return (
            _HEAD + more + b"Connection: close\r\nContent-Length: " + length + b"\r\n\r\n" + content
        )

    found = {name: (body(content), 422) for name, (content, _) in BROKEN.items()}
    found["huge"] = (found["huge"][0], 413)
    return found | {
        "huge header": (_HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n", 400),
        "many headers": (_HEAD + b"X: a\r\n" * 20_000 + b"\r\n", 400),
        "huge body": (_HEAD + b"Content-Length: 99999999999\r\n\r\n", 413),
        "slow body": (_HEAD + b"Content-Length: 1000\r\n\r\n" + photo[:10], 408),
        "slow headers": (_HEAD + b"X-Slow: a", 0),
        "nothing": (b"", 0),
        "no http": (b"\x16\x03\x01\x02\x00", 400),
        "two lengths": (body(photo, b"Content-Length: 5\r\n"), 400),
        "bad chunks": (_HEAD + b"Transfer-Encoding: chunked\r\n\r\nXYZ\r\n", 400),
        "traversal": (b"GET /static/..%2f..%2fx HTTP/1.0\r\nHost: localhost\r\n\r\n", 404),
        "null": (b"GET /%00 HTTP/1.0\r\nHost: localhost\r\n\r\n", 404),
        "no host": (b"GET / HTTP/1.0\r\n\r\n", 421),
        "upgrade": (body(photo, b"Upgrade: websocket\r\nOrigin: http://evil.example\r\n"), 403),
    }


def test_hostile_requests_are_refused_while_good_ones_are_answered(
    server: Server, photo: bytes
) -> None:
    requests = _hostile(photo)
    with contextlib.ExitStack() as opened:
        connections = {name: opened.enter_context(server.connect()) for name in requests}
        for name, (content, _) in requests.items():
            # What is refused before all was sent may be closed at once.
            with contextlib.suppress(ConnectionError):
                connections[name].sendall(content)
        assert server.ask(photo) == "barrel"
        answers = {name: _received(each) for name, each in connections.items()}
    statuses = {name: int(each.split(b" ", 2)[1]) if each else 0 for name, each in answers.items()}
    expected = {name: status for name, (_, status) in requests.items()}
    for name in ("huge header", "many headers"):
        assert statuses.pop(name) in (0, 431, expected.pop(name))
    assert statuses == expected
    assert server.ask(photo) == "barrel"
    assert server.process.poll() is None


def _knock(server: Server) -> None:
    """Connect again and again, for ten seconds."""
    for _ in range(200):
        server.connect().close()
        time.sleep(0.05)


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is of POSIX systems")
def test_it_starts_without_what_training_needs_and_ends_when_all_is_answered(
    server: Server, photo: bytes
) -> None:
    assert server.ask(photo) == "barrel"
    length = str(len(photo)).encode()
    with server.connect() as slow, server.connect() as idle:
        slow.sendall(_HEAD + b"Content-Length: " + length + b"\r\n\r\n" + photo[:100])
        idle.sendall(b"GET /v2/health/li")
        time.sleep(1)
        server.process.send_signal(signal.SIGTERM)
        with pytest.raises(OSError, match="refused"):
            _knock(server)
        slow.sendall(photo[100:])
        received = _received(slow)
        assert received.startswith(b"HTTP/1.1 200")
        assert b'"barrel"' in received
    assert server.process.wait(timeout=20) == 0
    assert server.process.stderr is not None
    told = server.process.stderr.read()
    assert "Ended" in told
    assert "internal error" not in told
