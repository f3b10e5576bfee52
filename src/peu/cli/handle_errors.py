"""One line and an exit code for everything that can go wrong."""

import contextlib
import errno
import functools
import os
import signal
import sys
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from peu.errors import PeuError, ResourceError
from peu.files import NO_ROOM
from peu.wording import printable, quoted

P = ParamSpec("P")
R = TypeVar("R")

INTERNAL_ERROR = 1
USAGE_ERROR = 2
INTERRUPTED = 130
READER_GONE = 141
"""What a shell reports of a program that wrote into a closed pipe: 128 and SIGPIPE."""
TERMINATED = 143
"""What a shell reports of a program that was asked to end: 128 and SIGTERM."""

_GO_ON = "Run the same command to go on."


class Terminated(KeyboardInterrupt):
    """The system asked the program to end, which leaves things as tidy as Ctrl-C does."""


def end_tidily_when_terminated() -> None:
    """Let SIGTERM unwind the program as Ctrl-C does; by default it ends without a word."""

    def terminate(*_: object) -> None:
        # A second one, which a service manager may send, must not interrupt the tidying.
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Terminated

    signal.signal(signal.SIGTERM, terminate)


def handle_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn every exception of a command into one line on stderr and its exit code.

    Exit codes: 0 done, 1 internal, 2 usage, 3 bad data, 4 bad model, 5 resources, 130
    interrupted, 141 nobody reads the output, 143 terminated. With PEU_DEBUG set, the traceback of
    an internal error is shown.
    """

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except PeuError as error:
            raise _end(str(error), error.exit_code) from error
        except Terminated as error:
            raise _end(str(error) or f"Terminated. {_GO_ON}", TERMINATED) from error
        except KeyboardInterrupt as error:
            raise _end(str(error) or f"Interrupted. {_GO_ON}", INTERRUPTED) from error
        except BrokenPipeError as error:
            discard_output()
            raise SystemExit(READER_GONE) from error
        except MemoryError as error:
            message = "Not enough memory. Use smaller images or batches."
            raise _end(message, ResourceError.exit_code) from error
        except Exception as error:
            if isinstance(error, OSError) and error.errno in (*NO_ROOM, errno.ENAMETOOLONG):
                raise _end_for_system(error) from error
            if os.environ.get("PEU_DEBUG"):
                raise
            name = type(error).__name__
            message = f"Internal error, {name}: {error}. Set PEU_DEBUG=1 to see where."
            raise _end(message, INTERNAL_ERROR) from error

    return guarded


def _end_for_system(error: OSError) -> SystemExit:
    """The end where the disk has no room, or no file can have such a name."""
    if error.errno == errno.ENAMETOOLONG:
        name = quoted(error.filename)
        message = f"A name must be short enough for a file. Received: {name}. Use a shorter one."
        return _end(message, USAGE_ERROR)
    return SystemExit(explain_write_error(error))


def end_for_usage(message: str, command: str) -> SystemExit:
    """What ends the program where its arguments are none, once that is said in one line.

    Args:
        message: what is wrong with them.
        command: as it was typed, whose help is named.
    """
    return _end(f"{message.rstrip('. ')}. See `{command} --help`.", USAGE_ERROR)


def finish_output(code: int) -> int:
    """Write out what is still buffered for stdout, and give the exit code.

    Args:
        code: the exit code if that succeeds.
    """
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
        return READER_GONE
    except OSError as error:
        return explain_write_error(error)
    return code


def explain_write_error(error: OSError) -> int:
    """Say in one line why something could not be written, and give the exit code."""
    if error.filename is None:
        discard_output()
    target = f"`{error.filename}`" if error.filename else "The output"
    _complain(f"{target} could not be written: {error.strerror or error}. Free some disk space.")
    return ResourceError.exit_code


def discard_output() -> None:
    """Send stdout nowhere, so that what is still buffered does not complain when Python ends."""
    with contextlib.suppress(OSError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
        os.close(sink)


def _end(message: str, exit_code: int) -> SystemExit:
    _complain(message)
    return SystemExit(exit_code)


def _complain(message: str) -> None:
    # Where stderr cannot be written either, the exit code alone has to do.
    with contextlib.suppress(OSError):
        print(f"peu: {printable(' '.join(message.split()))}", file=sys.stderr, flush=True)  # noqa: T201
