"""Through Ray's client, from outside a cluster that asks for a token."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
_SECONDS = 120.0
# The client tries for a minute where nobody answers.
_COMMAND_SECONDS = 240.0


def unused_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the cluster's token."""
    home = tmp_path_factory.mktemp("home")
    (home / ".ray").mkdir()
    (home / ".ray" / "auth_token").write_text("0123456789abcdef" * 4)
    return home


@pytest.fixture(scope="module")
def address(home: Path) -> Iterator[str]:
    """A head of one core that shows itself to clients with the token alone."""
    port = unused_port()
    # In a folder of its own, where no other program that looks for a cluster finds it. Its sockets'
    # paths must be short.
    with tempfile.TemporaryDirectory(prefix="ray-") as folder:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
                *(f"--port={unused_port()}", f"--ray-client-server-port={port}"),
                *("--num-cpus=1", "--include-dashboard=false", f"--temp-dir={folder}"),
            ],
            env=environment(
                home,
                RAY_AUTH_MODE="token",
                # A client's process has 30 s to start, which a busy machine may not give it.
                RAY_CLIENT_SERVER_CHECK_CHANNEL_TIMEOUT_S=f"{_SECONDS:.0f}",
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        begun = time.monotonic()
        try:
            while time.monotonic() - begun < _SECONDS:
                assert process.poll() is None
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                    break
                time.sleep(0.5)
            yield f"ray://127.0.0.1:{port}"
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def environment(home: Path, **more: str) -> dict[str, str]:
    """This process's, in another home and without what it says of Ray."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    return {**kept, "HOME": str(home), "RAY_worker_niceness": "0", **more}


def compared(folder: Path, environment: dict[str, str], *options: str) -> tuple[int, str, str]:
    """Compare in a process of its own: exit code, output and what was said."""
    command = [sys.executable, "-m", "peu", "compare", "samples", "--recipes", "hog"]
    command += ["--folds", "2", "--repeats", "1", "--json", "--quiet", "-o", str(folder)]
    ended = subprocess.run(
        [*command, *options],
        env=environment,
        capture_output=True,
        text=True,
        timeout=_COMMAND_SECONDS,
    )
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.timeout(600)
def test_the_token_of_this_machine_is_shown_and_figures_are_those_of_one_machine(
    home: Path, address: str, tmp_path: Path
) -> None:
    code, there, said = compared(tmp_path / "there", environment(home), "--cluster", address)
    assert (code, said) == (0, "")
    code, here, _ = compared(tmp_path / "here", environment(home))
    found = [
        [(each["name"], each["accuracy"], each["log_loss"]) for each in json.loads(text)["recipes"]]
        for text in (there, here)
    ]
    assert found[0] == found[1]


@pytest.mark.timeout(600)
def test_without_the_token_one_sentence_says_so(address: str, tmp_path: Path) -> None:
    for more in ({}, {"RAY_AUTH_TOKEN": "f" * 64}):
        code, _, said = compared(
            tmp_path / "there", environment(tmp_path, **more), "--cluster", address
        )
        assert code == 5
        assert "token" in said
        assert said.count("\n") == 1
    assert not (tmp_path / "there").exists()
