"""The command line: `peu`, from its arguments to its exit code."""

import io
import os
import sys
from collections.abc import Sequence
from typing import Any

from peu.cli.handle_errors import (
    READER_GONE,
    discard_output,
    end_tidily_when_terminated,
    explain_write_error,
    finish_output,
)

_STDERR = 2
_JSON, _QUIET = {"--json"}, {"--quiet", "-q"}


def __getattr__(name: str) -> Any:
    """`app`, the Typer application; starting Typer takes a third as long as a prediction."""
    if name == "app":
        from peu.cli.commands import app

        return app
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def main() -> None:
    """Run the command line; the exit code is true even if stdout cannot be written."""
    _prepare_streams()
    end_tidily_when_terminated()
    try:
        if not _predicted(sys.argv[1:]):
            from peu.cli.commands import app

            app(prog_name="peu")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
        # Typer and Rich each end in a way of their own where the output's reader has gone.
        if isinstance(end.__context__, BrokenPipeError):
            sys.stdout = sys.__stdout__ or sys.stdout
            discard_output()
            code = READER_GONE
    except OSError as error:
        code = explain_write_error(error)
    else:
        code = 0
    sys.exit(finish_output(code))


def _predicted(arguments: Sequence[str]) -> bool:
    """Run `peu predict MODEL IMAGES` without Typer, which has nothing to read there but flags.

    Returns:
        Whether the arguments were of this form.
    """
    command, *others = arguments or [""]
    flags = [each for each in others if each.startswith("-") and each != "-"]
    names = [each for each in others if each not in flags]
    if command != "predict" or len(names) < 2 or set(flags) - _JSON - _QUIET:
        return False
    from peu.cli.predict_images import predict_images

    model, *images = names
    as_json, quiet = bool(_JSON & set(flags)), bool(_QUIET & set(flags))
    predict_images(model, images, as_json=as_json, quiet=quiet)
    return True


def _prepare_streams() -> None:
    """Let every name be printed, and let stdout and stderr be closed."""
    # Started with `>&-` a program has none, and what it opens next would get their numbers.
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115
    _silence_libraries()
    if isinstance(sys.stdout, io.TextIOWrapper):
        # File names may be bytes that are no text, and a terminal may know few letters.
        sys.stdout.reconfigure(errors="backslashreplace")


def _silence_libraries() -> None:
    """Keep what C libraries write straight to descriptor 2 off stderr, which is for peu's lines.

    libtiff, TensorFlow and others write there whatever Python says; with PEU_DEBUG set they may.
    """
    if os.environ.get("PEU_DEBUG") or not isinstance(sys.stderr, io.TextIOWrapper):
        return
    try:
        sys.stderr.flush()
        if sys.stderr.fileno() != _STDERR:
            return
        terminal, nowhere = os.dup(_STDERR), os.open(os.devnull, os.O_WRONLY)
    except OSError:
        return
    # Opened anew: the old one would go on writing to descriptor 2.
    sys.stderr = open(  # noqa: PTH123, SIM115 - of a descriptor, for as long as the program runs
        terminal, "w", buffering=1, encoding=sys.stderr.encoding, errors="backslashreplace"
    )
    os.dup2(nowhere, _STDERR)
    os.close(nowhere)
