"""How commands end: codes, one line, and quietly when nobody reads."""

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from command_line import Peu, complaint
from peu.cli.handle_errors import Terminated, handle_errors
from peu.errors import BundleError, DataError, PeuError, RecipeError, ResourceError


def _ending(error: BaseException) -> Result:
    app = typer.Typer(pretty_exceptions_enable=False)

    @app.command()
    @handle_errors
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
        (OSError(errno.ENOSPC, "no room", "file"), 5),
        (OSError(errno.ENAMETOOLONG, "too long", "x" * 400), 2),
        (OSError(errno.EIO, "broken"), 1),
        (KeyboardInterrupt(), 130),
        (Terminated(), 143),
        (BrokenPipeError(), 141),
        (ValueError("what\nis this"), 1),
    ],
)
def test_every_end_is_one_line_and_a_code(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PEU_DEBUG", raising=False)
    told = _ending(error)
    assert told.exit_code == code
    if isinstance(error, BrokenPipeError):
        assert told.stderr == ""
        return
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


_STEERING = "\x1b[2J\u202egnp\u2066\x9b2J\x07\u2028\u200f"


@pytest.mark.parametrize(
    "arguments",
    [
        [_STEERING],
        ["compare", f"--{_STEERING}"],
        ["compare", f"--{_STEERING}=3"],
        ["compare", f"-{_STEERING}"],
        ["compare", "nowhere", _STEERING],
        ["compare", "nowhere", "--folds", _STEERING],
        ["compare", "nowhere", "--recipes", _STEERING],
        ["compare", "nowhere", "--set", f"hog.{_STEERING}=1"],
        ["compare", _STEERING],
        ["predict", _STEERING, _STEERING],
        ["vae", _STEERING],
        ["vae", "train", "--latent-dim", _STEERING],
    ],
    ids=ascii,
)
def test_what_was_typed_cannot_steer_the_terminal(peu: Peu, arguments: list[str]) -> None:
    line = complaint(peu(*arguments))
    assert line.isprintable()


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["nonsense"], "peu"),
        (["compare", "--folds"], "peu compare"),
        (["predict"], "peu predict"),
        (["vae", "nonsense"], "peu vae"),
        (["vae", "train", "--latent-dim", "x"], "peu vae train"),
    ],
)
def test_a_usage_error_names_the_help_that_belongs_to_it(
    peu: Peu, arguments: list[str], command: str
) -> None:
    told = peu(*arguments)
    assert told.exit_code == 2
    assert complaint(told).endswith(f"See `{command} --help`.")


@pytest.mark.parametrize("arguments", [[], ["vae"]])
def test_without_a_command_there_is_help_and_no_complaint(peu: Peu, arguments: list[str]) -> None:
    told = peu(*arguments)
    assert "Usage" in told.stdout
    assert told.stderr == ""


@pytest.mark.parametrize(
    "arguments",
    [
        ["predict", "model", "a.jpg", "--csv", "LONG"],
        ["predict", "model", "a.jpg", "--sort-into", "LONG"],
        ["predict", "LONG", "a.jpg"],
        ["describe", "LONG"],
        ["compare", "LONG", "-o", "LONG"],
        ["compare", "nowhere", "--config", "LONG"],
    ],
    ids=" ".join,
)
def test_a_name_too_long_for_a_file_is_told_and_cut(peu: Peu, arguments: list[str]) -> None:
    told = peu(*(word.replace("LONG", "1" + "0" * 400) for word in arguments))
    assert told.exit_code in (2, 3, 4)
    assert len(complaint(told)) < 800


COMMANDS = (["describe", "PHOTOS", "--json"], ["describe", "PHOTOS"], ["--help"], ["--version"])


def _start(photos: Path, arguments: list[str], **streams: Any) -> "subprocess.Popen[str]":
    command = [str(photos) if word == "PHOTOS" else word for word in arguments]
    return subprocess.Popen(
        [sys.executable, "-m", "peu", *command],
        **{"stderr": subprocess.PIPE, "text": True, **streams},
    )


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_reader_that_leaves_is_no_error(photos: Path, arguments: list[str]) -> None:
    process = _start(photos, arguments, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    assert process.communicate(timeout=60)[1] == ""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is full")
@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_full_device_is_one_line_and_a_code(photos: Path, arguments: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        process = _start(photos, arguments, stdout=full)
        (line,) = process.communicate(timeout=60)[1].splitlines()
    assert "No space left" in line
    assert process.returncode == 5


@pytest.mark.skipif(os.name != "posix", reason="streams are closed by POSIX shells")
@pytest.mark.parametrize(
    ("redirection", "code"), [(">&-", 0), (">&- 2>&-", 0), ("nowhere 2>&-", 3)]
)
def test_closed_streams_change_no_exit_code(photos: Path, redirection: str, code: int) -> None:
    data, _, rest = redirection.partition("nowhere")
    command = f"{sys.executable} -m peu describe {'nowhere' if rest else photos} {data or rest}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert done.returncode == code
    assert done.stderr == ""


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


_PATIENT = """
import sys, time, typer
from peu.cli import main as entry
from peu.cli.handle_errors import handle_errors

@entry.app.command("wait")
@handle_errors
def wait() -> None:
    try:
        print("ready", flush=True)
        time.sleep(60)
    finally:
        print("tidied", flush=True)

entry.main()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to catch")
def test_a_terminated_command_tidies_up_and_says_so() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _PATIENT, "wait"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.terminate()
        told, complaints = process.communicate(timeout=30)
    assert told == "tidied\n"
    assert process.returncode == 143
    assert complaints == "peu: Terminated. Run the same command to go on.\n"


_NOISY = """
import os, sys
from peu.cli import main as entry

@entry.app.command("noise")
def noise() -> None:
    os.write(2, b"TIFFReadDirectory: Warning\\n")
    print("a line of peu", file=sys.stderr)

entry.main()
"""


@pytest.mark.parametrize("debug", ["", "1"])
def test_what_c_libraries_write_is_kept_off_stderr(debug: str) -> None:
    told = subprocess.run(
        [sys.executable, "-c", _NOISY, "noise"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PEU_DEBUG": debug},
    )
    noise = "TIFFReadDirectory: Warning\n" if debug else ""
    assert told.stderr == noise + "a line of peu\n"
