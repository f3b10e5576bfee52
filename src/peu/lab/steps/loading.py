"""Section 1.1: what the images are like, and how they become arrays."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from PIL import Image

from peu.checks.measurements import measure as measure_colours
from peu.checks.shortcuts import Shortcut, find_shortcuts
from peu.errors import DataError
from peu.images.checks import Description, describe_dataset
from peu.images.dataset import ImageDataset
from peu.lab.context import TEST_SHARE, LabContext, shuffled_indices
from peu.lab.observations import ClassObservations, observe_classes
from peu.reports.mosaics import mosaic
from peu.seeds import child_seed

_SHOWN = 6
_MOST_ROWS = 12
_SHOWN_SIDE = 96
_FEWEST_LONG = 8
# Of fewer images of a class nothing is said but what was counted.
_FEWEST = 8
# From which agreement on directions are said to be one.
_AGREE = 0.7
_STRAIGHT = 20.0
# From which share of a class on, or difference between two, corners are said to go with it.
_MOST, _APART = 0.8, 0.3
_SHUFFLES = 200


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What section 1.1 found.

    Attributes:
        described: counts and sizes.
        class_names: in the order of their numbers.
        sizes: how many different ones.
        classes: what was observed of each class.
        train: training images of the split, 0 where it was refused.
        test: test images of the split.
        refused: why the images cannot be split, or "".
        first_label: class of the first training image.
        shortcuts: what tells the class without the object, the strongest first.
        as_written: whether the split is the sheet's own.
        leaked: of the test images of the sheet's own split, those with a copy in training; the
            mean of 200 shuffles.
    """

    sheet_size: ClassVar[int] = 224
    train_share: ClassVar[float] = 1 - TEST_SHARE

    described: Description
    class_names: tuple[str, ...]
    sizes: int
    classes: tuple[ClassObservations, ...]
    train: int
    test: int
    refused: str
    first_label: int
    shortcuts: tuple[Shortcut, ...]
    as_written: bool
    leaked: float

    @property
    def shown_classes(self) -> tuple[str, ...]:
        """Classes of which the figure shows a row."""
        return self.class_names[:_MOST_ROWS]

    @property
    def distortion(self) -> float:
        """Largest factor by which stretching to a square changes an image's proportions."""
        ratios = self.described.aspect_ratios
        return max(ratios.maximum, 1 / ratios.minimum)

    @property
    def copies(self) -> int:
        """Images that are near-duplicates of others."""
        return sum(len(group) - 1 for group in self.described.duplicates)

    @property
    def backgrounds(self) -> Literal["even", "mixed", "uneven"]:
        """Whether borders are mostly even."""
        share = sum(one.even for one in self.classes) / sum(one.observed for one in self.classes)
        return "even" if share >= 0.5 else "mixed" if share >= 0.2 else "uneven"

    @property
    def by_background(self) -> list[ClassObservations]:
        """Classes, the one with most even borders first."""
        return sorted(self.classes, key=lambda one: -one.even / one.observed)

    @property
    def too_few(self) -> bool:
        """Whether a class has too few images for a rule about its class."""
        return min(one.observed for one in self.classes) < _FEWEST

    @property
    def by_corners(self) -> list[ClassObservations]:
        """Classes, the one with most black corners first."""
        return sorted(self.classes, key=lambda one: -one.black_corners / one.observed)

    @property
    def corners_tell_class(self) -> bool:
        """Whether black corners mark most of one class, and far fewer of another."""
        shares = [one.black_corners / one.observed for one in self.by_corners]
        apart = shares[0] >= _MOST and shares[0] - shares[-1] >= _APART
        return apart and not self.too_few

    @property
    def borders_differ(self) -> bool:
        """Whether even borders are far more frequent in one class than in another."""
        shares = [one.even / one.observed for one in self.classes]
        return max(shares) - min(shares) >= _APART and not self.too_few

    @property
    def straight(self) -> list[ClassObservations]:
        """Classes whose edges are mostly horizontal and vertical."""
        return [one for one in self._turned_alike() if abs(one.tilt) <= _STRAIGHT]

    @property
    def tilted(self) -> list[ClassObservations]:
        """Classes whose edges are mostly slanted, all by the same angle."""
        return [one for one in self._turned_alike() if abs(one.tilt) > _STRAIGHT]

    @property
    def varied(self) -> list[ClassObservations]:
        """Classes whose edges have no common direction."""
        return [one for one in self.classes if one.tilt_agreement < _AGREE]

    @property
    def lying(self) -> list[ClassObservations]:
        """Classes whose long axes have one direction."""
        return [one for one in self.classes if one.long >= _FEWEST_LONG and one.agreement >= _AGREE]

    @property
    def x_train_shape(self) -> tuple[int, ...]:
        """Shape of the sheet's X_train."""
        return (self.train, self.sheet_size, self.sheet_size, 3)

    @property
    def x_train_mebibytes(self) -> float:
        """Size of X_train as float32."""
        return 4 * int(np.prod(self.x_train_shape)) / 2**20

    @property
    def one_hot(self) -> list[int]:
        """The first training image's row of Y_train."""
        return [int(at == self.first_label) for at in range(len(self.class_names))]

    def _turned_alike(self) -> list[ClassObservations]:
        return [one for one in self.classes if one.tilt_agreement >= _AGREE]


def measure(lab: LabContext) -> Findings:
    """Count images, look at borders and axes, and split as the sheet does."""
    dataset = lab.images
    train, test, refused, first_label = 0, 0, "", 0
    try:
        split = lab.split
        train, test = len(split.train), len(split.test)
        first_label = dataset.class_names.index(lab.training_images.y[0])
    except DataError as error:
        refused = str(error)
    lab.keep_image("examples", _examples(dataset))
    return Findings(
        described=describe_dataset(dataset),
        class_names=dataset.class_names,
        sizes=len({(one.width, one.height) for one in dataset.metadata}),
        classes=observe_classes(dataset, seed=lab.settings.seed),
        train=train,
        test=test,
        refused=refused,
        first_label=first_label,
        shortcuts=_shortcuts(dataset, lab.settings.seed),
        as_written=lab.settings.as_written,
        leaked=_leaked(dataset, lab.settings.seed),
    )


def _shortcuts(dataset: ImageDataset, seed: int) -> tuple[Shortcut, ...]:
    colours = measure_colours(dataset, sharpness=False)
    return find_shortcuts(dataset, colours, dataset.groups, seed=seed)


def _leaked(dataset: ImageDataset, seed: int) -> float:
    """Count test images that have a copy among the training images, as the sheet splits."""
    count = 0
    for number in range(_SHUFFLES):
        train, test = shuffled_indices(len(dataset), seed=child_seed(seed, "shuffled", number))
        count += int(np.isin(dataset.groups[test], dataset.groups[train]).sum())
    return count / _SHUFFLES


def _examples(dataset: ImageDataset) -> Image.Image:
    side = (_SHOWN_SIDE, _SHOWN_SIDE)
    rows = []
    for at in range(min(_MOST_ROWS, len(dataset.class_names))):
        own = np.flatnonzero(dataset.labels == at)
        chosen = own[np.linspace(0, len(own) - 1, _SHOWN).astype(int)] if len(own) else own
        pixels = dataset[chosen].pixels(side, "pad")
        blank = np.full((_SHOWN - len(pixels), *side, 3), 255, np.uint8)
        rows.append(np.concatenate([pixels, blank]))
    return mosaic(np.stack(rows))
