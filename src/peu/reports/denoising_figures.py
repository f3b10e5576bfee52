"""A denoiser in figures: how its training went, and its quality from level to level."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from peu.comparison.denoising import LevelEvaluation
from peu.networks.choices import ImageLoss
from peu.networks.history import VALIDATION_EPOCH
from peu.reports.blocks import Figure
from peu.reports.figure import FIRST, MUTED, Draw, figure
from peu.reports.plots import STYLES, Line, curves, training_lines
from peu.reports.table import Column, Table, numbers
from peu.reports.wording import label, number

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOSSES = {
    "mse": "mean squared error",
    "mae": "mean absolute error",
    "mixed": "mean squared error + a tenth of the absolute",
    "binary_crossentropy": "binary cross-entropy",
}
_AMOUNTS = {
    "gaussian": "standard deviation of the noise",
    "poisson": "photons of a white pixel",
    "salt-and-pepper": "share of pixels set to black or white",
}
_MEASURES = {"psnr": ("PSNR, dB", 1), "ssim": ("structural similarity", 2)}


def denoising_loss_figure(
    history: Mapping[str, Sequence[float]], loss: ImageLoss = "mse"
) -> Figure:
    """Plot the loss by epoch, on training images and on held-out ones.

    Args:
        history: "loss" and "val_loss" by epoch, and "val_epoch".
        loss: which loss it is.
    """
    epochs = range(1, len(history["loss"]) + 1)
    held_out = history.get("val_loss", ())
    at = [int(epoch) for epoch in history.get(VALIDATION_EPOCH, ())][: len(held_out)]
    by_epoch = dict(zip(at, held_out, strict=True))
    ends = f"in training from {history['loss'][0]:.3g} to {history['loss'][-1]:.3g}"
    if held_out:
        ends += f", on held-out images from {held_out[0]:.3g} to {held_out[-1]:.3g}"
    return figure(
        Table(
            caption="Loss by epoch",
            columns=(Column("Epoch"), *numbers("Training", "Held out", format=".5f")),
            rows=tuple(
                (epoch, value, by_epoch.get(epoch))
                for epoch, value in zip(epochs, history["loss"], strict=True)
            ),
        ),
        curves(
            training_lines(epochs, history["loss"], at, held_out), y_label=_LOSSES[loss], bottom=0
        ),
        alternative=f"The {_LOSSES[loss]} by epoch: {ends}.",
        caption=(
            f"{_LOSSES[loss].capitalize()}, intensities from 0 to 1. Solid blue: training "
            "images. Dashed orange: held-out images, which decided nothing. Noise as in "
            "training, drawn anew in every epoch for the former, once for the latter."
        ),
    )


def quality_figure(levels: Sequence[LevelEvaluation]) -> Figure:
    """Plot PSNR and SSIM: by level, or by method where there is one level only.

    Args:
        levels: at least one, of one kind of noise.
    """
    several = len(levels) > 1
    panel = _by_level if several else _by_method
    return figure(
        quality_table(levels),
        [panel(levels, measure) for measure in _MEASURES],
        height=3.2 if several else 0.7 + 0.3 * (3 + len(levels[0].classical)),
        alternative="Quality by level of noise: "
        + "; ".join(
            f"at {level.noise} {number(level.psnr, 1)} dB denoised, "
            f"{number(level.noisy_psnr, 1)} noisy"
            for level in levels
        )
        + ".",
        caption=(
            f"{'' if several else f'Noise {levels[0].noise}. '}Means over the test images. The "
            "filters' settings were chosen for each level on other images, with the level known. "
            "Debiased: the shift that clipping causes in a pixel's mean is undone after the filter."
        ),
    )


def quality_table(levels: Sequence[LevelEvaluation]) -> Table:
    """PSNR and SSIM of every method at every level."""
    methods = [_methods(level) for level in levels]
    return Table(
        caption="PSNR in dB / structural similarity, by noise",
        columns=(
            Column("Method"),
            *(Column(str(level.noise), numeric=True) for level in levels),
        ),
        rows=tuple(
            (
                name,
                *(
                    f"{number(each[name][0], 2)} / {number(each[name][1])}" if name in each else ""
                    for each in methods
                ),
            )
            for name in dict.fromkeys(name for each in methods for name in each)
        ),
    )


def _methods(level: LevelEvaluation) -> dict[str, tuple[float, float]]:
    """PSNR and SSIM by method."""
    return {
        "denoised": (level.psnr, level.ssim),
        "the network, run once": (level.once_psnr, level.once_ssim),
        "noisy": (level.noisy_psnr, level.noisy_ssim),
        **{name: (one.psnr, one.ssim) for name, one in level.classical.items()},
    }


def _by_level(levels: Sequence[LevelEvaluation], measure: str) -> Draw:
    levels = sorted(levels, key=lambda level: level.noise.high)

    def best(level: LevelEvaluation, *, debiased: bool) -> float:
        filters = [
            getattr(one, measure)
            for name, one in level.classical.items()
            if name.endswith("debiased") == debiased
        ]
        return max(filters, default=np.nan)

    named = {
        "denoised": [getattr(level, measure) for level in levels],
        "best filter": [best(level, debiased=False) for level in levels],
        "best, debiased": [best(level, debiased=True) for level in levels],
        "noisy": [getattr(level, f"noisy_{measure}") for level in levels],
    }
    return curves(
        [
            Line(
                [level.noise.high for level in levels],
                values,
                style | ({"label": name} if measure == "psnr" else {}),
            )
            for (name, values), style in zip(named.items(), STYLES, strict=True)
            if np.isfinite(values).any()
        ],
        title=_MEASURES[measure][0],
        x_label=_AMOUNTS[levels[0].noise.kind],
        top=1.0 if measure == "ssim" else None,
    )


def _by_method(levels: Sequence[LevelEvaluation], measure: str) -> Draw:
    methods = {
        name: values[list(_MEASURES).index(measure)] for name, values in _methods(levels[0]).items()
    }
    methods = {name: value for name, value in methods.items() if np.isfinite(value)}
    title, digits = _MEASURES[measure]

    def draw(axes: "Axes") -> None:
        colours = [FIRST if name == "denoised" else MUTED for name in methods]
        bars = axes.barh(
            range(len(methods)), list(methods.values()), height=0.62, color=colours, alpha=0.75
        )
        axes.bar_label(bars, [number(value, digits) for value in methods.values()], padding=4)
        axes.set_yticks(range(len(methods)), [label(name, 30) for name in methods])
        subplot = axes.get_subplotspec()
        if subplot is not None and not subplot.is_first_col():
            axes.tick_params(labelleft=False)
        axes.set_ylim(len(methods) - 0.4, -0.6)
        axes.set_xlim(0, 1.18 * max(methods.values()))
        axes.set_xticks([])
        axes.spines["bottom"].set_visible(False)
        axes.set_title(title)

    return draw
