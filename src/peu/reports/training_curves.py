"""How the training of a recipe went: curves by epoch, and what each phase achieved."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from peu.networks.history import VALIDATION_EPOCH, Phase
from peu.reports.blocks import Figure
from peu.reports.figure import figure
from peu.reports.plots import HELD_OUT, SINGLE_TRIAL, TRAINING, Line, curves
from peu.reports.table import Column, Table, numbers
from peu.reports.wording import count, label

_VALIDATION = "val_"
_MOST_ROWS = 20


def curves_figure(name: str, histories: Sequence[Mapping[str, Sequence[float]]]) -> Figure:
    """Plot each measure by epoch: a thin line for each trial and a thick one for their mean.

    Args:
        name: the recipe.
        histories: of each trial, values by epoch under "loss", "accuracy" and the like; a name
            after "val_" is the same measure on the trial's test images, after each epoch
            of "val_epoch" where that is given. Trials may have stopped at different epochs.
    """
    keys = sorted({key for history in histories for key in history if len(history[key])})
    keys = [key for key in keys if key != VALIDATION_EPOCH]
    validated = max(
        (history.get(VALIDATION_EPOCH, ()) for history in histories), key=len, default=()
    )
    lines: dict[str, list[Line]] = {}
    rows: list[tuple[str | float, ...]] = []
    spoken = []
    for key in keys:
        measure = key.removeprefix(_VALIDATION).replace("_", " ")
        on_test = key.startswith(_VALIDATION)
        values = _by_epoch([history[key] for history in histories if len(history.get(key, ()))])
        epochs = np.arange(1, values.shape[1] + 1)
        if on_test and len(validated) == len(epochs):
            epochs = np.asarray(validated, np.int64)
        known = np.ma.masked_invalid(values)
        means, lows, highs = (
            np.ma.filled(each, np.nan) for each in (known.mean(0), known.min(0), known.max(0))
        )
        style = HELD_OUT if on_test else TRAINING
        what = f"{measure} {'on test images' if on_test else 'in training'}"
        singles = [Line(epochs, each, style | SINGLE_TRIAL) for each in values[len(values) == 1 :]]
        lines.setdefault(measure, []).extend([*singles, Line(epochs, means, style | {"lw": 2.4})])
        spoken.append(f"mean {what} goes from {means[0]:.3g} to {means[-1]:.3g}")
        chosen = np.unique(np.linspace(0, len(epochs) - 1, _MOST_ROWS).round().astype(int))
        rows += [(f"{what}, epoch {epochs[at]}", means[at], lows[at], highs[at]) for at in chosen]
    measures = sorted(lines, key=lambda measure: (measure != "loss", measure))
    several = len(histories) > 1
    return figure(
        Table(
            caption=f"Training of {name} by epoch, over its trials",
            columns=(Column("Measure"), *numbers("Mean", "Lowest", "Highest")),
            rows=tuple(rows),
        ),
        [
            curves(
                lines[measure],
                title=label(measure),
                bottom=0 if measure.endswith("loss") else None,
                top=1.02 if measure.endswith("accuracy") else None,
            )
            for measure in measures
        ],
        columns=max(2, len(measures)),
        height=2.8,
        alternative=f"Training curves of {name}, {count(len(histories), 'trial')}: "
        f"{'; '.join(spoken)}.",
        caption=f"{name}."
        + (" Thin: single trials. Thick: their mean." if several else "")
        + (
            " Solid blue: training images. Dashed orange: test images, which decided nothing."
            if any(key.startswith(_VALIDATION) for key in keys)
            else " On the training images."
        ),
    )


def phases_table(name: str, trials: Sequence[Sequence[Phase]]) -> Table:
    """What was trained in each phase of a recipe, and how good the network was after it.

    Args:
        name: the recipe.
        trials: the phases of each trial; a trial may have ended after the first.

    Returns:
        A row for each phase, in their order: means over the trials that had it.
    """
    rows = []
    for each in dict.fromkeys(phase.name for phases in trials for phase in phases):
        own = [phase for phases in trials for phase in phases if phase.name == each]
        rows.append(
            (
                each,
                max(phase.trainable_parameters for phase in own),
                f"{len(own)} of {len(trials)}",
                _mean([phase.accuracy for phase in own]),
                _mean([phase.log_loss for phase in own]),
            )
        )
    return Table(
        caption=f"{name}, phase by phase: means on the test images of "
        f"{count(len(trials), 'trial')}. A phase that inner folds did not find worthwhile is "
        "skipped in that trial.",
        columns=(
            Column("What was trained"),
            Column("Parameters", ","),
            Column("Trials", numeric=True),
            *numbers("Accuracy after it", "Log loss after it"),
        ),
        rows=tuple(rows),
    )


def _mean(values: Sequence[float | None]) -> float:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else float("nan")


def _by_epoch(lines: Sequence[Sequence[float]]) -> NDArray[np.float64]:
    """(trials, epochs), NaN after the end of a trial that stopped early."""
    values = np.full((len(lines), max(map(len, lines))), np.nan)
    for row, line in zip(values, lines, strict=True):
        row[: len(line)] = line
    return values
