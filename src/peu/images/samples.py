"""Built-in images: four kinds of object, drawn, for where no download is possible."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from peu.cache_folder import cache_folder
from peu.errors import DataError
from peu.images.drawing.objects import DRAWINGS, Drawing
from peu.images.drawing.pen import Colour, Paint, Pen, shaded, turning
from peu.images.drawing.scenery import (
    any_colour,
    draw_clutter,
    draw_ground,
    draw_strokes,
    light_and_noise,
)
from peu.images.kept_folder import kept_folder
from peu.output_folder import replacing_folder
from peu.progress import report
from peu.seeds import child_seed

SAMPLE_COUNTS: Mapping[str, int] = MappingProxyType(
    {"accordion": 40, "anchor": 30, "barrel": 34, "binocular": 24}
)
_VERSION = 1
_OVERSAMPLING = 2
_QUALITY = 90
_LEAST_CONTRAST = 35.0
_SCHEMES: tuple[tuple[Colour, Colour], ...] = (
    ((158, 104, 58), (70, 66, 64)),
    ((120, 74, 40), (150, 146, 140)),
    ((176, 34, 40), (222, 206, 170)),
    ((38, 40, 46), (120, 122, 128)),
    ((30, 52, 104), (190, 160, 70)),
    ((28, 92, 70), (210, 200, 180)),
    ((126, 130, 136), (54, 56, 62)),
    ((206, 168, 72), (110, 50, 36)),
    ((226, 222, 212), (96, 90, 84)),
    ((84, 44, 96), (200, 196, 204)),
)


def draw_samples(
    folder: Path,
    *,
    per_class: int | Mapping[str, int] = SAMPLE_COUNTS,
    seed: int = 0,
) -> Path:
    """Draw the built-in images into class folders, so that peu works without a download.

    An image depends on the seed, its class and its number alone: the same call gives the same
    bytes with the same Pillow, and asking for more images leaves the first ones as they were.

    Args:
        folder: the folder to make; it must not exist yet, or be empty. It appears when all
            images are in it, or not at all.
        per_class: how many images of each class, at least 1; a mapping from class name to
            number draws only the classes it names.
        seed: another seed, other images.

    Returns:
        `folder`, which holds `accordion/image_0001.jpg` and so on: RGB JPEG files of about
        300 x 200 pixels.

    Raises:
        DataError: `folder` holds something already, or `per_class` names no known class or
            too few images.
        ResourceError: the disk is full or cannot be written.

    Example:
        >>> import tempfile
        >>> folder = draw_samples(Path(tempfile.mkdtemp()) / "few", per_class=2)
        >>> sorted(entry.name for entry in folder.iterdir())
        ['accordion', 'anchor', 'barrel', 'binocular']
    """
    counts = dict.fromkeys(DRAWINGS, per_class) if isinstance(per_class, int) else dict(per_class)
    _check_counts(counts)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DataError(
            f"Expected a new or empty folder to draw into. `{folder}` holds something already. "
            "Name another folder."
        )
    with replacing_folder(folder) as draft:
        _draw_all(draft, counts, seed)
    return folder


def sample_set(seed: int = 0) -> Path:
    """The folder of built-in images, drawn once and kept in the cache.

    Raises:
        ResourceError: the cache cannot be written.
    """
    folder = cache_folder() / f"samples-{_VERSION}-{seed}"
    return kept_folder(folder, lambda draft: draw_samples(draft, seed=seed))


def _check_counts(counts: Mapping[str, int]) -> None:
    for name, count in counts.items():
        if name not in DRAWINGS:
            raise DataError(
                f"Expected classes among {', '.join(DRAWINGS)}. Received `{name}`. Leave it out."
            )
        if count < 1:
            raise DataError(
                f"Expected at least 1 image a class. Received {count} for `{name}`. Ask for more."
            )
    if not counts:
        raise DataError(
            "Expected at least one class to draw. Received none. "
            f"Name some of {', '.join(DRAWINGS)}."
        )


def _draw_all(folder: Path, counts: Mapping[str, int], seed: int) -> None:
    total = sum(counts.values())
    done = 0
    for name, count in counts.items():
        (folder / name).mkdir(parents=True)
        for number in range(1, count + 1):
            rng = np.random.default_rng(child_seed(seed, "samples", name, number))
            path = folder / name / f"image_{number:04d}.jpg"
            _draw_image(DRAWINGS[name], rng).save(path, format="JPEG", quality=_QUALITY)
            done += 1
            report("drawing images", done, total)


def _draw_image(drawing: Drawing, rng: np.random.Generator) -> Image.Image:
    width, height = _size(drawing, rng)
    large = (width * _OVERSAMPLING, height * _OVERSAMPLING)
    blur = float(rng.uniform(1, 3.5)) if rng.random() < 0.5 else 0.0
    scene = draw_ground(rng, width, height)
    if not blur:
        scene = scene.resize(large, Image.Resampling.NEAREST)
    busy = rng.random() < 0.6
    draw_clutter(scene, rng, pieces=int(rng.integers(3, 13)) if busy else 1, largest=0.36)
    draw_strokes(scene, rng, strokes=int(rng.integers(0, 4)) if busy else 0, widest=0.02)
    if blur:
        scene = scene.filter(ImageFilter.BoxBlur(blur)).resize(large, Image.Resampling.NEAREST)
    behind = np.percentile(np.asarray(scene.reduce(16)).mean(axis=2), [20, 50, 80])
    layer = _draw_object(drawing, rng, large, behind)
    if rng.random() < 0.6:
        _cast_shadow(scene, layer, rng)
    scene.paste(layer, (0, 0), layer)
    draw_strokes(scene, rng, strokes=int(rng.integers(0, 2)), widest=0.012)
    draw_clutter(scene, rng, pieces=int(rng.integers(0, 3)), largest=0.12)
    small = scene.reduce(_OVERSAMPLING)
    if rng.random() < 0.3:
        small = small.filter(ImageFilter.BoxBlur(float(rng.uniform(0.4, 1.3))))
    return light_and_noise(small, rng)


def _size(drawing: Drawing, rng: np.random.Generator) -> tuple[int, int]:
    longer = int(rng.integers(240, 321))
    shorter = round(longer * rng.uniform(0.58, 1.0))
    upright = rng.random() < (0.68 if drawing.height > drawing.width else 0.15)
    return (shorter, longer) if upright else (longer, shorter)


def _draw_object(
    drawing: Drawing, rng: np.random.Generator, size: tuple[int, int], behind: NDArray[np.float64]
) -> Image.Image:
    layer = Image.new("RGBA", size)
    turn = rng.normal(0, 10) + (rng.choice([-90, 90]) if rng.random() < 0.05 else 0)
    squeeze = np.exp(rng.uniform(-0.16, 0.16))
    form = turning(turn) @ np.array([[squeeze, rng.uniform(-0.14, 0.14)], [0, 1 / squeeze]])
    if rng.random() < 0.5:
        form = form @ np.diag([-1.0, 1.0])
    needed = np.abs(form) @ np.array([drawing.width, drawing.height])
    room = np.array(size) / 2
    scale = float((room / needed).min()) * rng.uniform(0.88, 1.06)
    slack = 0.45 * np.maximum(room - scale * needed, 0) + 0.03 * room
    pen = Pen(
        canvas=ImageDraw.Draw(layer),
        matrix=form * scale,
        origin=room + rng.uniform(-slack, slack),
        ink=(16, 14, 14),
        line=float(rng.choice([0, 2, 3, 5])),
    )
    drawing.draw(pen, rng, _visible_paint(rng, behind))
    return layer


def _visible_paint(rng: np.random.Generator, behind: NDArray[np.float64]) -> Paint:
    """Choose colours that stand out against the darker and the lighter part of a ground."""
    choices = [_paint(rng) for _ in range(4)]
    contrasts = [float(np.abs(np.mean(paint.body) - behind).min()) for paint in choices]
    for paint, contrast in zip(choices, contrasts, strict=True):
        if contrast > _LEAST_CONTRAST:
            return paint
    return choices[int(np.argmax(contrasts))]


def _paint(rng: np.random.Generator) -> Paint:
    if rng.random() < 0.15:
        return Paint(body=any_colour(rng, 215), accent=any_colour(rng, 190), depth=0.25)
    body, accent = _SCHEMES[int(rng.integers(len(_SCHEMES)))]
    light = rng.uniform(0.75, 1.3)
    return Paint(shaded(body, light), shaded(accent, rng.uniform(0.75, 1.2)), rng.uniform(0.3, 1.0))


def _cast_shadow(scene: Image.Image, layer: Image.Image, rng: np.random.Generator) -> None:
    dark = int(rng.integers(60, 150))
    mask = layer.getchannel("A").reduce(4).point(lambda alpha: alpha * dark // 255)
    soft = mask.filter(ImageFilter.BoxBlur(float(rng.uniform(0.5, 2.5)))).resize(
        layer.size, Image.Resampling.BILINEAR
    )
    along, down = (int(step) for step in rng.integers((-24, 4), (25, 30)))
    scene.paste((0, 0, 0), (along, down), soft)
