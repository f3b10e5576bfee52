"""Shortcuts: can the class be told from what has nothing to do with what is shown?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.checks.measurements import Measurements
from peu.images.dataset import ImageDataset

_NEIGHBOURS = 5
_PERMUTATIONS = 999
_LEVEL = 0.01
_LEAST_GAIN = 0.25
"""Share of the way from the majority rate to 1 that a cue must reach to be named."""
_CLASS_RECALL, _CLASS_PRECISION = 0.8, 0.6
_Z = 1.959964
_TIE = 1e-4
"""Squared distances closer than this, in units of the spread, count as equal."""
_MOST_IMAGES = 4000
CUES = (
    "image size",
    "file format",
    "corner colour",
    "border colour",
    "mean colour",
    "JPEG compression",
)


@dataclass(frozen=True)
class Shortcut:
    """A cue that tells classes apart, though it has nothing to do with what is shown.

    Attributes:
        cue: one of `CUES`.
        accuracy: share of the images whose class the cue alone tells, in [0, 1].
        low: lower end of the 95 % interval of `accuracy`, after Wilson.
        high: its upper end.
        majority: accuracy of always naming the most frequent class.
        p_value: share of label permutations that do as well with any cue.
        class_name: the class that the cue tells best.
        recognised: images of that class that the cue recognises.
        of_class: images of that class.
        named: images that the cue calls that class.
    """

    cue: str
    accuracy: float
    low: float
    high: float
    majority: float
    p_value: float
    class_name: str
    recognised: int
    of_class: int
    named: int

    @property
    def gain(self) -> float:
        """Share of the way from the majority rate to perfect, in [0, 1]."""
        return (self.accuracy - self.majority) / (1 - self.majority)


def find_shortcuts(
    images: ImageDataset,
    measured: Measurements,
    groups: NDArray[np.int64],
    *,
    seed: int = 0,
) -> tuple[Shortcut, ...]:
    """Cues that tell the class far better than chance, the strongest first.

    Each image is given the class of the five images most like it by the cue alone, its copies
    left out. Labels are then permuted 999 times: a cue counts only where at most one in 100
    permutations does as well with any of the cues, and where it covers a quarter of the way from
    the majority rate to 1, or recognises nearly all of one class.

    Args:
        images: labelled.
        measured: of these images.
        groups: (n,) near-duplicates share a group.
        seed: of the permutations, and of the 4,000 images that are taken from a larger set.

    Returns:
        The shortcuts; none where there are fewer than two classes or 10 images.
    """
    labels = np.asarray(images.labels)
    rng = np.random.default_rng(seed)
    chosen = np.arange(len(labels))
    if len(labels) > _MOST_IMAGES:
        chosen = np.sort(rng.choice(len(labels), _MOST_IMAGES, replace=False))
    present, labels = np.unique(labels[chosen], return_inverse=True)
    if len(present) < 2 or len(labels) < 2 * _NEIGHBOURS:
        return ()
    neighbours = {
        cue: _nearest(values[chosen], groups[chosen], rng)
        for cue, values in _cues(images, measured).items()
    }
    if not neighbours:
        return ()
    found = {cue: _told(near, labels, len(present)) for cue, near in neighbours.items()}
    right = {cue: float((each == labels).mean()) for cue, each in found.items()}
    best_by_chance = []
    for _ in range(_PERMUTATIONS):
        mixed = rng.permutation(labels)
        best_by_chance.append(
            max(
                float((_told(near, mixed, len(present)) == mixed).mean())
                for near in neighbours.values()
            )
        )
    chance = np.array(best_by_chance)
    names = [images.class_names[at] for at in present]
    shortcuts = []
    for cue, told in found.items():
        p_value = float((1 + (chance >= right[cue]).sum()) / (1 + _PERMUTATIONS))
        one = _shortcut(cue, told, labels, names, p_value)
        precise = one.recognised >= _CLASS_PRECISION * max(one.named, 1)
        whole_class = precise and one.recognised >= _CLASS_RECALL * one.of_class
        if p_value <= _LEVEL and (one.gain >= _LEAST_GAIN or whole_class):
            shortcuts.append(one)
    return tuple(sorted(_narrowest(shortcuts), key=lambda one: -one.gain))


def _narrowest(shortcuts: list[Shortcut]) -> list[Shortcut]:
    """Leave out cues that contain another which tells about as much.

    Corners are part of the borders, and only some formats have a quantisation table.
    """
    by_cue = {one.cue: one for one in shortcuts}
    contains = {"border colour": "corner colour", "JPEG compression": "file format"}
    return [
        one
        for one in shortcuts
        if (part := by_cue.get(contains.get(one.cue, ""))) is None
        or one.accuracy > part.high + 1e-6
    ]


def _cues(images: ImageDataset, measured: Measurements) -> dict[str, NDArray[np.float64]]:
    """The cues that differ at all, as numbers whose distances mean something."""
    sizes = np.log([(one.width, one.height) for one in images.metadata])
    kinds = [f"{one.format} {one.mode}" for one in images.metadata]
    formats = (np.array(kinds)[:, None] == np.unique(kinds)).astype(np.float64)
    values = (
        np.column_stack([sizes, sizes[:, 0] - sizes[:, 1]]),
        formats,
        measured.corners,
        measured.borders,
        measured.colour,
        measured.quantisation[:, None],
    )
    return {
        cue: np.asarray(each, np.float64)
        for cue, each in zip(CUES, values, strict=True)
        if np.ptp(each, axis=0).max() > 1e-6
    }


def _nearest(
    values: NDArray[np.float64], groups: NDArray[np.int64], rng: np.random.Generator
) -> NDArray[np.int64]:
    """(n, 5) the images most like each by a cue; of equally distant ones, some at random."""
    values = values - values.mean(axis=0)
    scale = np.sqrt((values**2).sum() / len(values))
    values = (values / max(scale, 1e-12)).astype(np.float32)
    squares = (values**2).sum(axis=1)
    nearest = np.empty((len(values), min(_NEIGHBOURS, len(values) - 1)), np.int64)
    for start in range(0, len(values), 512):
        rows = slice(start, start + 512)
        distances = squares[rows, None] + squares[None] - 2 * values[rows] @ values.T
        distances += _TIE * rng.random(distances.shape, np.float32)
        distances[groups[rows, None] == groups[None]] = np.inf
        most = nearest.shape[1]
        nearest[rows] = np.argpartition(distances, most - 1, axis=1)[:, :most]
    return nearest


def _told(nearest: NDArray[np.int64], labels: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """The class that each image is given; of equal votes the more frequent class."""
    frequency = np.bincount(labels, minlength=count) / len(labels)
    named = labels[nearest]
    votes = (named[:, :, None] == named[:, None, :]).sum(axis=2) + 1e-3 * frequency[named]
    return np.asarray(named[np.arange(len(named)), votes.argmax(axis=1)], np.int64)


def _shortcut(
    cue: str,
    told: NDArray[np.int64],
    labels: NDArray[np.int64],
    names: list[str],
    p_value: float,
) -> Shortcut:
    count = len(labels)
    right = float((told == labels).mean())
    low, high = _wilson(right, count)
    table = np.zeros((len(names), len(names)), np.int64)
    np.add.at(table, (labels, told), 1)
    hits = table.diagonal()
    f1 = 2 * hits / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1)
    best = int(f1.argmax())
    return Shortcut(
        cue,
        right,
        low,
        high,
        float(np.bincount(labels).max() / count),
        p_value,
        names[best],
        int(hits[best]),
        int(table[best].sum()),
        int(table[:, best].sum()),
    )


def _wilson(share: float, count: int) -> tuple[float, float]:
    middle = (share + _Z**2 / (2 * count)) / (1 + _Z**2 / count)
    half = _Z * np.sqrt(share * (1 - share) / count + _Z**2 / (4 * count**2)) / (1 + _Z**2 / count)
    return float(middle - half), float(middle + half)
