"""`peu serve` as a process that benchmarks ask, and what it takes."""

import http.client
import re
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

MIB = 1 << 20


class Served:
    """A service that runs until `stop`.

    Args:
        arguments: of `peu serve`, without the port.
    """

    def __init__(self, *arguments: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "peu", "serve", *arguments, "--port", "0"],
            stderr=subprocess.PIPE,
            text=True,
        )
        self.port = 0
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if found := re.search(r"Serving at http://127\.0\.0\.1:(\d+)/", line):
                self.port = int(found.group(1))
                break
        if not self.port:
            raise SystemExit("the service did not start")

    def stop(self) -> str:
        """End it as a service manager does, and give what it said meanwhile."""
        self.process.terminate()
        _, told = self.process.communicate(timeout=60)
        return str(told)


def memory(pid: int) -> float:
    """Resident memory of a process and its children, in MiB."""
    pages = 0.0
    for each in [pid, *_children(pid)]:
        try:
            text = Path(f"/proc/{each}/smaps_rollup").read_text()
        except OSError:
            continue
        pages += int(re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE)[0]) / 1024
    return pages


def busy(pid: int) -> float:
    """Seconds of processor time of a process and its children."""
    seconds = 0.0
    for each in [pid, *_children(pid)]:
        try:
            fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        seconds += (int(fields[11]) + int(fields[12])) / 100
    return seconds


def form(content: bytes) -> tuple[bytes, dict[str, str]]:
    """An image as a form with the field `image`, and its headers."""
    start = b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.jpg"\r\n'
    body = start + b"Content-Type: image/jpeg\r\n\r\n" + content + b"\r\n--x--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=x"}


class Client:
    """A connection that is kept.

    Example:
        >>> Client(8000).post(*form(content))  # doctest: +SKIP
        (200, b'{"format": 1, ...')
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._connection.connect()
        assert self._connection.sock is not None
        self._connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def post(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Ask for a prediction: status and answer."""
        self._connection.request("POST", "/predict", body, headers)
        answer = self._connection.getresponse()
        return answer.status, answer.read()


def _children(pid: int) -> Sequence[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            children = [int(each) for each in task.read_text().split()]
        except OSError:
            continue
        for child in children:
            found += [child, *_children(child)]
    return found
