"""Curves and accuracies with intervals, labelled in the language of the page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from peu.evaluation.uncertainty import Interval
from peu.lab.language import Language
from peu.networks.history import VALIDATION_EPOCH
from peu.reports import plots
from peu.reports.blocks import Figure
from peu.reports.figure import FIRST, SECOND, Draw, figure
from peu.reports.table import Cell, Column, Table
from peu.reports.wording import label

_MOST_ROWS = 24

Line = tuple[str, Sequence[float], Sequence[float]]
"""A curve: its name, x and y."""


@dataclass(frozen=True)
class Panel:
    """Curves that share axes.

    Attributes:
        title: what is drawn.
        x_name: of the horizontal axis.
        lines: at most four.
        logarithmic: whether the horizontal axis is.
        verticals: places marked by a dotted line.
        floor: where the vertical axis begins, or None.
    """

    title: str
    x_name: str
    lines: Sequence[Line]
    logarithmic: bool = False
    verticals: tuple[float, ...] = ()
    floor: float | None = None

    def draw(self, tick: Callable[[float], str]) -> Draw:
        """The function that plots it; `tick` writes the numbers at the axes."""
        styles = [
            {**style, "label": name}
            for style, (name, *_) in zip(plots.STYLES, self.lines, strict=False)
        ]
        if len(self.lines) < 2:
            styles = [{}]
        return plots.curves(
            [plots.Line(x, y, style) for style, (_, x, y) in zip(styles, self.lines, strict=False)],
            title=self.title,
            x_label=self.x_name,
            bottom=self.floor,
            logarithmic=self.logarithmic,
            verticals=self.verticals,
            tick=tick,
        )


def curves(
    language: Language, panels: Sequence[Panel], caption: str, *, columns: int | None = None
) -> Figure:
    """Draw panels of curves, with their values as a table.

    Args:
        language: of numbers and axes.
        panels: one or more.
        caption: what stands below.
        columns: panels side by side; all of them if None.
    """
    words, short = language.words, language.short
    rows: list[tuple[Cell, ...]] = []
    spoken = []
    for panel in panels:
        for name, x, y in panel.lines:
            curve = f"{panel.title}, {name}"
            ends = {"first": short(y[0]), "last": short(y[-1])} if len(y) else None
            spoken.append(words["from_to"].format(curve=curve, **ends) if ends else curve)
            kept = np.linspace(0, len(y) - 1, min(len(y), _MOST_ROWS)).round().astype(int)
            rows += [(curve, short(x[at]), short(y[at])) for at in kept.tolist()]
    titles = (words["curve"], panels[0].x_name, words["value"])
    return figure(
        Table(words["values_drawn"], _numeric(*titles), tuple(rows)),
        [panel.draw(short) for panel in panels],
        caption=caption,
        alternative="; ".join(spoken) + ".",
        columns=columns or max(2, len(panels)),
    )


def intervals(
    language: Language,
    accuracies: Mapping[str, Interval],
    caption: str,
    *,
    labels: Mapping[str, str] | Callable[[str], str] | None = None,
    chosen: str = "",
) -> Figure:
    """Draw accuracies and their intervals, a row each, in the order given.

    Args:
        language: of numbers and axes.
        accuracies: by name, one or more.
        caption: what stands below.
        labels: how names are shown, where that is different.
        chosen: the name to set apart by colour.
    """
    words, percent = language.words, language.percent
    shown = labels if callable(labels) else (labels or {}).get
    rows = [(shown(name) or name, interval) for name, interval in accuracies.items()]
    columns = ("Configuration", words["accuracy_column"], words["low"], words["high"])
    return figure(
        Table(
            words["accuracies_drawn"],
            _numeric(*columns),
            tuple((name, *map(percent, (one.mean, one.low, one.high))) for name, one in rows),
        ),
        plots.intervals(
            [(label(name, 40), interval) for name, interval in rows],
            x_label=words["accuracy"],
            colours=[SECOND if name == chosen else FIRST for name in accuracies],
            text=lambda interval: percent(interval.mean),
            tick=lambda value: percent(value, 0),
        ),
        caption=caption,
        alternative="; ".join(f"{name} {language.interval(each)}" for name, each in rows) + ".",
        height=0.75 + 0.4 * len(rows),
    )


def training_curves(
    language: Language,
    history: Mapping[str, Sequence[float]],
    caption: str = "",
) -> Figure:
    """Draw loss and accuracy of one training, on training and on test images."""
    words = language.words
    epochs = list(range(1, len(history["loss"]) + 1))
    tested = list(history.get(VALIDATION_EPOCH, epochs))
    panels = []
    for key in ("loss", "accuracy"):
        lines: list[Line] = [(words["training"], epochs, history[key])]
        if history.get(f"val_{key}"):
            lines.append(("test", tested, history[f"val_{key}"]))
        panels.append(Panel(words[key], "epoch", lines, floor=0.0))
    return curves(language, panels, f"{caption} {words['training_curves']}".strip())


def scatter(
    language: Language,
    points: Sequence[Sequence[float]],
    labels: Sequence[int] | None,
    class_names: Sequence[str],
    caption: str,
) -> Figure:
    """Draw images in a plane, coloured by class, with the middle of each class as a table."""
    words = language.words
    names = list(class_names) or ["images"]
    places = np.asarray(points, np.float64).reshape(-1, 2)
    which = None if labels is None else np.asarray(labels, np.int64)
    rows = tuple(
        (name, count, language.number(x, 2), language.number(y, 2))
        for name, count, x, y in plots.class_middles(places, which, names)
    )
    return figure(
        Table(words["class_middles"], _numeric(words["class"], "Images", "1", "2"), rows),
        plots.plane(places, which, names, ("dimension 1", "dimension 2"), tick=language.short),
        caption=caption,
        alternative=caption,
        height=5.2,
    )


def _numeric(first: str, *others: str) -> tuple[Column, ...]:
    return (Column(first), *(Column(title, numeric=True) for title in others))
