"""A search in figures: what was tried, which setting mattered, what longer training did."""

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from peu.classifiers.search_record import Push, Search
from peu.classifiers.search_space import LOGARITHMIC
from peu.networks.history import VALIDATION_EPOCH
from peu.reports.blocks import Figure
from peu.reports.figure import FIRST, INK, MUTED, SECOND, Draw, figure
from peu.reports.plots import HELD_OUT, SINGLE_TRIAL, TRAINING, Line, curves, spread
from peu.reports.table import Column, Table, numbers
from peu.reports.wording import count, label, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WHOLE = ("image_size", "layers", "filters", "batch_norm", "epochs")
_SHOWN_ABOVE_CHANCE = 1.3
SETTINGS = {
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
# What became of a configuration: colour, area and opacity of its dot, and its marker.
_DOTS = {
    "pruned": (MUTED, 11, 0.45, "o"),
    "complete": (FIRST, 20, 0.6, "o"),
    "chosen": (SECOND, 52, 1.0, "D"),
}


def trials_figure(name: str, searches: Mapping[str, Search], class_count: int) -> Figure:
    """Plot the log loss of every configuration that was tried, over each setting.

    Args:
        name: the recipe.
        searches: by the split that each was made for; one at least has trials.
        class_count: number of classes, from which follows what guessing would score.
    """
    chance = float(np.log(class_count))
    tried = []
    for where, search in searches.items():
        for place, trial in enumerate(search.trials):
            losses = [*trial.intermediate, trial.log_loss]
            loss = next((each for each in reversed(losses) if each is not None), None)
            if loss is not None:
                ending = "chosen" if place == search.best else trial.ending
                tried.append((where, trial.settings, loss, ending))
    settings = [each for each in SETTINGS if any(each in values for _, values, _, _ in tried)]
    ceiling = _SHOWN_ABOVE_CHANCE * chance
    heights = [min(loss, ceiling) for _, _, loss, _ in tried]
    margin = 0.06 * max(max(heights) - min(heights), 0.1)

    def panel(setting: str) -> Draw:
        def draw(axes: "Axes") -> None:
            for ending, (colour, area, alpha, marker) in _DOTS.items():
                points = [
                    (values[setting], min(loss, ceiling))
                    for _, values, loss, what in tried
                    if what == ending and setting in values
                ]
                axes.scatter(
                    [across for across, _ in points],
                    [height for _, height in points],
                    s=area,
                    color=colour,
                    alpha=alpha,
                    lw=0,
                    marker=marker,
                )
            known = [values[setting] for _, values, _, _ in tried if setting in values]
            _set_ticks(axes, setting, min(known), max(known))
            axes.set_title(SETTINGS[setting])
            axes.grid(axis="y")
            axes.set_ylim(max(0.0, min(heights) - margin), max(heights) + margin)
            if axes.get_subplotspec().is_first_col():  # type: ignore[union-attr]
                axes.set_ylabel("log loss")
            else:
                axes.tick_params(labelleft=False)

        return draw

    finished = sum(ending in ("complete", "chosen") for _, _, _, ending in tried)
    return figure(
        Table(
            caption=f"What {name} tried",
            columns=(
                Column("Split"),
                *numbers(*(SETTINGS[setting] for setting in settings), "Log loss", format=".3g"),
                Column("Ending"),
            ),
            rows=tuple(
                (where, *(values.get(setting) for setting in settings), loss, ending)
                for where, values, loss, ending in tried
            ),
        ),
        [panel(setting) for setting in settings],
        columns=5,
        narrow_columns=2,
        height=2.05,
        alternative=(
            f"{count(len(tried), 'configuration')} that {name} tried, {finished} of them judged on "
            "all inner folds: log loss on held-out images over each setting."
        ),
        caption=(
            "Each dot is a configuration: its log loss on images held out inside the training "
            "set. Orange: chosen for a split. Grey and small: stopped early, with its last "
            f"intermediate value. Values above {number(ceiling, 2)} are drawn there; guessing "
            f"scores {number(chance, 2)}."
        ),
    )


def importance_figure(name: str, searches: Mapping[str, Search]) -> Figure:
    """Plot how much each setting mattered: mean over the searches, and each search as a dot."""
    known = [search.importance for search in searches.values() if search.importance]
    shares = {
        setting: np.array([each.get(setting, 0.0) for each in known])
        for setting in {setting for each in known for setting in each}
    }
    shares = dict(sorted(shares.items(), key=lambda item: (-item[1].mean(), item[0])))
    names = [SETTINGS.get(setting, setting) for setting in shares]

    def draw(axes: "Axes") -> None:
        axes.barh(
            range(len(shares)),
            [each.mean() for each in shares.values()],
            height=0.62,
            color=FIRST,
            alpha=0.75,
        )
        for row, each in enumerate(shares.values()):
            axes.scatter(each, row + spread(len(each), 0.4), s=12, color=INK, alpha=0.5, lw=0)
        axes.set_yticks(range(len(names)), [label(each) for each in names])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0, None)
        axes.set_xlabel("share of what separates the best quarter")
        axes.grid(axis="x")

    return figure(
        Table(
            caption=f"Importance of the settings of {name}",
            columns=(Column("Setting"), *numbers("Mean", "Lowest", "Highest")),
            rows=tuple(
                (setting, each.mean(), each.min(), each.max())
                for setting, each in zip(names, shares.values(), strict=True)
            ),
        ),
        draw,
        height=0.7 + 0.3 * len(names),
        caption=(
            "Share of what separates the best quarter of the configurations from the rest. Bar: "
            "mean over the searches. Dots: single searches, each of few configurations; where "
            "they lie far apart, take the bar as a hint."
        ),
    )


def push_figure(name: str, pushes: Sequence[Push]) -> Figure:
    """Plot what longer training did, over multiples of the chosen number of epochs.

    Args:
        name: the recipe.
        pushes: of one factor, at least one; all with values on test images.
    """
    rows: list[tuple[str, float]] = []
    panels = []
    for measure in ("loss", "accuracy"):
        lines: list[Line] = []
        for key, style, where in (
            (measure, TRAINING, "in training"),
            (f"val_{measure}", HELD_OUT, "on test images"),
        ):
            grid, values = _over_multiples(pushes, key)
            means = values.mean(axis=0)
            lines += [Line(grid, each, style | SINGLE_TRIAL) for each in values]
            lines.append(Line(grid, means, style | {"lw": 2.4}))
            rows += [
                (f"{measure} {where}, {at:g} times", float(mean))
                for at, mean in zip(grid, means, strict=True)
                if at == int(at)
            ]
        panels.append(
            curves(
                lines,
                title=measure,
                x_label="times the chosen epochs",
                bottom=0 if measure == "loss" else None,
                top=1.02 if measure == "accuracy" else None,
                verticals=(1,),
            )
        )
    return figure(
        Table(
            caption=f"Loss and accuracy of {name} trained {pushes[0].factor} times as long",
            columns=(Column("Measure"), *numbers("Mean")),
            rows=tuple(rows),
        ),
        panels,
        height=2.8,
        caption=(
            "Thin: single trials. Thick: their mean. Solid blue: training images. Dashed "
            "orange: test images, which decided nothing. The line at 1 is where the chosen "
            "number of epochs ends; the step size falls over the whole of the longer training."
        ),
    )


def push_sentence(pushes: Sequence[Push]) -> str:
    """What longer training did, from the measured curves alone."""
    grid, training = _over_multiples(pushes, "accuracy")
    once = int(np.flatnonzero(grid == 1)[0])
    accuracy, loss, fitted = (
        each.mean(axis=0)
        for each in (
            _over_multiples(pushes, "val_accuracy")[1],
            _over_multiples(pushes, "val_loss")[1],
            training,
        )
    )
    lowest = int(loss.argmin())
    opening = (
        f"Trained {pushes[0].factor} times as long, accuracy on test images went "
        f"from {accuracy[once]:.1%} at the chosen epochs to {accuracy[-1]:.1%} at the end, and "
        f"on training images from {fitted[once]:.1%} to {fitted[-1]:.1%}."
    )
    if loss[-1] > 1.1 * loss[lowest]:
        return (
            f"{opening} The log loss was lowest at {grid[lowest]:g} times the chosen epochs "
            f"({loss[lowest]:.2f}) and ended at {loss[-1]:.2f}: the network became more certain "
            "of its mistakes, which is overfitting."
        )
    return (
        f"{opening} The log loss ended at {loss[-1]:.2f}, not far from its lowest "
        f"({loss[lowest]:.2f}): no overfitting is visible in this time."
    )


def _set_ticks(axes: "Axes", setting: str, low: float, high: float) -> None:
    """Mark the ends and the middle of a setting's values, as a narrow panel allows."""
    from matplotlib.ticker import FixedFormatter, FixedLocator

    middle = (low + high) / 2
    if setting in LOGARITHMIC:
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
        validated = key.startswith("val_")
        at = push.metrics[VALIDATION_EPOCH] if validated else range(1, len(values) + 1)
        lines.append(np.interp(grid * push.epochs, at, values))
    return grid, np.asarray(lines)
