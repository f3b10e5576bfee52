"""What every test stands on: a private cache, and the real images where there are any."""

import gc
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

_LEFT_OUT = "PEU_DATA is not set: this test needs real images"


_SLOWEST = (
    "lab/test_page.py",
    "test_notebooks.py",
    "cli/test_interruptions.py",
    "cli/test_denoise.py",
    "cli/test_vae.py",
    "comparison/test_compare.py",
)
"""Files that take longest, begun first, so that no process is left alone with one at the end."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slowest files, and mark each test that asks for the real images."""
    items.sort(key=lambda item: not item.path.as_posix().endswith(_SLOWEST))
    for item in items:
        if "peu_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real_data)


def pytest_collection_finish() -> None:
    """Let the collector of garbage pass over what the libraries made while they were loaded.

    That is hundreds of thousands of objects, which live as long as the tests run.
    """
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what was left out for want of real images."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(_LEFT_OUT in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(
            f"{count} tests on real images were left out: set PEU_DATA to run them."
        )


@pytest.fixture(scope="session", autouse=True)
def session_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what fixtures of a module or a session cache away from the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEU_CACHE", str(tmp_path_factory.mktemp("session-cache")))
        yield


@pytest.fixture(autouse=True)
def private_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep what a test caches away from the user's cache and from other tests."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PEU_CACHE", str(folder))
        yield folder


@pytest.fixture(autouse=True)
def no_trial_opening(monkeypatch: pytest.MonkeyPatch) -> None:
    """Open networks at once: a child that starts TensorFlow first takes ten seconds."""
    monkeypatch.setattr("peu.networks.limited_opening._open_in_child", lambda *_: None)


@pytest.fixture
def peu_data() -> Path:
    """Return the folder of real images; without it skip, or fail where they are required."""
    folder = os.environ.get("PEU_DATA")
    if folder:
        return Path(folder).resolve()
    if os.environ.get("PEU_REAL_DATA_REQUIRED"):
        pytest.fail(_LEFT_OUT)
    pytest.skip(_LEFT_OUT)
