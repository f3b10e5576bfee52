"""Features of images brought to size in different ways, kept for studies of the head.

Images are read once for each way; the rows lie in peu's cache, so that a study of heads, poolings
and mixtures of views (`resizing.py`) takes seconds.

Run: PEU_DATA=... PEU_CACHE=... python benchmarks/resized_views.py [--seeds 0 1 2] [--ways ...]
"""

import argparse
import os
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.backbones.efficientnet_lite import read_efficientnet_lite
from peu.backbones.head import MIDDLE, add_pooling
from peu.backbones.lite_graph import lite_graph
from peu.images.cache import cached
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.proportions import LONGEST, MULTIPLE, resize_proportionally
from peu.images.resizing import resize_image
from peu.models.onnx_session import open_session
from peu.seeds import child_seed

DATA = Path(os.environ["PEU_DATA"])
SIZES = (2, 4, 6, 8, 10, 12)
ALIKE = (
    ("crocodile", "crocodile_head"),
    ("cougar_face", "cougar_body"),
    ("flamingo", "flamingo_head"),
)
FEWEST = 30
POOLINGS = ("whole", "square", "middle", "max", "first half", "second half")
# Ratios of sides that images are cut to where the ratio is to say nothing of the class.
_RATIOS = (2 / 3, 3 / 4, 1.0, 4 / 3, 3 / 2)
Prepare = Callable[[Image.Image], NDArray[np.uint8]]


def tasks(seed: int, most: int) -> dict[str, ImageDataset]:
    """Draw six tasks, with at most so many images a class."""
    rest = load_images(DATA / "caltech-rest")
    names, counts = np.unique(rest.y, return_counts=True)
    pairs = {name for pair in ALIKE for name in pair}
    others = np.array([name for name in names[counts >= FEWEST] if name not in pairs])
    drawn = {}
    for number, size in enumerate(SIZES):
        generator = np.random.default_rng(child_seed(seed, "task", number))
        pair = ALIKE[number % len(ALIKE)]
        chosen = [*pair, *generator.choice(others, size - 2, replace=False)]
        kept = [generator.permutation(np.flatnonzero(rest.y == name))[:most] for name in chosen]
        drawn[f"{size} classes, {pair[0]}"] = rest[np.sort(np.concatenate(kept))]
    return drawn


def preparation(way: str) -> Prepare:
    """How a way, such as "own 256" or "padded 256, cut", brings an image to size.

    "cut" takes the largest middle part of a ratio that the image's pixels draw, the same for
    all ways: afterwards the ratio of sides says nothing of the class.
    """
    name, _, cut = way.partition(", ")
    kind, side = name.rsplit(" ", 1)
    prepare = _PREPARATIONS[kind]
    if cut:
        return lambda image: prepare(_cut(image), int(side))
    return lambda image: prepare(image, int(side))


def features(
    images: ImageDataset, way: str, backbone: str = "efficientnet-lite2"
) -> NDArray[np.float32]:
    """Rows (n, len(POOLINGS), d), from the cache where they are there."""
    prepare = preparation(way)

    def compute(batch: ImageDataset) -> NDArray[np.float32]:
        session = _session(backbone)
        return np.stack(
            [_pooled(session, prepare(batch.read(at))) for at in range(len(batch))]
        ).astype(np.float32)

    return cached(images, ("benchmark views", backbone, way), compute, phase="Features")


def _pooled(session: Any, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
    (found,) = session.run(["map"], {"pixels": pixels[None]})
    places: NDArray[np.float32] = found[0]
    rows, columns = places.shape[1:]
    inner = [max(1, int(side * np.float32(MIDDLE) + 0.5)) for side in (rows, columns)]
    half = places.transpose(0, 2, 1) if columns >= rows else places
    return np.stack(
        [
            places.mean(axis=(1, 2)),
            _window(places, min(rows, columns), min(rows, columns)),
            _window(places, *inner),
            places.max(axis=(1, 2)),
            half[:, : (half.shape[1] + 1) // 2].mean(axis=(1, 2)),
            half[:, half.shape[1] // 2 :].mean(axis=(1, 2)),
        ]
    )


def _window(places: NDArray[np.float32], high: int, wide: int) -> NDArray[np.float32]:
    top, left = (places.shape[1] - high) // 2, (places.shape[2] - wide) // 2
    mean: NDArray[np.float32] = places[:, top : top + high, left : left + wide].mean(axis=(1, 2))
    return mean


_SESSIONS: dict[str, Any] = {}


def _session(backbone: str) -> Any:
    if backbone not in _SESSIONS:
        graph = add_pooling(lite_graph(read_efficientnet_lite(backbone), backbone))
        _SESSIONS[backbone] = open_session(graph.SerializeToString(), threads=1)
    return _SESSIONS[backbone]


def _cut(image: Image.Image) -> Image.Image:
    # Drawn from the pixels, so that it is the same wherever the image lies.
    ratio = _RATIOS[zlib.crc32(image.tobytes()) % len(_RATIOS)]
    width = min(image.width, round(image.height * ratio))
    height = min(image.height, round(image.width / ratio))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return image.crop((left, top, left + width, top + height))


def _bicubic(image: Image.Image, width: int, height: int) -> NDArray[np.uint8]:
    across = image.resize((width, image.height), Image.Resampling.BICUBIC)
    return np.asarray(across.resize((width, height), Image.Resampling.BICUBIC), np.uint8)


def _same_area(image: Image.Image, side: int) -> NDArray[np.uint8]:
    scale = side / (image.width * image.height) ** 0.5
    width, height = (
        min(LONGEST, max(MULTIPLE, round(each * scale / MULTIPLE) * MULTIPLE))
        for each in image.size
    )
    return _bicubic(image, width, height)


def _mirrored(image: Image.Image, side: int) -> NDArray[np.uint8]:
    return resize_proportionally(image.transpose(Image.Transpose.FLIP_LEFT_RIGHT), side)


def _central(image: Image.Image, side: int) -> NDArray[np.uint8]:
    least = min(image.size)
    left, top = (image.width - least) // 2, (image.height - least) // 2
    return _bicubic(image.crop((left, top, left + least, top + least)), side, side)


def _grey(image: Image.Image, side: int) -> NDArray[np.uint8]:
    scale = side / max(image.size)
    width, height = (min(side, max(1, round(each * scale))) for each in image.size)
    pixels = np.full((side, side, 3), 127, np.uint8)
    top, left = (side - height) // 2, (side - width) // 2
    pixels[top : top + height, left : left + width] = _bicubic(image, width, height)
    return pixels


_PREPARATIONS: dict[str, Callable[[Image.Image, int], NDArray[np.uint8]]] = {
    "own": resize_proportionally,
    "mirrored": _mirrored,
    "area": _same_area,
    "stretched": lambda image, side: _bicubic(image, side, side),
    "padded": lambda image, side: resize_image(image, (side, side), "pad"),
    "grey": _grey,
    "central": _central,
}


def main() -> None:
    """Extract the features of all tasks, way by way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--backbone", default="efficientnet-lite2")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--ways", nargs="+", default=["own 256", "padded 256", "stretched 256"])
    parser.add_argument("--most", type=int, default=60)
    options = parser.parse_args()
    for seed in options.seeds:
        drawn = tasks(seed, options.most)
        for way in options.ways:
            for images in drawn.values():
                features(images, way, options.backbone)
            print(f"seed {seed}, {way}", flush=True)


if __name__ == "__main__":
    main()
