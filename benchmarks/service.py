"""Throughput of `peu serve` beside `peu predict`, and beside LitServe where it is installed.

    python benchmarks/service.py model/ photos/ [--minutes 10] [--clients 16] [--others 0.2]

Clients on this machine, each on its own connection, send JPEGs one after the other and wait for
each answer. `peu predict` takes the same files, before and after, in the same run, and the others
get a fifth of the service's time each, or as much as `--others` says.
"""

import argparse
import contextlib
import itertools
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from peu.images.finding import FoundImage, find_images
from served import Client, Served, busy, form, memory

_WARM_UP = 3.0


class Load:
    """Clients that ask as fast as they are answered."""

    def __init__(self, port: int, bodies: list[tuple[bytes, dict[str, str]]], clients: int) -> None:
        self._port = port
        self._bodies = itertools.cycle(bodies)
        self._lock = threading.Lock()
        self._ending = False
        self.answers: list[tuple[float, float, int]] = []
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait for the answers that are still to come."""
        self._ending = True
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        client = Client(self._port)
        while not self._ending:
            with self._lock:
                body, headers = next(self._bodies)
            start = time.perf_counter()
            try:
                status, _ = client.post(body, headers)
            except OSError:
                status, client = 0, Client(self._port)
            self.answers.append((start, time.perf_counter() - start, status))


def main() -> None:
    """Print each figure on a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("photos")
    parser.add_argument("--minutes", type=float, default=1)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument(
        "--others", type=float, default=0.2, help="share of that time for each of the others"
    )
    parser.add_argument("--litserve-workers", type=int, default=2)
    options = parser.parse_args()
    found = find_images([options.photos])
    paths = [each.path for each in found if isinstance(each, FoundImage) and each.path]
    bodies = [form(path.read_bytes()) for path in paths]
    seconds = options.minutes * 60
    print(f"{len(paths)} files, load {os.getloadavg()[0]:.1f}")
    first = predict(options.model, paths, seconds * options.others)
    server = Served(options.model)
    rate = ask("peu serve", server.port, server.process.pid, bodies, options.clients, seconds)
    print(server.stop().strip())
    second = predict(options.model, paths, seconds * options.others)
    print(f"peu serve: {rate / statistics.mean((first, second)):.2f} of what peu predict does")
    for workers, batch in ((options.litserve_workers, 1), (1, 8)):
        litserve(options.model, bodies, options.clients, seconds * options.others, workers, batch)


def predict(model: str, paths: list[Path], seconds: float) -> float:
    """Images a second of `peu predict`, on as many files as take about so long."""
    count = max(200, round(40 * seconds))
    with tempfile.TemporaryDirectory() as name:
        listed = Path(name) / "list.txt"
        listed.write_text("\n".join(str(each) for each in _repeated(paths, count)))
        command = [sys.executable, "-m", "peu", "predict", model, "--paths-from", str(listed)]
        before, start = _children(), time.perf_counter()
        subprocess.run([*command, "--csv", f"{name}/rows.csv", "--quiet"], check=True)
        spent = time.perf_counter() - start
    rate, each = count / spent, (_children() - before) / count * 1000
    print(f"peu predict: {rate:.1f} images a second, {each:.1f} ms of processor time each")
    return rate


def ask(
    name: str,
    port: int,
    pid: int,
    bodies: list[tuple[bytes, dict[str, str]]],
    clients: int,
    seconds: float,
) -> float:
    """Images a second of a service under load."""
    load = Load(port, bodies, clients)
    time.sleep(_WARM_UP)
    start, before, own = time.perf_counter(), busy(pid), time.process_time()
    memories = []
    while time.perf_counter() < start + seconds:
        time.sleep(min(2.0, seconds / 10))
        memories.append(memory(pid))
    end, spent = time.perf_counter(), busy(pid) - before
    own = time.process_time() - own
    load.stop()
    counted = [each for each in load.answers if start <= each[0] + each[1] <= end]
    waits = sorted(each[1] * 1000 for each in counted)
    errors = sum(each[2] != 200 for each in load.answers)
    rate = len(counted) / (end - start)
    third = max(1, len(memories) // 3)
    print(
        f"{name}: {clients} clients, {rate:.1f} images a second, p50 {_at(waits, 0.5):.0f} ms, "
        f"p99 {_at(waits, 0.99):.0f} ms, most {waits[-1]:.0f} ms; {errors} errors in "
        f"{len(load.answers):,}; {spent / len(counted) * 1000:.1f} ms of processor time each, the "
        f"clients {own / len(counted) * 1000:.1f}; memory {statistics.mean(memories[:third]):.0f} "
        f"MiB in the first third, {statistics.mean(memories[-third:]):.0f} in the last, "
        f"{max(memories):.0f} at most; load {os.getloadavg()[0]:.1f}"
    )
    return rate


def litserve(
    model: str,
    bodies: list[tuple[bytes, dict[str, str]]],
    clients: int,
    seconds: float,
    workers: int,
    batch: int,
) -> None:
    """The same model behind LitServe, if it is installed."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = Path(__file__).with_name("litserve_model.py")
    command = [sys.executable, str(script), model, str(port), str(workers), str(batch)]
    with subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            for _ in range(600):
                time.sleep(0.1)
                if process.poll() is not None:
                    assert process.stderr is not None
                    print(f"LitServe left out: {process.stderr.read().strip()[-100:]}")
                    return
                try:
                    if Client(port).post(*bodies[0])[0] == 200:
                        break
                except OSError:
                    continue
            # Whatever it writes must not fill the pipe.
            threading.Thread(target=process.communicate, daemon=True).start()
            ask(
                f"LitServe, {workers} workers, batches of {batch}",
                port,
                process.pid,
                bodies,
                clients,
                seconds,
            )
        finally:
            # Asked to end, it waits for its workers for ever.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _repeated(paths: list[Path], count: int) -> list[Path]:
    return list(itertools.islice(itertools.cycle(paths), count))


def _children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _at(sorted_values: list[float], share: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(share * len(sorted_values)))]


if __name__ == "__main__":
    main()
