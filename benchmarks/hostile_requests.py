"""Hostile requests to `peu serve`, while good ones are answered.

    python benchmarks/hostile_requests.py model/ photos/ [--requests 10000] [--clients 8]

Broken images, bombs, slow bodies, wrong types, traversal, huge headers. It fails where the service
answers with a 500, stops, does not answer a good request, or takes more than 600 MiB.
"""

import argparse
import collections
import os
import threading
import time

from hostile_bodies import Attacks, request, send
from peu.images.finding import FoundImage, find_images
from served import Client, Served, form, memory

_SLOW_CLIENTS = 6
_MOST_MIB = 600
_SECONDS_BETWEEN_GOOD = 0.5


def main() -> None:
    """Print what was answered, and end with 1 where anything was not as it must be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("photos")
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = find_images([options.photos])
    path = next(each.path for each in found if isinstance(each, FoundImage) and each.path)
    server = Served(f"model={options.model}", "--timeout", "20")
    trouble = attack(server, path.read_bytes(), options.requests, options.clients, options.seed)
    told = server.stop().strip()
    if server.process.returncode:
        trouble.append(f"it ended with {server.process.returncode}")
    internal = [line for line in told.splitlines() if "internal error" in line]
    trouble += internal[:5]
    print("all as it must be" if not trouble else "\n".join(trouble))
    raise SystemExit(bool(trouble))


class Siege:
    """Hostile clients, slow ones and a friendly one, all at once.

    Args:
        server: that is attacked.
        photo: a sound JPEG.
        count: of hostile requests.
        seed: of what is drawn.
    """

    def __init__(self, server: Served, photo: bytes, count: int, seed: int) -> None:
        self._server = server
        self._photo = photo
        self._left = iter(range(count))
        self._attacks = Attacks(photo, seed)
        self._lock, self._done = threading.Lock(), threading.Event()
        self.answers: collections.Counter[tuple[str, int]] = collections.Counter()
        self.good: list[float] = []
        self.wrong: list[str] = []
        self.memory = 0.0

    def run(self, clients: int) -> None:
        """Go on until all hostile requests are sent, or the server is gone."""
        hostile = [threading.Thread(target=self._hostile, daemon=True) for _ in range(clients)]
        beside = [
            threading.Thread(target=self._slow, args=(number % 2 == 0,), daemon=True)
            for number in range(_SLOW_CLIENTS)
        ]
        beside.append(threading.Thread(target=self._friendly, daemon=True))
        for thread in hostile + beside:
            thread.start()
        while any(thread.is_alive() for thread in hostile):
            time.sleep(0.1)
            self.memory = max(self.memory, memory(self._server.process.pid))
            if self._server.process.poll() is not None:
                self.wrong.append("the server stopped")
                break
        self._done.set()

    def _hostile(self) -> None:
        while True:
            with self._lock:
                if next(self._left, None) is None:
                    return
                kind, content = self._attacks.draw()
            self.answers[kind, send(self._server.port, content)] += 1

    def _slow(self, with_body: bool) -> None:
        """Bodies that come a byte at a time, or headers that never end."""
        head = b"POST /predict HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * 50
        content = request(self._photo)[:400] if with_body else head
        while not self._done.is_set():
            status = send(self._server.port, content, pause=0.5, parts=len(content))
            self.answers["slow", status] += 1

    def _friendly(self) -> None:
        body, headers = form(self._photo)
        while not self._done.is_set():
            start = time.perf_counter()
            try:
                status, _ = Client(self._server.port).post(body, headers)
            except OSError as error:
                self.wrong.append(f"a good request failed: {error}")
                continue
            if status == 200:
                self.good.append(time.perf_counter() - start)
            else:
                self.wrong.append(f"a good request got {status}")
            time.sleep(_SECONDS_BETWEEN_GOOD)


def attack(server: Served, photo: bytes, count: int, clients: int, seed: int) -> list[str]:
    """Attack a service, and give what was not as it must be."""
    siege = Siege(server, photo, count, seed)
    start = time.perf_counter()
    siege.run(clients)
    spent = time.perf_counter() - start
    _show(siege.answers)
    waits = sorted(siege.good) or [0.0]
    print(
        f"{count:,} hostile requests in {spent:.0f} s; {len(siege.good)} good ones answered "
        f"meanwhile, p50 {waits[len(waits) // 2] * 1000:.0f} ms, most {waits[-1] * 1000:.0f} ms; "
        f"{len(siege.wrong)} not; memory at most {siege.memory:.0f} MiB; load "
        f"{os.getloadavg()[0]:.1f}"
    )
    failed = [(kind, status) for kind, status in siege.answers if status >= 500 and status != 503]
    trouble = siege.wrong[:5] + [f"{kind} got {status}" for kind, status in failed]
    if siege.memory > _MOST_MIB:
        trouble.append(f"memory was {siege.memory:.0f} MiB")
    if not siege.good:
        trouble.append("no good request was answered")
    return trouble


def _show(answers: "collections.Counter[tuple[str, int]]") -> None:
    for name in sorted({each for each, _ in answers}):
        found = {status: n for (each, status), n in sorted(answers.items()) if each == name}
        print(f"{name}: " + ", ".join(f"{status or 'closed'} {n}" for status, n in found.items()))


if __name__ == "__main__":
    main()
