"""How an anchor is drawn."""

import numpy as np

from peu.images.drawing.pen import Colour, Paint, Pen, ellipse, mirrored, outline, shaded


def draw_anchor(pen: Pen, rng: np.random.Generator, paint: Paint) -> None:
    """Draw a ring, a stock, a shank, two curved arms and a fluke at the end of each."""
    thick = rng.uniform(0.055, 0.10)
    spread = rng.uniform(0.52, 0.82)
    rise = rng.uniform(0.34, 0.62)
    ring = rng.uniform(0.12, 0.18)
    crown, head = 0.92, -0.62
    dark, light = (
        shaded(paint.body, 1 - 0.35 * paint.depth),
        shaded(paint.body, 1 + 0.3 * paint.depth),
    )
    pen.stroke(ellipse(0, head - ring, ring, ring), pen.ink, 0.085)
    pen.stroke(ellipse(0, head - ring, ring, ring), light, 0.05)
    sweep = np.deg2rad(np.linspace(0, rng.uniform(70, 84), 15))
    outer = np.column_stack([spread * np.sin(sweep), crown - rise * (1 - np.cos(sweep))])
    narrowing = np.linspace(1.7, 0.8, len(sweep)) * thick
    inner = outer - np.column_stack([0.35 * narrowing * np.sin(sweep), narrowing * 1.15])
    arm = np.concatenate([outer, inner[::-1]])
    tip, size = outer[-1], rng.uniform(0.16, 0.25)
    palm = tip + size * np.array([[0.62, 0.42], [0.12, -1.15], [-1.0, 0.22], [-0.32, 0.10]])
    for part, colour in ((arm, dark), (palm, paint.body)):
        pen.fill(part, colour)
        pen.fill(mirrored(part), colour)
    pen.fill(outline((0, crown + 0.1), (-0.13, crown - 0.10), (0.13, crown - 0.10)), dark)
    pen.fill(
        outline(
            (-thick * 0.8, head), (thick * 0.8, head), (thick * 1.2, crown), (-thick * 1.2, crown)
        ),
        paint.body,
    )
    pen.fill(
        outline((0, head), (thick * 0.7, head), (thick * 1.05, crown - 0.1), (0, crown - 0.1)),
        dark,
        lined=False,
    )
    _stock(pen, rng, paint.accent if rng.random() < 0.3 else paint.body, head, thick)
    if rng.random() < 0.35:
        _rope(pen, rng, paint.accent, head - ring)


def _stock(pen: Pen, rng: np.random.Generator, colour: Colour, head: float, thick: float) -> None:
    width, y = rng.uniform(0.38, 0.62), head + rng.uniform(0.10, 0.24)
    pen.fill(
        outline(
            (-width, y - thick * 0.6),
            (0, y - thick),
            (width, y - thick * 0.6),
            (width, y + thick * 0.6),
            (0, y + thick),
            (-width, y + thick * 0.6),
        ),
        colour,
    )
    if rng.random() < 0.6:
        for side in (-width, width):
            pen.fill(ellipse(side, y, thick * 1.1, thick * 1.1), colour)


def _rope(pen: Pen, rng: np.random.Generator, colour: Colour, start: float) -> None:
    along = np.linspace(0, 1, 40)
    turns, wide = rng.uniform(1.2, 2.2), rng.uniform(0.16, 0.34)
    path = np.column_stack(
        [wide * np.sin(2 * np.pi * turns * along), start + (0.75 - start) * along]
    )
    pen.stroke(path, shaded(colour, 0.45), 0.062)
    pen.stroke(path, shaded(colour, 1.25), 0.036)
