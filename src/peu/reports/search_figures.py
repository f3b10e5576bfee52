"""A search drawn: what was tried, which setting mattered, and what longer training did."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from peu.classifiers.search_record import Push, Search, SearchTrial
from peu.networks.history import WATCHED_EPOCH
from peu.reports.drawing import (
    FIRST,
    GRID,
    INK,
    MUTED,
    SECOND,
    canvas,
    finish,
    label,
    number,
    spread,
    styled,
)
from peu.reports.report import Cell, Column, Figure, Table
from peu.reports.wording import count

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 7.4
_COLUMNS = 5
_LOGARITHMIC = ("filters", "learning_rate", "weight_decay")
_WHOLE = ("image_size", "layers", "filters", "batch_norm", "epochs")
_SHOWN_ABOVE_CHANCE = 1.3
KNOBS = {
    "image_size": "side, pixels",
    "layers": "layers",
    "filters": "first filters",
    "batch_norm": "batch norm",
    "dropout": "dropout",
    "learning_rate": "learning rate",
    "weight_decay": "weight decay",
    "epochs": "epochs",
    "augmentation": "augmentation",
}


@styled()
def trials_figure(name: str, searches: Mapping[str, Search], class_count: int) -> Figure:
    """Draw every configuration that was tried: its log loss on held-out images over each setting.

    Args:
        name: the recipe.
        searches: by the split that each was made for; one at least has trials.
        class_count: of the images, which says what guessing would score.
    """
    tried = [
        (where, trial, search.best is not None and search.trials[search.best] is trial)
        for where, search in searches.items()
        for trial in search.trials
        if _height(trial) is not None
    ]
    settings = [
        setting for setting in KNOBS if any(setting in trial.settings for _, trial, _ in tried)
    ]
    rows = -(-len(settings) // _COLUMNS)
    figure, panels = canvas(_WIDTH, 2.05 * rows, columns=_COLUMNS, rows=rows)
    ceiling = _SHOWN_ABOVE_CHANCE * float(np.log(class_count))
    for axes in panels[len(settings) :]:
        axes.set_axis_off()
    for setting, axes in zip(settings, panels, strict=False):
        for chosen, ending, colour, size, alpha in (
            (False, "stopped", MUTED, 11, 0.45),
            (False, "whole", FIRST, 20, 0.6),
            (True, "whole", SECOND, 52, 1.0),
        ):
            points = [
                (trial.settings[setting], min(_height(trial) or 0.0, ceiling))
                for _, trial, best in tried
                if best == chosen and trial.ending == ending and setting in trial.settings
            ]
            if points:
                axes.scatter(
                    [across for across, _ in points],
                    [height for _, height in points],
                    s=size,
                    color=colour,
                    alpha=alpha,
                    lw=0,
                    marker="D" if chosen else "o",
                )
        values = [trial.settings[setting] for _, trial, _ in tried if setting in trial.settings]
        _set_ticks(axes, setting, min(values), max(values))
        axes.set_title(label(KNOBS[setting]), loc="left", fontsize=10, fontweight="bold")
        axes.grid(axis="y")
        axes.set_axisbelow(True)
    for axes in panels[::_COLUMNS]:
        axes.set_ylabel("log loss")
    heights = [min(_height(trial) or 0.0, ceiling) for _, trial, _ in tried]
    margin = 0.06 * max(max(heights) - min(heights), 0.1)
    for place, axes in enumerate(panels[: len(settings)]):
        axes.set_ylim(max(0.0, min(heights) - margin), max(heights) + margin)
        axes.tick_params(labelleft=place % _COLUMNS == 0)
    cells: list[tuple[Cell, ...]] = [
        (
            f"{where}, {place}",
            *(_figure_of(trial.settings.get(setting)) for setting in settings),
            _figure_of(_height(trial)),
            "chosen" if best else trial.ending,
        )
        for place, (where, trial, best) in enumerate(tried, start=1)
    ]
    whole = sum(trial.ending == "whole" for _, trial, _ in tried)
    return Figure(
        svg=finish(figure),
        alternative=(
            f"{count(len(tried), 'configuration')} that {name} tried, {whole} of them judged on "
            "all inner folds: log loss on held-out images over each setting."
        ),
        caption=(
            "Each dot is a configuration: its log loss on images held out inside the training "
            "set. Orange: chosen for a split. Grey and small: stopped early, at its last look. "
            f"What is above {number(ceiling, 2)} is drawn there; guessing scores "
            f"{number(float(np.log(class_count)), 2)}."
        ),
        data=Table(
            caption=f"What {name} tried",
            columns=(
                Column("Split, number"),
                *(Column(KNOBS[setting], numeric=True) for setting in settings),
                Column("Log loss", numeric=True),
                Column("Ending"),
            ),
            rows=tuple(cells),
        ),
    )


@styled()
def importance_figure(name: str, searches: Mapping[str, Search]) -> Figure:
    """Draw how much each setting mattered: a mean over the searches, and each search as a dot."""
    told = [search.importance for search in searches.values() if search.importance]
    settings = sorted(
        {setting for each in told for setting in each},
        key=lambda setting: -float(np.mean([each.get(setting, 0.0) for each in told])),
    )
    figure, (axes,) = canvas(_WIDTH, 0.7 + 0.3 * len(settings))
    rows: list[tuple[Cell, ...]] = []
    for row, setting in enumerate(settings):
        shares = np.array([each.get(setting, 0.0) for each in told])
        axes.barh(row, shares.mean(), height=0.62, color=FIRST, alpha=0.75)
        axes.scatter(shares, row + spread(len(shares), 0.4), s=12, color=INK, alpha=0.5, lw=0)
        rows.append(
            (
                KNOBS.get(setting, setting),
                number(float(shares.mean())),
                number(float(shares.min())),
                number(float(shares.max())),
            )
        )
    axes.set_yticks(
        range(len(settings)), [label(KNOBS.get(setting, setting)) for setting in settings]
    )
    axes.set_ylim(len(settings) - 0.4, -0.6)
    axes.set_xlim(0, None)
    axes.set_xlabel("share of what separates the best quarter from the rest")
    axes.grid(axis="x")
    axes.set_axisbelow(True)
    said = "; ".join(f"{setting} {share}" for setting, share, _, _ in rows)
    return Figure(
        svg=finish(figure),
        alternative=f"Importance of each setting for {name}, mean over the searches: {said}.",
        caption=(
            "Bar: mean over the searches. Dots: single searches, each of few configurations; "
            "where they lie far apart, take the bar as a hint."
        ),
        data=Table(
            caption=f"Importance of the settings of {name}",
            columns=(
                Column("Setting"),
                Column("Mean", numeric=True),
                Column("Lowest", numeric=True),
                Column("Highest", numeric=True),
            ),
            rows=tuple(rows),
        ),
    )


@styled()
def push_figure(name: str, pushes: Sequence[Push]) -> Figure:
    """Draw what longer training did, over multiples of the epochs that were chosen.

    Args:
        name: the recipe.
        pushes: of one factor, at least one; all with images that were watched.
    """
    figure, panels = canvas(_WIDTH, 2.8, columns=2)
    rows: list[tuple[Cell, ...]] = []
    for measure, axes in zip(("loss", "accuracy"), panels, strict=True):
        for key, colour, dashes in (
            (measure, FIRST, "-"),
            (f"watched_{measure}", SECOND, (0, (5, 1.5))),
        ):
            grid, lines = _over_multiples(pushes, key)
            means = lines.mean(axis=0)
            axes.plot(grid, lines.T, color=colour, lw=0.9, alpha=0.28)
            axes.plot(grid, means, color=colour, lw=2.4, ls=dashes)
            said = measure + (" on images not learnt from" if "_" in key else " in training")
            rows += [
                (f"{said}, {at:g} times", number(float(mean)))
                for at, mean in zip(grid, means, strict=True)
                if at == int(at)
            ]
        axes.axvline(1, color=GRID, lw=1.2, zorder=0)
        axes.set_title(measure, loc="left", fontsize=10, fontweight="bold")
        axes.set_xlabel("times the chosen epochs")
        axes.grid(axis="y")
    panels[0].set_ylim(0, None)
    panels[1].set_ylim(min(0.5, panels[1].get_ylim()[0]), 1.02)
    return Figure(
        svg=finish(figure),
        alternative=(
            f"Loss and accuracy of {name} trained {pushes[0].factor} times as long as was chosen, "
            + "; ".join(f"{said}: {mean}" for said, mean in rows)
            + "."
        ),
        caption=(
            "Thin: single trials. Thick: their mean. Solid blue: images trained on. Dashed "
            "orange: test images, which decided nothing. The line at 1 is where the chosen "
            "number of epochs ends; the step size falls over the whole of the longer training."
        ),
        data=Table(
            caption=f"Longer training of {name}",
            columns=(Column("Measure"), Column("Mean", numeric=True)),
            rows=tuple(rows),
        ),
    )


def push_sentence(pushes: Sequence[Push]) -> str:
    """Say what longer training did, from the curves that were measured and nothing else."""
    _, accuracies = _over_multiples(pushes, "watched_accuracy")
    _, losses = _over_multiples(pushes, "watched_loss")
    grid, training = _over_multiples(pushes, "accuracy")
    once = int(np.flatnonzero(grid == 1)[0])
    accuracy, loss, learnt = (each.mean(axis=0) for each in (accuracies, losses, training))
    lowest = int(loss.argmin())
    sentences = [
        (
            f"Trained {pushes[0].factor} times as long, accuracy on images not learnt from went "
            f"from {accuracy[once]:.1%} at the chosen epochs to {accuracy[-1]:.1%} at the end, and "
            f"on those learnt from, from {learnt[once]:.1%} to {learnt[-1]:.1%}."
        )
    ]
    if loss[-1] > 1.1 * loss[lowest]:
        sentences.append(
            f"The log loss was lowest at {grid[lowest]:g} times the chosen epochs "
            f"({loss[lowest]:.2f}) and ended at {loss[-1]:.2f}: the network grew surer of its "
            "mistakes, which is overfitting."
        )
    else:
        sentences.append(
            f"The log loss ended at {loss[-1]:.2f}, not far from its lowest ({loss[lowest]:.2f}): "
            "no overfitting to be seen in this time."
        )
    return " ".join(sentences)


def _set_ticks(axes: "Axes", setting: str, low: float, high: float) -> None:
    """Mark the ends and the middle of a setting's values, as a narrow panel allows."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    middle = (low + high) / 2
    if setting in _LOGARITHMIC:
        axes.set_xscale("log")
        axes.minorticks_off()
        middle = math.sqrt(low * high)
    ticks = sorted({low, middle, high} if setting not in _WHOLE else {low, round(middle), high})
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_major_formatter(FixedFormatter([f"{tick:.2g}" for tick in ticks]))


def _over_multiples(pushes: Sequence[Push], key: str) -> tuple[np.ndarray, np.ndarray]:
    """Bring curves of different lengths onto one grid of multiples of the chosen epochs."""
    factor = pushes[0].factor
    grid = np.round(np.arange(1, 10 * factor + 1) / 10, 1)
    lines = []
    for push in pushes:
        values = push.metrics[key]
        watched = key.startswith("watched_")
        at = push.metrics[WATCHED_EPOCH] if watched else range(1, len(values) + 1)
        lines.append(np.interp(grid * push.epochs, at, values))
    return grid, np.asarray(lines)


def _height(trial: SearchTrial) -> float | None:
    if trial.log_loss is not None:
        return trial.log_loss
    return trial.looks[-1] if trial.looks else None


def _figure_of(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
