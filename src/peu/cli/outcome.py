"""How a command ends: one line and an exit code, whatever went wrong."""

import functools
import os
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import typer

from peu.errors import PeuError
from peu.wording import printable

P = ParamSpec("P")
R = TypeVar("R")

INTERNAL_ERROR = 1
USAGE_ERROR = 2
INTERRUPTED = 130


def ending_well(command: Callable[P, R]) -> Callable[P, R]:
    """Turn every exception of a command into one line on stderr and its exit code.

    Exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 bad model, 5 resources, 130
    interrupted. With PEU_DEBUG set, the traceback of an internal error is shown.
    """

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PeuError as error:
            raise _ended(str(error), error.exit_code) from error
        except KeyboardInterrupt as error:
            raise _ended("Interrupted. Run the same command to go on.", INTERRUPTED) from error
        except BrokenPipeError as error:
            # Whoever read the output has gone; what is still buffered must not complain at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(INTERNAL_ERROR) from error
        except MemoryError as error:
            message = "The memory of this machine did not suffice. Take smaller images or batches."
            raise _ended(message, 5) from error
        except Exception as error:
            if os.environ.get("PEU_DEBUG"):
                raise
            name = type(error).__name__
            message = f"Internal error, {name}: {error}. Set PEU_DEBUG=1 to see where."
            raise _ended(message, INTERNAL_ERROR) from error

    return guarded


def _ended(message: str, exit_code: int) -> typer.Exit:
    typer.echo(f"peu: {printable(' '.join(message.split()))}", err=True)
    return typer.Exit(exit_code)
