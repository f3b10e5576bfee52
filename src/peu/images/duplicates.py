"""Which images show the same image, so that no fold is tested on what it has learnt."""

import hashlib
from collections.abc import Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from peu.images.records import THUMBNAIL_SIDE, ImageMetadata

_TINY_SIDE = 64
"""Below this, in both directions, a thumbnail cannot tell a digit from the next of its class."""
_FLAT = 2.0
"""Standard deviation in grey values up to which only equal thumbnails are the same image."""
_COARSE_SIDE = 16
_COARSE_LIKENESS = 0.95
_NEIGHBOURS = 8
"""Candidates for each image and flip: bounds the time in a set of look-alikes."""
_WORTH_TRYING = 0.88
_LIKENESS = 0.97
_BLOCK_SIDE = 8
_BLOCK_LIKENESS = 0.9
_NOISE = 1.5
"""Grey values, root mean square, that re-encoding may change within a block."""
_TRIMS = (0.0, 0.5, 1.0, 1.5)
"""Rows or columns of a thumbnail that may be missing on a side."""
_BLOCK_OF_ROWS = 512

_FLIPS = ((1, 1), (1, -1), (-1, 1), (-1, -1))

Grey = NDArray[np.float32]


class _HasMetadata(Protocol):
    @property
    def metadata(self) -> tuple[ImageMetadata, ...]: ...


def duplicate_groups(dataset: _HasMetadata) -> NDArray[np.int64]:
    """Number the images so that copies of one image share a number.

    Copies are the same bytes, or re-encodings, resizings, changes of brightness, and flips of
    all these in either direction, in any class. They are found in the 32 x 32 grey thumbnails in
    three steps: a correlation at 16 x 16 names candidates; these are laid over each other within
    one and a half thumbnail pixels, for copies that lost a row or two at the border; and then
    they must agree as a whole and also within every one of 16 blocks. The last step tells a copy
    from another object in front of the same studio background.

    A copy with a caption in a corner counts as another image, as do half of those cropped by
    1 % of their height or shrunk without smoothing.

    Two images below 64 x 64 pixels, and images that are almost of one grey, are the same
    only if their sizes and their thumbnails are equal: digits of one class look alike when
    small.

    Args:
        dataset: whatever has `metadata`, such as an `ImageDataset` of n images.

    Returns:
        (n,) int64, from 0 without gaps, in the order in which groups first appear.

    Example:
        >>> from types import SimpleNamespace
        >>> one = ImageMetadata(90, 60, "RGB", "PNG", "a", bytes(1024), ())
        >>> two = ImageMetadata(90, 60, "RGB", "PNG", "b", bytes(1023) + b"!", ())
        >>> duplicate_groups(SimpleNamespace(metadata=(one, two, one))).tolist()
        [0, 1, 0]
    """
    metadata = dataset.metadata
    leaders = _Leaders(len(metadata))
    _join_equal(metadata, leaders)
    distinct = np.flatnonzero(leaders.of == np.arange(len(metadata)))
    greys = _thumbnails([metadata[at] for at in distinct])
    tiny = np.array(
        [max(metadata[at].width, metadata[at].height) < _TINY_SIDE for at in distinct], bool
    )
    for first, second, flip in _candidates(greys, tiny):
        a, b = int(distinct[first]), int(distinct[second])
        if not leaders.together(a, b) and _same_image(
            greys[first], greys[second, :: flip[0], :: flip[1]]
        ):
            leaders.join(a, b)
    return leaders.numbered()


class _Leaders:
    """Groups as a forest: each image points towards the first of its group."""

    def __init__(self, count: int) -> None:
        self.of = np.arange(count, dtype=np.int64)

    def leader(self, at: int) -> int:
        while self.of[at] != at:
            self.of[at] = self.of[self.of[at]]
            at = int(self.of[at])
        return at

    def together(self, first: int, second: int) -> bool:
        return self.leader(first) == self.leader(second)

    def join(self, first: int, second: int) -> None:
        low, high = sorted((self.leader(first), self.leader(second)))
        self.of[high] = low

    def numbered(self) -> NDArray[np.int64]:
        leaders = np.array([self.leader(at) for at in range(len(self.of))], np.int64)
        return np.unique(leaders, return_inverse=True)[1].astype(np.int64)


def _join_equal(metadata: tuple[ImageMetadata, ...], leaders: _Leaders) -> None:
    """Join images of the same bytes, and those of the same size and thumbnail."""
    contents: dict[str, int] = {}
    shapes: dict[tuple[int, int, bytes], int] = {}
    for at, one in enumerate(metadata):
        leaders.join(at, contents.setdefault(one.sha256, at))
        digest = hashlib.sha256(one.thumbnail).digest()
        leaders.join(at, shapes.setdefault((one.width, one.height, digest), at))


def _thumbnails(metadata: list[ImageMetadata]) -> Grey:
    stacked = np.frombuffer(b"".join(one.thumbnail for one in metadata), np.uint8)
    return stacked.reshape(-1, THUMBNAIL_SIDE, THUMBNAIL_SIDE).astype(np.float32)


def _candidates(greys: Grey, tiny: NDArray[np.bool_]) -> Iterator[tuple[int, int, tuple[int, int]]]:
    """Pairs that look alike at 16 x 16, and how the second is to be flipped."""
    textured = greys.std(axis=(1, 2)) > _FLAT
    rows = np.flatnonzero(textured & ~tiny)
    columns = np.concatenate([rows, np.flatnonzero(textured & tiny)])
    if not len(rows):
        return
    step = THUMBNAIL_SIDE // _COARSE_SIDE
    coarse = greys.reshape(-1, _COARSE_SIDE, step, _COARSE_SIDE, step).mean(axis=(2, 4))
    for flip in _FLIPS:
        against = _standardised(coarse[columns, :: flip[0], :: flip[1]])
        for start in range(0, len(rows), _BLOCK_OF_ROWS):
            block = rows[start : start + _BLOCK_OF_ROWS]
            likeness = _standardised(coarse[block]) @ against[start:].T
            for at, other in _nearest(likeness):
                yield int(block[at]), int(columns[start + other]), flip


def _nearest(likeness: Grey) -> Iterator[tuple[int, int]]:
    """For each row, the few later columns that correlate most, above a limit."""
    rows, columns = np.nonzero(likeness >= _COARSE_LIKENESS)
    later = columns > rows
    rows, columns = rows[later], columns[later]
    order = np.lexsort((-likeness[rows, columns], rows))
    rows, columns = rows[order], columns[order]
    place = np.arange(len(rows)) - np.searchsorted(rows, rows)
    nearest = place < _NEIGHBOURS
    yield from zip(rows[nearest].tolist(), columns[nearest].tolist(), strict=True)


def _standardised(images: Grey) -> Grey:
    """(n, ...) as rows of mean 0 and length 1, whose products are correlations."""
    flat = images.reshape(len(images), -1)
    flat = flat - flat.mean(axis=1, keepdims=True)
    lengths = np.linalg.norm(flat, axis=1, keepdims=True)
    return np.asarray(flat / np.maximum(lengths, 1e-6), np.float32)


def _same_image(first: Grey, second: Grey) -> bool:
    whole = _standardised(np.stack([first, second]))
    if float(whole[0] @ whole[1]) < _WORTH_TRYING:
        return False
    if _agree(first, second):
        return True
    return any(
        _agree(_laid_over(cropped, whole), whole)
        for cropped, whole in ((first, second), (second, first))
    )


def _agree(first: Grey, second: Grey) -> bool:
    """Decide whether two thumbnails differ by no more than encoding and size explain."""
    pair = np.stack([first, second])
    whole = _standardised(pair)
    if float(whole[0] @ whole[1]) < _LIKENESS:
        return False
    count = THUMBNAIL_SIDE // _BLOCK_SIDE
    blocks = pair.reshape(2, count, _BLOCK_SIDE, count, _BLOCK_SIDE).swapaxes(2, 3)
    blocks = blocks.reshape(2, count * count, -1)
    spread = blocks.std(axis=2).max(axis=0)
    likeness = (_standardised(blocks[0]) * _standardised(blocks[1])).sum(axis=1)
    unexplained = spread * np.sqrt(np.clip(1 - likeness**2, 0, 1))
    return bool(np.all((likeness >= _BLOCK_LIKENESS) | (unexplained <= _NOISE) & (spread < 8)))


def _laid_over(image: Grey, target: Grey) -> Grey:
    """Trim the borders of `image`, rows and then columns, to lie best on `target`."""
    wanted = _standardised(target[None])[0]
    rows = _TRIMMING @ image
    trimmed = rows[(_standardised(rows) @ wanted).argmax()]
    columns = trimmed @ _TRIMMING.swapaxes(1, 2)
    return np.asarray(columns[(_standardised(columns) @ wanted).argmax()], np.float32)


def _trimming() -> Grey:
    """(16, 32, 32) matrices that trim a thumbnail's rows at both ends and stretch them."""
    pixels = np.arange(THUMBNAIL_SIDE)
    matrices = []
    for start in _TRIMS:
        for end in _TRIMS:
            scale = (THUMBNAIL_SIDE - start - end) / THUMBNAIL_SIDE
            places = np.clip(start + (pixels + 0.5) * scale - 0.5, 0, THUMBNAIL_SIDE - 1)
            matrices.append(np.maximum(0, 1 - np.abs(places[:, None] - pixels)))
    return np.asarray(matrices, np.float32)


_TRIMMING = _trimming()
