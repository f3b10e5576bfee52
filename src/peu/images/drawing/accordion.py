"""How an accordion is drawn."""

import numpy as np

from peu.images.drawing.pen import BLACK, IVORY, Paint, Pen, ellipse, outline, rectangle, shaded


def draw_accordion(pen: Pen, rng: np.random.Generator, paint: Paint) -> None:
    """Draw two boxes, the folded bellows between them, keys on one side, buttons on the other."""
    half = rng.uniform(0.48, 0.66)
    opening = rng.uniform(0.30, 0.62)
    bend = rng.uniform(-38, 38)
    folds = int(rng.integers(7, 14))
    centre = np.linspace(-1, 1, 2 * folds + 1)
    angles = np.deg2rad(bend) * centre / 2
    x = opening * centre
    y = bend / 38 * 0.16 * centre**2 * (1 if bend else 0)
    reach = half * np.where(np.arange(len(centre)) % 2, 1.0, 0.90)
    top = np.column_stack([x + reach * np.sin(angles), y - reach * np.cos(angles)])
    bottom = np.column_stack([x - reach * np.sin(angles), y + reach * np.cos(angles)])
    for fold in range(2 * folds):
        light = 1 + paint.depth * (0.30 if fold % 2 else -0.38)
        leaf = np.array([top[fold], top[fold + 1], bottom[fold + 1], bottom[fold]])
        pen.fill(leaf, shaded(paint.accent, light), lined=False)
        pen.stroke(np.array([top[fold], bottom[fold]]))
    pen.stroke(top)
    pen.stroke(bottom)
    _bass_side(pen.moved(float(x[0]), float(y[0]), float(np.rad2deg(angles[0]))), rng, paint, half)
    _keyboard_side(
        pen.moved(float(x[-1]), float(y[-1]), float(np.rad2deg(angles[-1]))), rng, paint, half
    )


def _bass_side(pen: Pen, rng: np.random.Generator, paint: Paint, half: float) -> None:
    width = rng.uniform(0.22, 0.32)
    pen.fill(rectangle(-width, -half * 1.06, 0, half * 1.06), paint.body)
    pen.fill(
        rectangle(-width * 0.16, -half, 0, half),
        shaded(paint.body, 1 - 0.5 * paint.depth),
        lined=False,
    )
    columns, rows = int(rng.integers(2, 4)), int(rng.integers(7, 11))
    for column in np.linspace(-0.82, -0.36, columns) * width:
        for row in np.linspace(-0.82, 0.82, rows) * half:
            pen.fill(ellipse(column, row, 0.022, 0.022), IVORY, lined=False)
    if rng.random() < 0.5:
        strap = ellipse(-width, 0, rng.uniform(0.06, 0.14), half * 0.9, 90, 270)
        pen.stroke(strap, shaded(paint.body, 0.5), 0.05)


def _keyboard_side(pen: Pen, rng: np.random.Generator, paint: Paint, half: float) -> None:
    width, keys = rng.uniform(0.22, 0.32), rng.uniform(0.20, 0.28)
    pen.fill(rectangle(0, -half * 1.06, width, half * 1.06), paint.body)
    slots = int(rng.integers(3, 7))
    for slot in np.linspace(-0.7, 0.7, slots) * half:
        grille = rectangle(width * 0.22, slot - 0.03, width * 0.78, slot + 0.03)
        pen.fill(grille, shaded(paint.accent, 1 + 0.4 * paint.depth), lined=False)
    count = int(rng.integers(9, 15))
    edges = np.linspace(-half, half, count + 1)
    pen.fill(rectangle(width, -half * 1.02, width + keys, half * 1.02), IVORY)
    for index, edge in enumerate(edges[1:-1]):
        pen.stroke(outline((width, edge), (width + keys, edge)), (90, 88, 84), 0.012)
        if index % 7 not in {2, 6}:
            thick = half / count * 0.55
            pen.fill(
                rectangle(width, edge - thick, width + keys * 0.62, edge + thick),
                BLACK,
                lined=False,
            )
