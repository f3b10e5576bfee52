"""A denoiser in figures: how its training went, and its quality from level to level."""

from collections.abc import Mapping, Sequence

import numpy as np

from peu.comparison.denoising import LevelFigures
from peu.networks.history import WATCHED_EPOCH
from peu.recipes.denoising import ImageLoss
from peu.reports.drawing import (
    FIRST,
    INK,
    MUTED,
    SECOND,
    THIRD,
    canvas,
    finish,
    number,
    raster,
    styled,
)
from peu.reports.report import Cell, Column, Figure, Table

_WIDTH = 7.4
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


@styled()
def denoising_loss_figure(
    history: Mapping[str, Sequence[float]], loss: ImageLoss = "mse"
) -> Figure:
    """Draw the loss by epoch, on images learnt from and on images held out.

    Args:
        history: "loss" and "watched_loss" by epoch, and "watched_epoch".
        loss: what it is.
    """
    from matplotlib.ticker import MaxNLocator

    figure, (axes,) = canvas(_WIDTH, 3.0)
    epochs = np.arange(1, len(history["loss"]) + 1)
    watched = history.get("watched_loss", ())
    looks = np.asarray(history.get(WATCHED_EPOCH, ()), dtype=np.int64)[: len(watched)]
    dot = "o" if len(epochs) == 1 else ""
    axes.plot(epochs, history["loss"], color=FIRST, lw=2.4, marker=dot)
    axes.plot(looks, watched, color=SECOND, lw=2.4, ls=(0, (5, 1.5)), marker=dot)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("epoch")
    axes.set_ylabel(_LOSSES[loss])
    axes.grid(axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    by_look = dict(zip(looks.tolist(), watched, strict=True))
    rows: list[tuple[Cell, ...]] = [
        (
            int(epoch),
            f"{history['loss'][at]:.5f}",
            f"{by_look[int(epoch)]:.5f}" if int(epoch) in by_look else "",
        )
        for at, epoch in enumerate(epochs)
    ]
    ends = f"in training from {history['loss'][0]:.3g} to {history['loss'][-1]:.3g}"
    if watched:
        ends += f", on held-out images from {watched[0]:.3g} to {watched[-1]:.3g}"
    return Figure(
        svg=finish(figure),
        alternative=f"The {_LOSSES[loss]} by epoch: {ends}.",
        caption=(
            f"{_LOSSES[loss].capitalize()}, intensities from 0 to 1. Solid blue: images trained "
            "on. Dashed orange: held-out images, which decided nothing. Noise as in training, "
            "drawn anew in every epoch for the former, once for the latter."
        ),
        data=Table(
            caption="Loss by epoch",
            columns=(
                Column("Epoch"),
                Column("Training", numeric=True),
                Column("Held out", numeric=True),
            ),
            rows=tuple(rows),
        ),
        png=raster(figure),
    )


@styled()
def quality_figure(levels: Sequence[LevelFigures]) -> Figure:
    """Draw PSNR and SSIM from level to level: denoised, noisy and the best classical filters.

    Args:
        levels: at least one, of one kind of noise.
    """
    amounts = [level.noise.high for level in levels]
    order = np.argsort(amounts)
    at = np.asarray(amounts)[order]
    figure, panels = canvas(_WIDTH, 3.2, columns=2)
    for axes, measure, title in zip(
        panels, ("psnr", "ssim"), ("PSNR, dB", "structural similarity"), strict=True
    ):
        lines = {
            "denoised": (FIRST, "-", [getattr(level, measure) for level in levels]),
            "best filter": (
                SECOND,
                "--",
                [_best(level, measure, debiased=False) for level in levels],
            ),
            "best, debiased": (
                THIRD,
                "-.",
                [_best(level, measure, debiased=True) for level in levels],
            ),
            "noisy": (MUTED, ":", [getattr(level, f"noisy_{measure}") for level in levels]),
        }
        for name, (colour, style, values) in lines.items():
            drawn = np.asarray(values, dtype=np.float64)[order]
            if np.isfinite(drawn).any():
                axes.plot(at, drawn, style, color=colour, lw=2.2, marker="o", ms=4.5, label=name)
        axes.set_title(title, loc="left", fontsize=10, fontweight="bold")
        axes.set_xlabel(_AMOUNTS[levels[0].noise.kind])
        axes.grid(axis="y")
    panels[1].set_ylim(top=1.0)
    panels[0].legend(frameon=False, fontsize=9, labelcolor=INK, handlelength=3.5)
    said = "; ".join(
        f"at {level.noise} {number(level.psnr, 1)} dB denoised, {number(level.noisy_psnr, 1)} noisy"
        for level in levels
    )
    return Figure(
        svg=finish(figure),
        alternative=f"Quality by level of noise: {said}.",
        caption=(
            "Means over the test images. The filters' settings were chosen for each level on "
            "other images, and they were told the level. Debiased: what clipping does to the "
            "mean of a pixel is undone after the filter."
        ),
        data=quality_table(levels),
        png=raster(figure),
    )


def quality_table(levels: Sequence[LevelFigures]) -> Table:
    """Give PSNR and SSIM of every method at every level."""
    names = list(dict.fromkeys(name for level in levels for name in level.classical))
    rows: list[tuple[Cell, ...]] = [
        ("denoised", *(_pair(level.psnr, level.ssim) for level in levels)),
        ("the network, run once", *(_pair(one.plain_psnr, one.plain_ssim) for one in levels)),
        ("noisy", *(_pair(level.noisy_psnr, level.noisy_ssim) for level in levels)),
    ]
    rows += [
        (
            name,
            *(
                _pair(level.classical[name].psnr, level.classical[name].ssim)
                if name in level.classical
                else ""
                for level in levels
            ),
        )
        for name in names
    ]
    return Table(
        caption="PSNR in dB / structural similarity, by noise",
        columns=(
            Column("Method"),
            *(Column(str(level.noise), numeric=True) for level in levels),
        ),
        rows=tuple(rows),
    )


def _best(level: LevelFigures, measure: str, *, debiased: bool) -> float:
    values = [
        getattr(one, measure)
        for name, one in level.classical.items()
        if name.endswith("debiased") == debiased
    ]
    return max(values, default=float("nan"))


def _pair(psnr: float, ssim: float) -> str:
    return f"{number(psnr, 2)} / {number(ssim)}"
