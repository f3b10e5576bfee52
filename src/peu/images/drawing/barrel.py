"""How a barrel is drawn."""

from itertools import pairwise

import numpy as np

from peu.images.drawing.pen import BLACK, Paint, Pen, ellipse, outline, shaded


def draw_barrel(pen: Pen, rng: np.random.Generator, paint: Paint) -> None:
    """Draw bulging staves side by side, hoops around them and a lid."""
    height, waist = rng.uniform(0.78, 0.95), rng.uniform(0.60, 0.74)
    bulge, tilt = rng.uniform(0.18, 0.32), rng.uniform(0.10, 0.30)
    staves = int(rng.integers(8, 13))
    turn = rng.uniform(0, np.pi / staves)
    along = np.linspace(-1, 1, 17)

    def edge(angle: float, levels: np.ndarray) -> np.ndarray:
        radius = waist * (1 - bulge * levels**2)
        depth = tilt * radius * np.cos(angle)
        return np.column_stack([radius * np.sin(angle), height * levels + depth])

    angles = np.concatenate(
        [[-np.pi / 2], np.linspace(-np.pi / 2, np.pi / 2, staves + 1)[:-1] + turn, [np.pi / 2]]
    )
    sun = rng.uniform(-0.7, 0.7)
    for left, right in pairwise(angles):
        light = 0.62 + 0.55 * np.cos((left + right) / 2 - sun) + rng.uniform(-0.10, 0.10)
        colour = shaded(paint.body, 1 + paint.depth * (light - 1))
        pen.fill(np.concatenate([edge(left, along), edge(right, along)[::-1]]), colour, lined=False)
        pen.stroke(edge(right, along), shaded(paint.body, 0.42), 0.014)
    front = np.linspace(-np.pi / 2, np.pi / 2, 25)
    places = (
        [-0.93, -0.42, 0.42, 0.93],
        [-0.92, -0.66, -0.3, 0.3, 0.66, 0.92],
        [-0.9, 0.9, -0.35, 0.35],
    )
    for level in places[int(rng.integers(len(places)))]:
        band = rng.uniform(0.035, 0.065)
        upper = np.concatenate([edge(a, np.array([level - band])) for a in front])
        lower = np.concatenate([edge(a, np.array([level + band])) for a in front])
        pen.fill(np.concatenate([upper, lower[::-1]]) * np.array([1.015, 1.0]), paint.accent)
    radius = waist * (1 - bulge)
    pen.fill(ellipse(0, -height, radius, tilt * radius), shaded(paint.body, 0.55))
    lid = ellipse(0, -height + 0.02, radius * 0.88, tilt * radius * 0.84)
    pen.fill(lid, shaded(paint.body, 1 + 0.25 * paint.depth))
    for plank in np.linspace(-0.6, 0.6, 4) * radius:
        reach = tilt * radius * 0.84 * np.sqrt(1 - (plank / (radius * 0.88)) ** 2)
        seam = outline((plank, -height + 0.02 - reach), (plank, -height + 0.02 + reach))
        pen.stroke(seam, shaded(paint.body, 0.5), 0.012)
    if rng.random() < 0.5:
        pen.fill(ellipse(rng.uniform(-0.15, 0.15), tilt * waist * 0.9, 0.055, 0.055), BLACK)
