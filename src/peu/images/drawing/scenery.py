"""What lies behind, before and over a drawn object: grounds, clutter, light and noise."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from peu.images.drawing.pen import Colour, Outline, ellipse, rectangle, shaded, turning

Pixels = NDArray[np.float32]


def any_colour(rng: np.random.Generator, low: int = 0, high: int = 256) -> Colour:
    """A random colour whose parts lie from `low` to `high` - 1."""
    parts = rng.uniform(low, high, 3)
    grey, colourful = parts.mean(), rng.uniform(0.2, 0.9)
    red, green, blue = (int(grey + (part - grey) * colourful) for part in parts)
    return red, green, blue


def draw_ground(rng: np.random.Generator, width: int, height: int) -> Image.Image:
    """Paint one of several grounds: plain, gradient, horizon, cloudy, striped, chequered, bricks.

    Returns:
        An RGB image of `width` x `height` pixels.
    """
    grounds = (_plain, _gradient, _horizon, _cloudy, _striped, _chequered, _bricks)
    ground = grounds[int(rng.choice(len(grounds), p=[0.24, 0.19, 0.15, 0.20, 0.08, 0.05, 0.09]))]
    pixels = ground(rng, width, height)
    if ground is not _plain:
        pixels = pixels + _cloud(rng, width, height, cells=12) * rng.uniform(3, 18)
    return Image.fromarray(_whole(pixels))


def draw_clutter(
    image: Image.Image, rng: np.random.Generator, *, pieces: int, largest: float
) -> None:
    """Strew shapes and lines over an image.

    Args:
        image: RGB; drawn on in place.
        rng: where the shapes come from.
        pieces: how many.
        largest: size of the largest, as a share of the image's longer side.
    """
    canvas = ImageDraw.Draw(image)
    side = max(image.size)
    for _ in range(pieces):
        place = rng.uniform((0, 0), image.size)
        size = side * largest * rng.uniform(0.25, 1.0)
        colour = any_colour(rng)
        shape = _PIECES[int(rng.integers(len(_PIECES)))](rng)
        points = (shape * size / 2) @ turning(rng.uniform(0, 360)).T + place
        dots = [(x, y) for x, y in points.tolist()]
        kind = rng.random()
        if kind < 0.55:
            canvas.polygon(dots, fill=colour)
        if kind > 0.35:
            thick = max(2, round(side * rng.uniform(0.003, 0.012)))
            canvas.line([*dots, dots[0]], shaded(colour, 0.5), thick, "curve")


def draw_strokes(
    image: Image.Image, rng: np.random.Generator, *, strokes: int, widest: float
) -> None:
    """Draw long bent lines such as wires, straps and twigs across an image, in place."""
    canvas = ImageDraw.Draw(image)
    side = max(image.size)
    for _ in range(strokes):
        start, end = rng.uniform((0, 0), image.size, (2, 2))
        start, end = start - 0.4 * (end - start), end + 0.4 * (end - start)
        along = np.linspace(0, 1, 14)[:, None]
        sway = np.sin(along * np.pi * rng.uniform(0.5, 2.5)) * rng.normal(0, side * 0.06, 2)
        dots = [(x, y) for x, y in (start + (end - start) * along + sway).tolist()]
        canvas.line(
            dots, any_colour(rng), max(2, round(side * rng.uniform(0.004, widest))), "curve"
        )


def light_and_noise(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Light an image from one side, tint it, and add a camera's noise."""
    pixels = np.asarray(image, dtype=np.float32)
    height, width = pixels.shape[:2]
    across, down = _axes(width, height)
    angle = rng.uniform(0, 2 * np.pi)
    slope = across * np.float32(np.cos(angle)) + down * np.float32(np.sin(angle))
    light = 1 + rng.uniform(0, 0.4) * slope - rng.uniform(0, 0.25) * (across**2 + down**2)
    light = (rng.uniform(0.75, 1.1) * light).astype(np.float32)
    pixels = pixels * light[..., None]
    if rng.random() < 0.14:
        pixels = pixels.mean(axis=2, keepdims=True)
    else:
        pixels = pixels * rng.uniform(0.86, 1.12, 3).astype(np.float32)
    contrast = rng.uniform(0.75, 1.1)
    noise = rng.standard_normal((height, width, 1), dtype=np.float32) * rng.uniform(2, 16)
    pixels = pixels * contrast + (noise + 128 * (1 - contrast) + rng.uniform(-18, 18))
    return Image.fromarray(_whole(np.broadcast_to(pixels, (height, width, 3))))


def _whole(pixels: Pixels) -> NDArray[np.uint8]:
    return np.clip(pixels, 0, 255).astype(np.uint8)


def _axes(width: int, height: int) -> tuple[Pixels, Pixels]:
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    return across, down


def _mix(first: Colour, second: Colour, share: Pixels) -> Pixels:
    one, other = np.array(first, np.float32), np.array(second, np.float32)
    return one + (other - one) * share[..., None]


def _cloud(rng: np.random.Generator, width: int, height: int, cells: int) -> Pixels:
    """Smooth noise of mean 0 and deviation near 1 in three channels."""
    coarse = _whole(128 + 40 * rng.standard_normal((cells, cells, 3), dtype=np.float32))
    smooth = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
    pixels: Pixels = np.asarray(smooth, dtype=np.float32)
    return (pixels - np.float32(128)) / np.float32(40)


def _plain(rng: np.random.Generator, width: int, height: int) -> Pixels:
    colour = (250, 250, 250) if rng.random() < 0.5 else any_colour(rng)
    return np.full((height, width, 3), colour, dtype=np.float32)


def _gradient(rng: np.random.Generator, width: int, height: int) -> Pixels:
    across, down = _axes(width, height)
    angle = rng.uniform(0, 2 * np.pi)
    share = (across * np.cos(angle) + down * np.sin(angle)) / 2.9 + 0.5
    return _mix(any_colour(rng), any_colour(rng), share)


def _horizon(rng: np.random.Generator, width: int, height: int) -> Pixels:
    _, down = _axes(width, height)
    line = rng.uniform(-0.4, 0.6)
    sky = _mix(any_colour(rng, 110), any_colour(rng, 150), np.repeat(down / 2 + 0.5, width, axis=1))
    land = _mix(
        any_colour(rng, 20, 170), any_colour(rng, 20, 140), np.repeat(down / 2 + 0.5, width, axis=1)
    )
    return np.where(down[..., None] < np.float32(line), sky, land)


def _cloudy(rng: np.random.Generator, width: int, height: int) -> Pixels:
    cells = int(rng.integers(4, 14))
    fine = _cloud(rng, width, height, 3 * cells)
    grain = _cloud(rng, width, height, cells) + fine * np.float32(0.5)
    share = np.clip(grain.mean(axis=2) + 0.5, 0, 1)
    tint: Pixels = grain * np.float32(rng.uniform(0, 18))
    return _mix(any_colour(rng), any_colour(rng), share) + tint


def _striped(rng: np.random.Generator, width: int, height: int) -> Pixels:
    across, down = _axes(width, height)
    angle, waves = rng.uniform(0, np.pi), rng.uniform(3, 14)
    phase = (across * np.cos(angle) + down * np.sin(angle)) * np.pi * waves
    share = np.clip(np.sin(phase) * rng.uniform(0.6, 4) + 0.5, 0, 1)
    return _mix(any_colour(rng), any_colour(rng), share)


def _chequered(rng: np.random.Generator, width: int, height: int) -> Pixels:
    across, down = _axes(width, height)
    angle, tiles = rng.uniform(0, np.pi), rng.uniform(2, 6)
    first = np.floor((across * np.cos(angle) + down * np.sin(angle)) * tiles)
    second = np.floor((down * np.cos(angle) - across * np.sin(angle)) * tiles)
    return _mix(any_colour(rng), any_colour(rng), (first + second) % 2)


def _bricks(rng: np.random.Generator, width: int, height: int) -> Pixels:
    tall, wide = rng.uniform(14, 34), rng.uniform(36, 90)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    row = np.floor(y / tall)
    column = x / wide + 0.5 * (row % 2)
    mortar = ((y / tall) % 1 < 0.10) | (column % 1 < 0.05)
    tone = np.sin(row * 12.9898 + np.floor(column) * 78.233) * 0.5 + 0.5
    stones = _mix(any_colour(rng, 40, 220), any_colour(rng, 40, 220), tone * rng.uniform(0.2, 0.9))
    return np.where(mortar[..., None], np.array(any_colour(rng, 60), np.float32), stones)


def _round(_: np.random.Generator) -> Outline:
    return ellipse(0, 0, 1, 1)


def _oval(rng: np.random.Generator) -> Outline:
    return ellipse(0, 0, 1, rng.uniform(0.2, 0.7))


def _slab(rng: np.random.Generator) -> Outline:
    tall = rng.uniform(0.12, 0.9)
    return rectangle(-1, -tall, 1, tall)


def _shard(rng: np.random.Generator) -> Outline:
    corners = int(rng.integers(3, 8))
    angles = np.sort(rng.uniform(0, 2 * np.pi, corners))
    reach = rng.uniform(0.4, 1.0, corners)
    return np.column_stack([reach * np.cos(angles), reach * np.sin(angles)])


_PIECES = (_round, _oval, _slab, _shard)
