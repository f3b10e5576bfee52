"""How binoculars are drawn."""

import numpy as np

from peu.images.drawing.pen import Colour, Paint, Pen, ellipse, outline, rectangle, shaded


def draw_binoculars(pen: Pen, rng: np.random.Generator, paint: Paint) -> None:
    """Draw two tubes with eyecups and lenses, and the bridge and focus wheel between them."""
    apart, splay = rng.uniform(0.40, 0.50), rng.uniform(-2, 9)
    porro = rng.random() < 0.65
    if rng.random() < 0.4:
        strap = ellipse(0, -0.55, rng.uniform(0.75, 1.0), rng.uniform(0.35, 0.6), 170, 370)
        pen.stroke(strap, shaded(paint.body, 0.5), 0.045)
    plate = shaded(paint.body, 1 - 0.45 * paint.depth)
    pen.fill(rectangle(-apart, -0.36, apart, -0.20), plate)
    pen.fill(rectangle(-apart, 0.02, apart, 0.15), plate)
    pen.fill(rectangle(-0.07, -0.52, 0.07, 0.24), shaded(paint.body, 1 + 0.15 * paint.depth))
    pen.fill(rectangle(-0.105, -0.45, 0.105, -0.27), paint.accent)
    for ridge in np.linspace(-0.08, 0.08, 5):
        pen.stroke(outline((ridge, -0.45), (ridge, -0.27)), shaded(paint.accent, 0.5), 0.012)
    wide, lens = rng.uniform(0.27, 0.35), rng.uniform(0.25, 0.65)
    glass = _glass(rng)
    for side in (-1, 1):
        tube = pen.moved(side * apart, 0, -side * splay)
        _tube(tube, paint, wide, side if porro else 0)
        _lens(tube, paint, wide * 0.98, lens, glass)


def _tube(pen: Pen, paint: Paint, wide: float, side: int) -> None:
    eye, neck = wide * 0.62, wide * 0.50
    shift = -side * wide * 0.32
    if side:
        half = np.array(
            [
                [-neck, -0.72],
                [neck, -0.72],
                [neck, -0.55],
                [wide, -0.50],
                [wide, 0.88],
                [-wide, 0.88],
            ]
        )
        body = np.concatenate(
            [half, [[-wide * 0.8, 0.2], [-wide * 1.05, 0.0], [-wide * 1.05, -0.5], [-neck, -0.55]]]
        )
        body[:3, 0] += shift * side
        body[-1, 0] += shift * side
        body = body * np.array([side, 1.0])
    else:
        body = outline(
            (-neck, -0.72),
            (neck, -0.72),
            (wide * 0.72, -0.45),
            (wide * 0.76, 0.25),
            (wide, 0.5),
            (wide, 0.88),
            (-wide, 0.88),
            (-wide, 0.5),
            (-wide * 0.76, 0.25),
            (-wide * 0.72, -0.45),
        )
    pen.fill(body, paint.body)
    dark, light = (
        shaded(paint.body, 1 - 0.5 * paint.depth),
        shaded(paint.body, 1 + 0.35 * paint.depth),
    )
    pen.fill(rectangle(wide * 0.45, -0.42, wide * 0.9, 0.86), dark, lined=False)
    pen.fill(rectangle(-wide * 0.6, -0.42, -wide * 0.35, 0.86), light, lined=False)
    pen.fill(rectangle(-eye + shift, -0.98, eye + shift, -0.70), dark)
    pen.fill(ellipse(shift, -0.98, eye, eye * 0.28), shaded(paint.body, 0.4))
    pen.fill(rectangle(-wide * 1.06, 0.72, wide * 1.06, 0.88), paint.accent)


def _lens(pen: Pen, paint: Paint, wide: float, open_by: float, glass: Colour) -> None:
    pen.fill(ellipse(0, 0.88, wide * 1.06, wide * open_by * 1.06), shaded(paint.body, 0.7))
    pen.fill(ellipse(0, 0.88, wide * 0.84, wide * open_by * 0.84), shaded(glass, 0.55))
    pen.fill(ellipse(0, 0.90, wide * 0.6, wide * open_by * 0.58), glass, lined=False)
    gleam = ellipse(-wide * 0.28, 0.88 - wide * open_by * 0.3, wide * 0.18, wide * open_by * 0.16)
    pen.fill(gleam, shaded(glass, 1.75), lined=False)


def _glass(rng: np.random.Generator) -> Colour:
    choices: tuple[Colour, ...] = (
        (70, 96, 150),
        (120, 70, 130),
        (60, 110, 110),
        (170, 90, 60),
        (90, 94, 104),
    )
    return choices[int(rng.integers(len(choices)))]
