"""`--cluster`: trials on a Ray cluster instead of here."""

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from peu.errors import RecipeError

if TYPE_CHECKING:
    from peu.comparison.running import TrialRunner


@contextlib.contextmanager
def runner_on(address: str | None, workers: int | None) -> Iterator["TrialRunner | None"]:
    """What runs trials elsewhere; None where no cluster was named.

    Args:
        address: as `peu.cluster.trials.connect` takes it.
        workers: what `--workers` says.

    Raises:
        RecipeError: no address, or both options.
        ResourceError: the cluster cannot be reached.
    """
    if address is None:
        yield None
        return
    if workers is not None:
        raise RecipeError(
            "`--workers` counts processes on this machine. Received: it and --cluster. Drop one."
        )
    from peu.cluster.trials import connect

    with connect(address) as runner:
        yield runner
