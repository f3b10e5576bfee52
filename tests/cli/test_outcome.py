"""How commands end: codes, one line, and quietly when nobody reads."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from command_line import Peu, complaint
from peu.cli.outcome import ending_well
from peu.errors import BundleError, DataError, PeuError, RecipeError, ResourceError


def _ending(error: BaseException) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    @ending_well
    def fail() -> None:
        raise error

    return CliRunner().invoke(app, [])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PeuError("why"), 1),
        (RecipeError("why"), 2),
        (DataError("why"), 3),
        (BundleError("why"), 4),
        (ResourceError("why"), 5),
        (MemoryError(), 5),
        (KeyboardInterrupt(), 130),
        (ValueError("what\nis this"), 1),
    ],
)
def test_every_end_is_one_line_and_a_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PEU_DEBUG", raising=False)
    told = _ending(error)
    assert told.exit_code == code
    line = complaint(told)
    if isinstance(error, PeuError):
        assert line == "peu: why"


def test_an_internal_error_says_how_to_see_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PEU_DEBUG", raising=False)
    line = complaint(_ending(ValueError("what\nis this")))
    assert line == "peu: Internal error, ValueError: what is this. Set PEU_DEBUG=1 to see where."


def test_with_debugging_on_the_error_itself_comes_through(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEU_DEBUG", "1")
    assert isinstance(_ending(ValueError("what")).exception, ValueError)
    assert _ending(DataError("why")).exit_code == 3


def test_a_message_cannot_steer_the_terminal() -> None:
    assert complaint(_ending(DataError("\x1b[2Jgone\n\rnow"))) == "peu: \\x1b[2Jgone now"


@pytest.mark.parametrize("arguments", [["describe", "PHOTOS", "--json"], ["--help"]])
def test_a_reader_that_leaves_is_no_matter(photos: Path, arguments: list[str]) -> None:
    command = [str(photos) if word == "PHOTOS" else word for word in arguments]
    process = subprocess.Popen(
        [sys.executable, "-m", "peu", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    complaints = process.stderr.read()
    process.stderr.close()
    process.wait()
    assert complaints == ""


def test_no_colours_into_a_pipe_or_where_none_are_wanted(photos: Path, peu: Peu) -> None:
    for settings in ({"NO_COLOR": "1"}, {"TERM": "xterm-256color"}):
        told = subprocess.run(
            [sys.executable, "-m", "peu", "describe", str(photos)],
            capture_output=True,
            text=True,
            env={**os.environ, **settings},
            check=True,
        )
        assert "\x1b" not in told.stdout + told.stderr
