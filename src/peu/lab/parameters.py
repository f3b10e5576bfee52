"""Parameters by calculation, layer by layer, to be checked against a network's own count."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from peu.lab.language import Language
from peu.recipes.denoising import Denoising
from peu.recipes.scratch import SmallCNN
from peu.recipes.variational import Variational
from peu.reports.report import Cell, Column, Table


@dataclass(frozen=True)
class Counted:
    """Hold the parameters of one layer.

    Attributes:
        layer: what it is, in a few words that both languages share.
        output: (height, width, channels) or (units,) that it gives.
        formula: the calculation.
        parameters: its result.
    """

    layer: str
    output: tuple[int, ...]
    formula: str
    parameters: int

    def to_dict(self) -> dict[str, Any]:
        """Give the row as JSON holds it."""
        return {**asdict(self), "output": list(self.output)}


def convolution(layer: str, output: tuple[int, int], size: int, ins: int, outs: int) -> Counted:
    """Count a convolution, transposed or not: a weight for every pair of channels and place."""
    return Counted(
        layer,
        (*output, outs),
        f"({size} × {size} × {ins} + 1) × {outs}",
        (size * size * ins + 1) * outs,
    )


def dense(layer: str, ins: int, outs: int) -> Counted:
    """Count a dense layer: a weight for every pair, and a bias for every unit."""
    return Counted(layer, (outs,), f"({ins} + 1) × {outs}", (ins + 1) * outs)


def count_scratch(recipe: SmallCNN, classes: int) -> list[Counted]:
    """Count the sheet's network of section 1.2, without batch normalisation."""
    height, width = recipe.image_size
    rows: list[Counted] = []
    channels = 3
    for filters in recipe.filters:
        rows.append(
            convolution(f"Conv2D {filters}", (height, width), recipe.kernel_size, channels, filters)
        )
        height, width = (math.ceil(side / recipe.pool_strides) for side in (height, width))
        rows.append(Counted("MaxPooling2D", (height, width, filters), "0", 0))
        channels = filters
    flat = height * width * channels
    rows.append(Counted("Flatten", (flat,), "0", 0))
    rows.append(dense(f"Dense {recipe.dense_units}", flat, recipe.dense_units))
    rows.append(dense(f"Dense {classes}", recipe.dense_units, classes))
    return rows


def count_denoiser(recipe: Denoising, side: tuple[int, int], channels: int) -> list[Counted]:
    """Count the sheet's denoiser of section 2.2."""
    (height, width), ins = side, channels
    rows: list[Counted] = []
    for filters in recipe.widths:
        rows.append(convolution(f"Conv2D {filters}", (height, width), 3, ins, filters))
        height, width = math.ceil(height / 2), math.ceil(width / 2)
        rows.append(Counted("MaxPooling2D", (height, width, filters), "0", 0))
        ins = filters
    for filters in reversed(recipe.widths):
        height, width = 2 * height, 2 * width
        rows.append(convolution(f"Conv2DTranspose {filters}", (height, width), 3, ins, filters))
        ins = filters
    rows.append(convolution(f"Conv2D {channels}", (height, width), 3, ins, channels))
    return rows


def count_encoder(recipe: Variational, side: tuple[int, int], channels: int) -> list[Counted]:
    """Count the encoder of section 3.1."""
    (height, width), ins = side, channels
    rows: list[Counted] = []
    for filters in recipe.filters:
        rows.append(convolution(f"Conv2D {filters}", (height, width), 3, ins, filters))
        height, width = math.ceil(height / 2), math.ceil(width / 2)
        rows.append(Counted("MaxPooling2D", (height, width, filters), "0", 0))
        ins = filters
    flat = height * width * ins
    rows.append(Counted("Flatten", (flat,), "0", 0))
    rows.append(dense(f"Dense {recipe.dense_units}", flat, recipe.dense_units))
    rows.append(dense("mu", recipe.dense_units, recipe.latent))
    rows.append(dense("log_var", recipe.dense_units, recipe.latent))
    rows.append(Counted("Sampling", (recipe.latent,), "0", 0))
    return rows


def count_decoder(recipe: Variational, side: tuple[int, int], channels: int) -> list[Counted]:
    """Count the decoder of section 3.2."""
    factor = 2 ** len(recipe.filters)
    height, width = (math.ceil(each / factor) for each in side)
    ins = recipe.filters[-1]
    rows = [dense(f"Dense {height} × {width} × {ins}", recipe.latent, height * width * ins)]
    rows.append(Counted("Reshape", (height, width, ins), "0", 0))
    for filters in recipe.decoder_filters:
        height, width = 2 * height, 2 * width
        rows.append(convolution(f"Conv2DTranspose {filters}", (height, width), 3, ins, filters))
        ins = filters
    rows.append(convolution(f"Conv2D {channels}", side, 3, ins, channels))
    return rows


def total(rows: Sequence[Counted]) -> int:
    """Give the sum of all rows."""
    return sum(row.parameters for row in rows)


def counted_table(say: Language, rows: Sequence[dict[str, Any]]) -> Table:
    """Show a calculation, from `Counted.to_dict`."""
    cells: list[tuple[Cell, ...]] = [
        (
            row["layer"],
            say.shape(row["output"]),
            row["formula"],
            say.count(row["parameters"]),
        )
        for row in rows
    ]
    summed = sum(row["parameters"] for row in rows)
    return Table(
        caption=say("Paramètres par le calcul", "Parameters by calculation"),
        columns=(
            Column(say("Couche", "Layer")),
            Column(say("Sortie", "Output"), numeric=True),
            Column(say("Calcul", "Calculation"), numeric=True),
            Column(say("Paramètres", "Parameters"), numeric=True),
        ),
        rows=(*cells, (say("Total", "Total"), "", "", say.count(summed))),
    )


def agreement(say: Language, calculated: int, displayed: int) -> str:
    """Say whether calculation and network agree."""
    if calculated == displayed:
        return say(
            f"Par le calcul : {say.count(calculated)} paramètres ; le réseau construit en affiche "
            "autant.",
            f"By calculation: {say.count(calculated)} parameters; the network as built shows as "
            "many.",
        )
    return say(
        f"Par le calcul : {say.count(calculated)} ; le réseau en affiche {say.count(displayed)} : "
        "les deux ne s'accordent pas.",
        f"By calculation: {say.count(calculated)}; the network shows {say.count(displayed)}: the "
        "two do not agree.",
    )
