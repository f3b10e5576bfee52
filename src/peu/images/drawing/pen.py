"""A pen that draws in an object's own units, wherever the object lies in the image."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw

Colour = tuple[int, int, int]
Outline = NDArray[np.float64]

IVORY: Colour = (240, 236, 222)
BLACK: Colour = (24, 22, 24)


@dataclass(frozen=True)
class Paint:
    """The colours of one object.

    Attributes:
        body: of its largest part.
        accent: of what stands out: bellows, hoops, rope, lens rims.
        depth: how far shadows and lights go, from 0 (flat) to 1.
    """

    body: Colour
    accent: Colour
    depth: float


@dataclass(frozen=True, eq=False)
class Pen:
    """Where and how an object is drawn, so that its drawing knows neither.

    Attributes:
        canvas: what is drawn on.
        matrix: (2, 2), from the object's units to pixels: scale, turn, mirror and slant.
        origin: (2,), the pixel where the object's own (0, 0) lies.
        ink: colour of outlines.
        line: width of outlines in pixels; 0 draws none.
    """

    canvas: ImageDraw.ImageDraw
    matrix: NDArray[np.float64]
    origin: NDArray[np.float64]
    ink: Colour
    line: float

    def moved(self, x: float, y: float, degrees: float = 0.0) -> "Pen":
        """A pen whose (0, 0) lies at (x, y) and whose axes are turned clockwise."""
        return replace(
            self,
            matrix=self.matrix @ turning(degrees),
            origin=self.matrix @ np.array([x, y]) + self.origin,
        )

    def fill(self, outline: Outline, colour: Colour, *, lined: bool = True) -> None:
        """Fill an area, and go around it where this pen draws outlines."""
        points = self._pixels(outline)
        self.canvas.polygon(points, fill=colour)
        if lined and self.line >= 1:
            self.canvas.line([*points, points[0], points[1]], self.ink, round(self.line), "curve")

    def stroke(
        self, outline: Outline, colour: Colour | None = None, width: float | None = None
    ) -> None:
        """Draw an open line.

        Args:
            outline: (n, 2) points in the object's units.
            colour: the pen's ink if None.
            width: in the object's units; the pen's own line, at least a pixel, if None.
        """
        pixels = self.line if width is None else width * np.sqrt(abs(np.linalg.det(self.matrix)))
        self.canvas.line(
            self._pixels(outline), colour or self.ink, max(1, round(float(pixels))), "curve"
        )

    def _pixels(self, outline: Outline) -> list[tuple[float, float]]:
        return [(x, y) for x, y in (outline @ self.matrix.T + self.origin).tolist()]


def turning(degrees: float) -> NDArray[np.float64]:
    """The (2, 2) matrix that turns clockwise in an image, where y runs down."""
    angle = np.deg2rad(degrees)
    return np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])


def outline(*points: tuple[float, float]) -> Outline:
    """Points as the (n, 2) array that a pen draws."""
    return np.array(points, dtype=np.float64)


def rectangle(left: float, top: float, right: float, bottom: float) -> Outline:
    """The four corners of an upright rectangle."""
    return outline((left, top), (right, top), (right, bottom), (left, bottom))


def ellipse(
    x: float, y: float, across: float, down: float, start: float = 0.0, end: float = 360.0
) -> Outline:
    """An ellipse, or its part from `start` to `end` degrees clockwise from the right."""
    angles = np.deg2rad(np.linspace(start, end, 33))
    return np.column_stack([x + across * np.cos(angles), y + down * np.sin(angles)])


def mirrored(points: Outline) -> Outline:
    """The same outline with left and right exchanged."""
    return np.column_stack([-points[:, 0], points[:, 1]])


def shaded(colour: Colour, light: float) -> Colour:
    """Make a colour darker (`light` below 1) or lighter (above 1)."""
    if light <= 1:
        red, green, blue = (round(part * max(light, 0.0)) for part in colour)
    else:
        share = min(light - 1, 1.0)
        red, green, blue = (round(part + (255 - part) * share) for part in colour)
    return red, green, blue
