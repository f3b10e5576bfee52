"""The errors a user can mend, each with the exit code that the command line gives it."""


class PeuError(Exception):
    """Stand above every error that peu raises on purpose.

    A message says what was expected, what was received and what to do.
    """

    exit_code = 1


class RecipeError(PeuError, ValueError):
    """Report a setting that cannot work: a setting out of its range, an unknown recipe."""

    exit_code = 2


class DataError(PeuError):
    """Report images or labels that cannot be used as they are."""

    exit_code = 3


class BundleError(PeuError):
    """Report a saved model that is damaged, foreign, or made for something else."""

    exit_code = 4


class ResourceError(PeuError):
    """Report that the machine could not give what was needed: disk, network, time, a lock."""

    exit_code = 5
