"""What every test stands on: a private cache, and the real images where there are any."""

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from eager_steps import eager_steps

_LEFT_OUT = "PEU_DATA is not set: this test needs real images"
_SETTLED = pytest.StashKey[int]()
_MANY_MODULES = 200


# Beside other processes of pytest-xdist, more threads than one wait for each other's cores; and
# alone too, figures are those that processes of one thread have.
for variable in (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "TF_NUM_INTEROP_THREADS",
    "TF_NUM_INTRAOP_THREADS",
):
    os.environ.setdefault(variable, "1")

# On a busy machine an example takes as long as it takes.
settings.register_profile("peu", deadline=None)
settings.load_profile("peu")

_SLOWEST = (
    "cli/test_interruptions.py",
    "lab/test_page.py",
    "cluster",
    "autoencoders",
    "test_notebooks.py",
    "app/test_page.py",
    "comparison/test_compare.py",
    "cli/test_vae.py",
    "cli/test_denoise.py",
    "lab/steps/test_part_one.py",
    "app/test_jobs.py",
    "lab/test_keras_code.py",
    "comparison/test_denoising.py",
    "comparison/test_kl_weights.py",
)
"""What takes longest, begun first, so that no process is left alone with it at the end."""

_TOGETHER = ("tests/cluster/", "tests/autoencoders/")
"""Folders whose files share what takes long to start or to train."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the slowest files, and mark each test that asks for the real images."""
    root = Path(__file__).parent
    order = {root / name: place for place, name in enumerate(_SLOWEST)}
    items.sort(key=lambda item: order.get(item.path, order.get(item.path.parent, len(order))))
    for item in items:
        if "peu_data" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.real_data)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep in one process what `--dist loadfile` would part, though it shares a fixture."""
    from xdist.scheduler.loadfile import LoadFileScheduling

    if config.getoption("dist") != "loadfile":
        return None

    scheduler = LoadFileScheduling(config, log)
    by_file = scheduler._split_scope
    scheduler._split_scope = lambda test: next(
        (folder for folder in _TOGETHER if test.startswith(folder)), by_file(test)
    )
    return scheduler


def pytest_collection_finish(session: pytest.Session) -> None:
    """Let the collector of garbage pass over what the libraries made while they were loaded.

    That is hundreds of thousands of objects, which live as long as the tests run.
    """
    gc.collect()
    gc.freeze()
    session.stash[_SETTLED] = len(sys.modules)


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> None:
    """Do so again when a test has loaded a large library: each training begins with a collection.

    With TensorFlow's objects that takes a third of a second, and without them nothing.
    """
    if len(sys.modules) > item.session.stash[_SETTLED] + _MANY_MODULES:
        pytest_collection_finish(item.session)


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


@pytest.fixture(scope="module")
def eager() -> Iterator[None]:
    """Train without tracing in a whole file; `eager_steps.untraced` asks for it."""
    with eager_steps():
        yield


@pytest.fixture
def peu_data() -> Path:
    """Return the folder of real images; without it skip, or fail where they are required."""
    folder = os.environ.get("PEU_DATA")
    if folder:
        return Path(folder).resolve()
    if os.environ.get("PEU_REAL_DATA_REQUIRED"):
        pytest.fail(_LEFT_OUT)
    pytest.skip(_LEFT_OUT)
