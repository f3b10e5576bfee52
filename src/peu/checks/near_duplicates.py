"""Near-duplicates that thumbnails miss: crops, recoloured copies, and these mirrored."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from peu.backbones.onnx_features import onnx_features
from peu.errors import PeuError
from peu.images.cache import cached
from peu.images.dataset import ImageDataset
from peu.images.workers import in_order
from peu.progress import report

_BACKBONE, _SHORTER_SIDE = "efficientnet-lite0", 160
_NEIGHBOURS = 5
"""Candidates for each image: bounds the time in a set of look-alikes."""
_LEAST_COSINE = 0.7
"""Crops of a tenth on every side have 0.76 or more; of other pairs one in 200 has as much."""
_TINY_SIDE = 64
"""Below this, in both directions, a digit cannot be told from the next of its class."""
_FLAT = 2.0
_COARSE_SIDE, _FINE_SIDE = 48, 128
_SCALES = np.arange(1.0, 0.70, -0.03)
"""Share of the larger image that the smaller one may show, along each side."""
_FEW_SCALES = np.array([1.0, 0.9, 0.8])
_WORTH_TRYING, _MARGIN = 0.6, 0.2
_FINER = np.arange(-0.02, 0.021, 0.005)
_COARSE_LIKENESS, _FINE_LIKENESS = 0.78, 0.8
_BLOCKS = 4
_TEXTURED = 6.0
_BLOCK_LIKENESS = 0.7
_BLOCKS_ALIKE = 0.75

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class _Placement:
    """Where one grey image lies in another, and how well it fits."""

    likeness: float
    scale: float
    top: int
    left: int
    size: tuple[int, int]


def near_duplicate_groups(images: ImageDataset) -> NDArray[np.int64]:
    """Number the images so that copies share a number, crops among them.

    Starts from `images.groups`, which finds what was saved again, resized or flipped. Pairs whose
    features of a small pretrained network are alike are then laid over each other: the one within
    the other, at 11 sizes, also mirrored. They are the same image if they correlate as a whole
    and also in three of four of 16 blocks. The blocks tell a copy from another object in front of
    the same background.

    Images below 64 x 64 pixels, and of one colour, are compared by `images.groups` alone.

    Args:
        images: n images.

    Returns:
        (n,) int64, from 0 without gaps, in the order in which groups first appear.

    Raises:
        DataError: a file was changed or removed since the set was loaded.
    """
    groups = images.groups.copy()
    usable = _representatives(images, groups)
    if len(usable) < 2:
        return groups
    try:
        extractor = onnx_features(_BACKBONE, _SHORTER_SIDE)
    except PeuError:  # without its weights, thumbnails have to do
        return groups
    features = cached(
        images[usable],
        ("features", extractor.identity, _SHORTER_SIDE),
        lambda batch: extractor([batch.read(at) for at in range(len(batch))]),
        phase="Extracting features",
    )
    pairs = list(_candidates(features))
    grey: dict[int, Image.Image] = {}

    def read(place: int) -> Image.Image:
        if place not in grey:
            grey[place] = _shrunk(images.read(usable[place]).convert("L"), _FINE_SIDE)
        return grey[place]

    def same(pair: tuple[int, int]) -> bool:
        one, other = pair
        # Whether they met through others by now saves time, and changes nothing.
        met = groups[usable[one]] == groups[usable[other]]
        return bool(met) or is_same_image(read(one), read(other))

    for done, ((one, other), alike) in enumerate(zip(pairs, in_order(same, pairs), strict=True)):
        report("Comparing look-alikes", done, len(pairs))
        a, b = groups[usable[one]], groups[usable[other]]
        if alike and a != b:
            groups[groups == max(a, b)] = min(a, b)
    report("Comparing look-alikes", len(pairs), len(pairs))
    return np.unique(groups, return_inverse=True)[1].astype(np.int64)


def _representatives(images: ImageDataset, groups: NDArray[np.int64]) -> list[int]:
    """The image of each group that shows most, if it is large enough to be compared."""
    best: dict[int, tuple[float, int]] = {}
    for at, (one, group) in enumerate(zip(images.metadata, groups.tolist(), strict=True)):
        contrast = float(np.frombuffer(one.thumbnail, np.uint8).std())
        if max(one.width, one.height) >= _TINY_SIDE and contrast > _FLAT:
            best[group] = max(best.get(group, (0.0, -1)), (contrast, at))
    return sorted(at for _, at in best.values())


def _candidates(features: NDArray[np.float32]) -> Iterator[tuple[int, int]]:
    """Pairs whose features are alike, the most alike first."""
    unit = features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)
    found: dict[tuple[int, int], float] = {}
    for start in range(0, len(unit), 512):
        cosines = unit[start : start + 512] @ unit.T
        for row, likeness in enumerate(cosines, start=start):
            likeness[row] = -1
            most = min(_NEIGHBOURS, len(unit) - 1)
            for at in np.argpartition(-likeness, most - 1)[:most].tolist():
                if likeness[at] >= _LEAST_COSINE:
                    found[min(row, at), max(row, at)] = float(likeness[at])
    yield from sorted(found, key=lambda pair: -found[pair])


def is_same_image(first: Image.Image, second: Image.Image) -> bool:
    """Whether one image is a copy of the other: re-encoded, resized, cropped or mirrored.

    Args:
        first: mode L.
        second: mode L.

    Returns:
        Whether what they share agrees, as a whole and in its parts.
    """
    small = _ways(_shrunk(first, _COARSE_SIDE), _shrunk(second, _COARSE_SIDE))
    likeness = [_place(*pair, _FEW_SCALES).likeness for pair in small]
    if max(likeness) < _WORTH_TRYING:
        return False
    promising = [way for way, each in enumerate(likeness) if each > max(likeness) - _MARGIN]
    rough, way = max(
        ((_place(*small[way], _SCALES), way) for way in promising),
        key=lambda found: found[0].likeness,
    )
    if rough.likeness < _COARSE_LIKENESS:
        return False
    whole, part = _ways(_shrunk(first, _FINE_SIDE), _shrunk(second, _FINE_SIDE))[way]
    found = _place(whole, part, np.minimum(rough.scale + _FINER, 1.0))
    return found.likeness >= _FINE_LIKENESS and _agree_in_parts(whole, part, found)


def _ways(first: Image.Image, second: Image.Image) -> tuple[tuple[Image.Image, Image.Image], ...]:
    """The ways in which one image may lie in the other: (whole, part)."""
    mirrored = ImageOps.mirror(second)
    return (first, second), (second, first), (first, mirrored), (mirrored, first)


def _place(whole: Image.Image, part: Image.Image, scales: NDArray[np.float64]) -> _Placement:
    """Find the size and place at which `part` correlates best with `whole`."""
    from skimage.feature import match_template

    target = np.asarray(whole, np.float32)
    largest = min(whole.width / part.width, whole.height / part.height)
    best = _Placement(-1.0, 1.0, 0, 0, part.size)
    for scale in np.unique(scales):
        size = _scaled(part, largest * scale)
        likeness = match_template(target, _resized(part, size))
        top, left = np.unravel_index(int(likeness.argmax()), likeness.shape)
        value = float(likeness[top, left])
        if value > best.likeness:
            best = _Placement(value, float(scale), int(top), int(left), size)
    return best


def _agree_in_parts(whole: Image.Image, part: Image.Image, found: _Placement) -> bool:
    width, height = found.size
    shown = np.asarray(whole, np.float32)
    shown = shown[found.top : found.top + height, found.left : found.left + width]
    other = _resized(part, found.size)
    alike = []
    for rows in np.array_split(np.arange(height), _BLOCKS):
        for columns in np.array_split(np.arange(width), _BLOCKS):
            block = np.ix_(rows, columns)
            first, second = shown[block].ravel(), other[block].ravel()
            if max(first.std(), second.std()) < _TEXTURED:
                continue
            flat = min(first.std(), second.std()) < 0.1
            alike.append(not flat and np.corrcoef(first, second)[0, 1] > _BLOCK_LIKENESS)
    return bool(np.mean(alike) >= _BLOCKS_ALIKE) if alike else True


def _shrunk(image: Image.Image, longest: int) -> Image.Image:
    return image.resize(_scaled(image, longest / max(image.size)), Image.Resampling.BOX)


def _scaled(image: Image.Image, scale: float) -> tuple[int, int]:
    return max(8, round(image.width * scale)), max(8, round(image.height * scale))


def _resized(image: Image.Image, size: tuple[int, int]) -> Grey:
    smaller = size[0] <= image.width
    how = Image.Resampling.BOX if smaller else Image.Resampling.BILINEAR
    return np.asarray(image.resize(size, how), np.float32)
