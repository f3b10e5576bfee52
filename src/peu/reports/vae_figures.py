"""A variational auto-encoder in figures: how training went, and where images lie."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from peu.comparison.latent import LatentPoints
from peu.reports.blocks import Figure
from peu.reports.figure import MUTED, Draw, figure
from peu.reports.plots import Line, class_middles, curves, plane, training_lines
from peu.reports.table import Column, Table, numbers

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_MOST_DIMENSIONS = 8


def terms_figure(history: Mapping[str, Sequence[float]]) -> Figure:
    """Plot the loss and its two terms by epoch: the error, and the divergence of dimensions.

    Args:
        history: "loss", "mse", "val_loss", "val_mse", "kl_1" and so on, by epoch.
    """
    epochs = range(1, len(history["loss"]) + 1)
    dimensions = [key for key in history if key.startswith("kl_") and key != "kl_weight"]
    present = [
        key
        for key in ("loss", "val_loss", "mse", "val_mse", *dimensions, "kl_weight")
        if len(history.get(key, ())) == len(epochs)
    ]

    def panel(key: str, title: str) -> Draw:
        held_out = history[f"val_{key}"] if f"val_{key}" in present else ()
        return curves(training_lines(epochs, history[key], epochs, held_out), title=title)

    shown = [key for key in dimensions if key in present][:_MOST_DIMENSIONS]
    divergence = curves(
        [Line(epochs, history[key], {"lw": 1.6}) for key in shown],
        title="divergence, nats",
        bottom=0,
    )

    def numbered(axes: "Axes") -> None:
        divergence(axes)
        for key in shown:
            axes.annotate(
                key.removeprefix("kl_"),
                (epochs[-1], history[key][-1]),
                xytext=(6, 0),
                textcoords="offset points",
                va="center",
                color=MUTED,
            )

    return figure(
        Table(
            caption="Loss and its terms by epoch",
            columns=(Column("Epoch"), *numbers(*map(_in_words, present), format=".4g")),
            rows=tuple((epoch, *(history[key][epoch - 1] for key in present)) for epoch in epochs),
        ),
        [panel("loss", "loss"), panel("mse", "mean squared error"), numbered],
        height=2.9,
        alternative="The loss and its terms by epoch: "
        + "; ".join(
            f"{_in_words(key)} goes from {history[key][0]:.3g} to {history[key][-1]:.3g}"
            for key in present
        )
        + ".",
        caption=(
            "Loss = mean squared error + kl_weight x divergence, summed over dimensions. Solid "
            "blue: training images. Dashed orange: held-out images, which decided nothing. "
            "The divergence of each dimension is that of a thousand training images."
        ),
    )


def map_figure(points: LatentPoints) -> Figure:
    """Plot where images lie on the plane of two dimensions, coloured by class."""
    names = [f"dimension {axis + 1}" for axis in points.axes]
    return figure(
        Table(
            caption="Median position of each class",
            columns=(
                Column("Class"),
                Column("Images", ","),
                *numbers(*[*(name.capitalize() for name in names), ""][:2], format=".2f"),
            ),
            rows=tuple(
                class_middles(points.codes, points.labels, points.class_names or ("images",))
            ),
        ),
        plane(points.codes, points.labels, points.class_names, names),
        height=5.6,
        narrow_height=4.0,
        alternative=(
            f"Positions of {len(points.names)} images on the latent plane; the median of each "
            "class is in the table."
        ),
        caption=(
            f"The means of {len(points.names)} images. The decoder has learnt to draw something "
            "where they lie, and little in the empty places between and beyond."
        ),
    )


def _in_words(key: str) -> str:
    key = key.replace("mse", "error")
    if key.startswith("val_"):
        return f"{key.removeprefix('val_')} on held-out images"
    if key.startswith("kl_") and key != "kl_weight":
        return f"divergence of dimension {key.removeprefix('kl_')}"
    return key
