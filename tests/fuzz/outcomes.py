"""How a try may end, and what counts as a failure."""

from collections.abc import Sequence
from typing import Any

from typer.testing import CliRunner

from peu.errors import PeuError

ACCEPTED, REFUSED = "accepted", "refused"
_CODES = {0: ACCEPTED, 2: REFUSED, 3: REFUSED, 4: REFUSED, 5: REFUSED}


class FailedTry(AssertionError):  # noqa: N818 - what became of a try
    """A try ended as no try may."""


def refused(error: PeuError) -> str:
    """How a typed error counts.

    Raises:
        FailedTry: it is peu's own fault, or is told in more than a line.
    """
    text = str(error)
    if error.exit_code not in _CODES or "\n" in text or not text.strip():
        raise FailedTry(f"exit {error.exit_code}: {text[:300]!r}")
    return REFUSED


def commanded(arguments: Sequence[object]) -> str:
    """Run the command line in this process.

    Raises:
        FailedTry: another exit code than the documented ones, a traceback, more than a line, or
            letters that steer a terminal.
    """
    from peu.cli.commands import app

    words = [str(each) for each in arguments]
    told: Any = CliRunner().invoke(app, words)
    lines = told.stderr.splitlines()
    complaints = [line for line in lines if line.startswith("peu: ")]
    if told.exit_code not in _CODES:
        raise FailedTry(f"exit {told.exit_code}: {told.stderr[-300:]!r} {told.exception!r}")
    if "Traceback" in told.stderr or (told.exit_code and len(complaints) != 1):
        raise FailedTry(f"exit {told.exit_code} with {told.stderr[-300:]!r}")
    steering = {each for each in told.output if not each.isprintable()} - {"\n"}
    if steering:
        raise FailedTry(f"{sorted(steering)} in {told.output[-300:]!r}")
    return _CODES[told.exit_code]
