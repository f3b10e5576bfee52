"""A variational auto-encoder in figures: how its training went, and where images lie."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from peu.comparison.latent_map import MapPoints
from peu.reports.class_colours import class_colours
from peu.reports.drawing import (
    FIRST,
    MUTED,
    SECOND,
    canvas,
    finish,
    label,
    number,
    raster,
    styled,
)
from peu.reports.report import Cell, Column, Figure, Table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH = 7.4
_MOST_DIMENSIONS = 8
_MOST_IN_LEGEND = 12


@styled()
def terms_figure(history: Mapping[str, Sequence[float]]) -> Figure:
    """Draw the loss and its two terms by epoch: the error, and the divergence of dimensions.

    Args:
        history: "loss", "mse", "watched_loss", "watched_mse", "kl_1" and so on, by epoch.
    """
    from matplotlib.ticker import MaxNLocator

    figure, panels = canvas(_WIDTH, 2.9, columns=3)
    epochs = np.arange(1, len(history["loss"]) + 1)
    kinds = (("loss", "loss"), ("mse", "mean squared error"))
    for axes, (key, title) in zip(panels, kinds, strict=False):
        axes.plot(epochs, history[key], color=FIRST, lw=2.2, marker=_marker(epochs))
        axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
        watched = history.get(f"watched_{key}", ())
        if len(watched) == len(epochs):
            axes.plot(epochs, watched, color=SECOND, lw=2.2, ls=(0, (5, 1.5)))
    dimensions = [key for key in history if key.startswith("kl_")]
    for key in dimensions[:_MOST_DIMENSIONS]:
        panels[2].plot(epochs, history[key], color=FIRST, lw=1.6, marker=_marker(epochs))
        panels[2].annotate(
            key.removeprefix("kl_"),
            (float(epochs[-1]), history[key][-1]),
            xytext=(4, 0),
            textcoords="offset points",
            va="center",
            color=MUTED,
        )
    panels[2].set_title("divergence, nats", loc="left", fontsize=10, fontweight="bold")
    panels[2].set_ylim(bottom=0)
    for axes in panels:
        axes.set_xlabel("epoch")
        axes.grid(axis="y")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    keys = ["loss", "watched_loss", "mse", "watched_mse", *dimensions, "kl_weight"]
    present = [key for key in keys if len(history.get(key, ())) == len(epochs)]
    rows: list[tuple[Cell, ...]] = [
        (int(epoch), *(f"{history[key][at]:.4g}" for key in present))
        for at, epoch in enumerate(epochs)
    ]
    ends = "; ".join(
        f"{_said(key)} goes from {history[key][0]:.3g} to {history[key][-1]:.3g}" for key in present
    )
    return Figure(
        svg=finish(figure),
        alternative=f"The loss and its terms by epoch: {ends}.",
        caption=(
            "Loss = mean squared error + kl_weight x divergence, summed over dimensions. Solid "
            "blue: images trained on. Dashed orange: held-out images, which decided nothing. "
            "The divergence of each dimension is that of a thousand training images."
        ),
        data=Table(
            caption="By epoch",
            columns=(Column("Epoch"), *(Column(_said(key), numeric=True) for key in present)),
            rows=tuple(rows),
        ),
        png=raster(figure),
    )


@styled()
def map_figure(points: MapPoints) -> Figure:
    """Draw where images lie on the plane of two dimensions, coloured by class."""
    figure, (axes,) = canvas(_WIDTH, 5.6)
    classes = points.class_names or ("images",)
    labels = np.zeros(len(points.names), np.int64) if points.labels is None else points.labels
    rows: list[tuple[Cell, ...]] = []
    for index, (name, colour) in enumerate(zip(classes, class_colours(len(classes)), strict=True)):
        own = points.codes[labels == index]
        if len(own) == 0:
            continue
        axes.scatter(own[:, 0], own[:, 1], s=9, color=colour, alpha=0.65, lw=0, label=label(name))
        middle = np.median(own, axis=0)
        rows.append((name, len(own), number(float(middle[0]), 2), number(float(middle[1]), 2)))
    axes.set_aspect("equal", adjustable="datalim")
    axes.grid()
    axes.set_axisbelow(True)
    _name_axes(axes, points)
    if 1 < len(rows) <= _MOST_IN_LEGEND:
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False, markerscale=2.4)
    return Figure(
        svg=finish(figure),
        alternative=(
            f"Where {len(points.names)} images lie on the latent plane; the middle of each "
            "class is in the table."
        ),
        caption=(
            f"The means of {len(points.names)} images. The decoder has learnt to make something "
            "of the places where they lie, and little of the empty ones between and beyond."
        ),
        data=Table(
            caption="Median place of each class",
            columns=(
                Column("Class"),
                Column("Images", numeric=True),
                Column(f"Dimension {points.axes[0] + 1}", numeric=True),
                Column(
                    f"Dimension {points.axes[1] + 1}" if len(points.axes) > 1 else "none",
                    numeric=True,
                ),
            ),
            rows=tuple(rows),
        ),
        png=raster(figure),
    )


def _name_axes(axes: "Axes", points: MapPoints) -> None:
    axes.set_xlabel(f"dimension {points.axes[0] + 1}")
    if len(points.axes) > 1:
        axes.set_ylabel(f"dimension {points.axes[1] + 1}")


def _marker(epochs: np.ndarray[tuple[int], np.dtype[np.int64]]) -> str:
    return "o" if len(epochs) == 1 else ""


def _said(key: str) -> str:
    """Give a measure's name in words."""
    key = key.replace("mse", "error")
    if key.startswith("watched_"):
        return f"{key.removeprefix('watched_')} on held-out images"
    if key.startswith("kl_"):
        return f"divergence of dimension {key.removeprefix('kl_')}"
    return key
