"""The confusion matrix: which class was taken for which."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from peu.reports.blocks import Figure
from peu.reports.figure import FIRST, GRID, MUTED, SECOND, WIDTH, figure
from peu.reports.table import Column, Table
from peu.reports.wording import label

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_NUMBERED = 12
_MOST_LABELLED = 40
_LEVEL_LABEL = 10
_CELL = ((-0.47, -0.47), (0.47, -0.47), (0.47, 0.47), (-0.47, 0.47))


def confusion_figure(name: str, confusion: NDArray[np.int64], class_names: Sequence[str]) -> Figure:
    """Plot the confusion matrix.

    Args:
        name: the recipe.
        confusion: (k, k) counts; row the true class, column the predicted one.
        class_names: the k classes.
    """
    counts = np.asarray(confusion, dtype=np.int64)
    side = float(np.clip(0.72 * len(class_names), 2.4, 6.6))
    return figure(
        _table(name, counts, class_names),
        lambda axes: _draw(axes, counts, class_names),
        width=min(WIDTH, side + 1.4),
        height=side + 0.7,
        narrow_height=min(side + 0.7, 3.2),
        alternative=_in_words(name, counts, class_names),
        caption=f"{name}: a row is a true class. "
        + (
            "Shares are of its row."
            if len(class_names) <= _MOST_NUMBERED
            else "Blue is right, orange wrong; the darker, the larger a share of its row."
        ),
    )


def _draw(axes: "Axes", counts: NDArray[np.int64], class_names: Sequence[str]) -> None:
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    size = len(class_names)
    numbered = size <= _MOST_NUMBERED
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    faint, strong = (0.06, 0.42) if numbered else (0.3, 0.6)
    filled = np.argwhere(counts > 0)
    axes.add_collection(
        PolyCollection(
            [[(column + x, row + y) for x, y in _CELL] for row, column in filled],
            facecolors=[
                to_rgba(FIRST if row == column else SECOND, faint + strong * shares[row, column])
                for row, column in filled
            ],
            linewidths=0,
        )
    )
    centred: dict[str, Any] = {"ha": "center", "va": "center"}
    for (true, predicted), count in np.ndenumerate(counts) if numbered else ():
        weight = "bold" if true == predicted else "normal"
        if count:
            axes.text(predicted, true - 0.1, str(count), fontsize=11, fontweight=weight, **centred)
            share = f"{shares[true, predicted]:.0%}"
            axes.text(predicted, true + 0.24, share, fontsize=8, **centred)
        else:
            axes.text(predicted, true, "0", color=MUTED, **centred)
    shown = [label(each, 16) for each in class_names] if size <= _MOST_LABELLED else []
    fontsize = 10 if numbered else 6
    axes.set_yticks(range(len(shown)), shown, fontsize=fontsize)
    axes.set_xticks(range(len(shown)), shown, fontsize=fontsize)
    narrow = axes.get_window_extent().width / max(size, 1) < 60
    if max(map(len, shown), default=0) > _LEVEL_LABEL or narrow:
        axes.tick_params(axis="x", rotation=40)
        for tick in axes.get_xticklabels():
            tick.set(ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.5, size - 0.5)
    axes.set_ylim(size - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.spines[:].set(visible=not numbered, color=GRID)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")


def _in_words(name: str, counts: NDArray[np.int64], class_names: Sequence[str]) -> str:
    mistakes = counts * (1 - np.eye(len(counts), dtype=np.int64))
    order = np.argsort(-mistakes, axis=None, kind="stable")[:3]
    worst = [
        f"{class_names[row]} taken for {class_names[column]} {_often(int(mistakes[row, column]))}"
        for row, column in zip(*np.unravel_index(order, mistakes.shape), strict=True)
        if mistakes[row, column]
    ]
    return f"Confusion matrix of {name}: {np.trace(counts)} of {counts.sum()} images right. " + (
        f"Most frequent mistakes: {'; '.join(worst)}." if worst else "No mistakes."
    )


def _often(times: int) -> str:
    return "once" if times == 1 else f"{times} times"


def _table(name: str, counts: NDArray[np.int64], class_names: Sequence[str]) -> Table:
    caption = f"Images of each true class by predicted class, {name}"
    if len(class_names) <= _MOST_NUMBERED:
        return Table(
            caption=caption,
            columns=(Column("True class"), *(Column(each, numeric=True) for each in class_names)),
            rows=tuple(
                (each, *row) for each, row in zip(class_names, counts.tolist(), strict=True)
            ),
        )
    return Table(
        caption=f"{caption}; combinations that did not occur are left out",
        columns=(Column("True class"), Column("Predicted class"), Column("Images", numeric=True)),
        rows=tuple(
            (class_names[row], class_names[column], int(counts[row, column]))
            for row, column in np.argwhere(counts > 0)
        ),
    )
