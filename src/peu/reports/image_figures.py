"""How many images a class has and how large they are: drawn, in words and in numbers."""

from collections.abc import Mapping, Sequence

import numpy as np

from peu.reports.drawing import FIRST, canvas, finish, label, styled
from peu.reports.report import Column, Figure, Table
from peu.reports.wording import count

_WIDTH = 7.4
_MOST_LABELLED = 40
_MOST_SIZES = 50


@styled()
def balance_figure(counts: Mapping[str, int]) -> Figure:
    """Draw how many images each class has."""
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = ordered[:_MOST_LABELLED]
    figure, (axes,) = canvas(_WIDTH, 0.35 + 0.3 * max(2, len(shown)))
    axes.barh(range(len(shown)), [many for _, many in shown], height=0.62, color=FIRST, lw=0)
    for row, (_, many) in enumerate(shown):
        axes.annotate(
            str(many), (many, row), xytext=(5, 0), textcoords="offset points", va="center"
        )
    axes.set_yticks(range(len(shown)), [label(name) for name, _ in shown])
    axes.set_ylim(len(shown) - 0.4, -0.6)
    axes.set_xlim(0, 1.08 * max([*counts.values(), 1]))
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    rest = len(ordered) - len(shown)
    return Figure(
        svg=finish(figure),
        alternative="Images in each class: "
        + "; ".join(f"{name} {many}" for name, many in shown)
        + (f"; and {count(rest, 'smaller class', 'smaller classes')}." if rest else "."),
        caption="Images in each class"
        + (
            f"; {count(rest, 'smaller class', 'smaller classes')} in the table only."
            if rest
            else "."
        ),
        data=Table(
            caption="Images in each class",
            columns=(Column("Class"), Column("Images", numeric=True)),
            rows=tuple(ordered),
        ),
    )


@styled()
def sizes_figure(sizes: Sequence[tuple[int, int]]) -> Figure:
    """Draw how wide and high the images are.

    Args:
        sizes: (width, height) of each image, in pixels, upright.
    """
    distinct, counts = np.unique(np.asarray(sizes, dtype=np.int64), axis=0, return_counts=True)
    figure, (axes,) = canvas(4.2, 3.4)
    axes.scatter(
        distinct[:, 0], distinct[:, 1], s=14 * np.sqrt(counts), color=FIRST, alpha=0.5, lw=0
    )
    axes.set_xlim(0, 1.08 * distinct[:, 0].max())
    axes.set_ylim(0, 1.08 * distinct[:, 1].max())
    axes.set_xlabel("width, pixels")
    axes.set_ylabel("height, pixels")
    axes.grid()
    axes.set_axisbelow(True)
    order = np.lexsort((distinct[:, 1], distinct[:, 0], -counts))[:_MOST_SIZES]
    more = len(distinct) - len(order)
    low, high = distinct.min(axis=0), distinct.max(axis=0)
    return Figure(
        svg=finish(figure),
        alternative=(
            f"Sizes of {count(len(sizes), 'image')}: width {low[0]} to {high[0]} pixels, height "
            f"{low[1]} to {high[1]} pixels, {count(len(distinct), 'different size')}."
        ),
        caption="Width and height of the images; a larger dot stands for more of one size.",
        data=Table(
            caption="Sizes, the most frequent first"
            + (f"; {count(more, 'further size')} left out" if more else ""),
            columns=(
                Column("Width \u00d7 height, pixels"),
                Column("Images", numeric=True),
            ),
            rows=tuple(
                (f"{distinct[each, 0]} \u00d7 {distinct[each, 1]}", int(counts[each]))
                for each in order
            ),
        ),
    )
