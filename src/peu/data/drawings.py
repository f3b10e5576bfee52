"""How an accordion, an anchor, a barrel and binoculars are drawn, each time a little different."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from peu.data.pen import Colour, Pen, ellipse, mirrored, outline, rectangle, shaded

IVORY: Colour = (240, 236, 222)
BLACK: Colour = (24, 22, 24)


@dataclass(frozen=True)
class Paint:
    """Name the colours of one object.

    Attributes:
        body: of its largest part.
        accent: of what stands out: bellows, hoops, rope, lens rims.
        depth: how far shadows and lights go, from 0 (flat) to 1.
    """

    body: Colour
    accent: Colour
    depth: float


@dataclass(frozen=True)
class Drawing:
    """Say how an object is drawn and how much room it needs.

    Attributes:
        draw: draws it around (0, 0).
        width: half its width in its own units, before it is turned.
        height: half its height.
    """

    draw: Callable[[Pen, np.random.Generator, Paint], None]
    width: float
    height: float


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


DRAWINGS: dict[str, Drawing] = {
    "accordion": Drawing(draw_accordion, width=1.05, height=0.72),
    "anchor": Drawing(draw_anchor, width=0.85, height=1.0),
    "barrel": Drawing(draw_barrel, width=0.72, height=1.05),
    "binocular": Drawing(draw_binoculars, width=0.85, height=1.1),
}
