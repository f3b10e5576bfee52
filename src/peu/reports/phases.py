"""What each phase of a training in several was worth."""

from collections.abc import Sequence

import numpy as np

from peu.classifiers.fitted_recipe import Phase
from peu.reports.report import Column, Table
from peu.reports.wording import count


def phases_table(name: str, trials: Sequence[Sequence[Phase]]) -> Table:
    """Show what learnt in each phase of a recipe, and how good the network was after it.

    Args:
        name: the recipe.
        trials: the phases of each trial; a trial may have ended after the first.

    Returns:
        A row a phase, in their order: means over the trials that had it.
    """
    names = list(dict.fromkeys(phase.name for phases in trials for phase in phases))
    rows = []
    for each in names:
        own = [phase for phases in trials for phase in phases if phase.name == each]
        rows.append(
            (
                each,
                f"{max(phase.trainable_parameters for phase in own):,}",
                f"{len(own)} of {len(trials)}",
                _mean([phase.accuracy for phase in own]),
                _mean([phase.log_loss for phase in own]),
            )
        )
    return Table(
        caption=f"{name}, phase by phase: means on the test images of "
        f"{count(len(trials), 'trial')}. A phase that inner folds did not find worth while is "
        "left out of a trial.",
        columns=(
            Column("What learnt"),
            Column("Parameters", numeric=True),
            Column("Trials", numeric=True),
            Column("Accuracy after it", numeric=True),
            Column("Log loss after it", numeric=True),
        ),
        rows=tuple(rows),
    )


def _mean(values: Sequence[float | None]) -> str:
    known = [value for value in values if value is not None]
    return f"{np.mean(known):.3f}" if known else "\u2013"
