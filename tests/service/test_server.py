"""The server as a process: it starts, answers, and ends without losing what was begun."""

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

HEAVY = (
    "sklearn",
    "skimage",
    "scipy",
    "matplotlib",
    "optuna",
    "keras",
    "tensorflow",
    "onnx",
    "nicegui",
)
# Serves as `peu serve` does, where importing what training needs fails.
_CODE = f"""
import sys
for name in {HEAVY!r}:
    sys.modules[name] = None
from peu.cli.main import main
main()
"""


class Server:
    """A process that serves, and the port on which it does."""

    def __init__(self, model: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _CODE, "serve", str(model), "--port", "0", "--timeout", "20"],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = 0
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"Serving at http://127.0.0.1:(\d+)/", line):
                self.port = int(found.group(1))
                break

    def connection(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=30)


@pytest.fixture
def server(model: Path) -> Iterator[Server]:
    found = Server(model)
    yield found
    found.process.kill()
    found.process.communicate()


def _head(length: int) -> bytes:
    return f"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n".encode()


@pytest.mark.skipif(os.name != "posix", reason="SIGTERM is of POSIX systems")
def test_it_starts_without_what_training_needs_and_ends_when_all_is_answered(
    server: Server, photo: bytes
) -> None:
    url = f"http://127.0.0.1:{server.port}/predict"
    with urllib.request.urlopen(urllib.request.Request(url, photo), timeout=30) as answer:
        assert json.load(answer)["predictions"][0]["label"] == "barrel"
    with server.connection() as slow, server.connection() as idle:
        slow.sendall(_head(len(photo)) + photo[:100])
        idle.sendall(b"GET /v2/health/li")
        time.sleep(0.3)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        with pytest.raises(OSError, match="refused"):
            server.connection()
        slow.sendall(photo[100:])
        received = b""
        while part := slow.recv(65536):
            received += part
        assert received.startswith(b"HTTP/1.1 200")
        assert b'"barrel"' in received
    assert server.process.wait(timeout=20) == 0
    assert server.process.stderr is not None
    assert "Ended" in server.process.stderr.read()
