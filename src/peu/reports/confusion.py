"""Which class was taken for which: drawn, in words and in numbers."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from peu.reports.drawing import FIRST, GRID, INK, MUTED, SECOND, canvas, finish, label, styled
from peu.reports.report import Column, Figure, Table

_WIDTH = 7.4
_MOST_NUMBERED = 12
_MOST_LABELLED = 40
_LEVEL_LABEL = 10
_CELL = ((-0.47, -0.47), (0.47, -0.47), (0.47, 0.47), (-0.47, 0.47))


@styled()
def confusion_figure(name: str, confusion: NDArray[np.int64], class_names: Sequence[str]) -> Figure:
    """Draw which class was taken for which.

    Args:
        name: the recipe.
        confusion: (k, k) counts; row the true class, column the predicted one.
        class_names: the k classes.
    """
    from matplotlib.collections import PolyCollection
    from matplotlib.colors import to_rgba

    counts = np.asarray(confusion, dtype=np.int64)
    size = len(class_names)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(0.72 * size, 2.4, 6.6))
    figure, (axes,) = canvas(min(_WIDTH, side + 1.4), side + 0.7)
    faint, strong = (0.06, 0.42) if size <= _MOST_NUMBERED else (0.3, 0.6)
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
    if size <= _MOST_NUMBERED:
        for (true, predicted), count in np.ndenumerate(counts):
            colour = INK if count else MUTED
            axes.text(
                predicted,
                true - 0.1,
                str(count),
                ha="center",
                va="center",
                color=colour,
                fontsize=11,
                fontweight="bold" if true == predicted else "normal",
            )
            if count:
                axes.text(
                    predicted,
                    true + 0.24,
                    f"{shares[true, predicted]:.0%}",
                    ha="center",
                    va="center",
                    color=INK,
                    fontsize=8,
                )
    small = 10 if size <= _MOST_NUMBERED else 6
    shown = [label(each, 16) for each in class_names] if size <= _MOST_LABELLED else []
    axes.set_yticks(range(len(shown)), shown, fontsize=small)
    axes.set_xticks(range(len(shown)), shown, fontsize=small)
    if max(map(len, shown), default=0) > _LEVEL_LABEL or size > _MOST_NUMBERED:
        axes.tick_params(axis="x", rotation=40)
        for tick in axes.get_xticklabels():
            tick.set(ha="right", rotation_mode="anchor")
    axes.set_xlim(-0.5, size - 0.5)
    axes.set_ylim(size - 0.5, -0.5)
    axes.set_aspect("equal")
    axes.spines[:].set(visible=size > _MOST_NUMBERED, color=GRID)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true")
    return Figure(
        svg=finish(figure),
        alternative=_confusion_words(name, counts, class_names),
        caption=f"{name}: a row is a true class. "
        + (
            "Shares are of its row."
            if size <= _MOST_NUMBERED
            else "Blue is right, orange wrong; the darker, the larger a share of its row."
        ),
        data=_confusion_table(name, counts, class_names),
    )


def _confusion_words(name: str, counts: NDArray[np.int64], class_names: Sequence[str]) -> str:
    mistakes = counts.copy()
    np.fill_diagonal(mistakes, 0)
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


def _confusion_table(name: str, counts: NDArray[np.int64], class_names: Sequence[str]) -> Table:
    caption = f"Images of each true class by predicted class, {name}"
    if len(class_names) <= _MOST_NUMBERED:
        return Table(
            caption=caption,
            columns=(Column("True class"), *(Column(each, numeric=True) for each in class_names)),
            rows=tuple(
                (each, *(int(count) for count in row))
                for each, row in zip(class_names, counts, strict=True)
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
