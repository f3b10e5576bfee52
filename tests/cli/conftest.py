"""Images, a saved model, and `peu` in this process or in one of its own."""

import functools
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sklearn.base import clone
from typer.testing import CliRunner, Result

from command_line import Peu, Process
from peu.cli.main import app
from peu.images import samples
from peu.images.loading import load_images
from peu.reports import html
from small_set import PER_CLASS, PLAIN, drawn_images


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_images(tmp_path_factory)


@pytest.fixture(scope="session")
def model(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a saved model that learnt from all of the drawings."""
    folder = tmp_path_factory.mktemp("models") / "model"
    clone(PLAIN).fit(load_images(photos)).save(folder)
    return folder


@pytest.fixture
def few_samples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw 8 built-in images of each class and not 128 in all, which takes four seconds."""
    few = functools.partial(samples.draw_samples, per_class=PER_CLASS)
    monkeypatch.setattr(samples, "draw_samples", few)


@pytest.fixture
def real_plots() -> None:
    """Ask for this where a page's plots are to be drawn."""


@pytest.fixture(autouse=True)
def quick_pages(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave plots out of pages: they take longest, and `tests/reports` looks at every one."""
    if "real_plots" not in request.fixturenames:
        monkeypatch.setattr(html, "page_svg", lambda *_: "<svg/>")


@pytest.fixture
def peu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Peu:
    """Run a command in this process, in a folder of its own."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Result:
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


@pytest.fixture
def peu_process(tmp_path: Path) -> Process:
    """Run a command in a process of its own, in a folder of its own."""

    def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "peu", *map(str, arguments)],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env={**os.environ, **environment},
            timeout=120,
        )

    return run
