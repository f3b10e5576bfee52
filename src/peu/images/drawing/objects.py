"""The objects that can be drawn, by class name, and the room each needs."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from peu.images.drawing.accordion import draw_accordion
from peu.images.drawing.anchor import draw_anchor
from peu.images.drawing.barrel import draw_barrel
from peu.images.drawing.binoculars import draw_binoculars
from peu.images.drawing.pen import Paint, Pen


@dataclass(frozen=True)
class Drawing:
    """An object that can be drawn, and the room it needs.

    Attributes:
        draw: draws it around (0, 0).
        width: half its width in its own units, before it is turned.
        height: half its height.
    """

    draw: Callable[[Pen, np.random.Generator, Paint], None]
    width: float
    height: float


DRAWINGS: dict[str, Drawing] = {
    "accordion": Drawing(draw_accordion, width=1.05, height=0.72),
    "anchor": Drawing(draw_anchor, width=0.85, height=1.0),
    "barrel": Drawing(draw_barrel, width=0.72, height=1.05),
    "binocular": Drawing(draw_binoculars, width=0.85, height=1.1),
}
