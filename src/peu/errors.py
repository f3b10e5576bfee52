"""Errors that a user can mend, each with the exit code of the command line."""


class PeuError(Exception):
    """Base class of peu's errors.

    A message says in one line what was expected, what was received and what to do.
    """

    exit_code = 1


class RecipeError(PeuError, ValueError):
    """A setting that cannot work: out of its range, unknown, or at odds with another."""

    exit_code = 2


class DataError(PeuError):
    """Images or labels that cannot be used as they are."""

    exit_code = 3


class BundleError(PeuError):
    """A saved model that is damaged, foreign, or made for something else."""

    exit_code = 4


class ResourceError(PeuError):
    """Not enough disk space, memory, network or time, or a folder in use."""

    exit_code = 5


class DiskError(ResourceError):
    """A file or folder that cannot be written, or has gone: nothing that a recipe could help."""


def check_setting(name: str, *, holds: bool, expected: str, received: object, advice: str) -> None:
    """Refuse a value unless `holds`: for what several settings have to agree on.

    Raises:
        RecipeError: it does not hold.
    """
    if not holds:
        raise RecipeError(f"`{name}` must be {expected}. Received: {received!r}. {advice}")
