"""What images look like before any learning: borders, corners, and how objects are turned."""

from dataclasses import astuple, dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import gaussian_filter

from peu.images.dataset import ImageDataset
from peu.progress import report
from peu.seeds import child_seed

# A frame of which so much lies so near to its median (of 0 to 255) looks even to the eye, also
# where an object reaches into it.
_EVEN_SHARE, _EVEN_WITHIN = 0.75, 16
_FRAME = 0.08
# A rotation leaves black corners; a black background is black all around.
_BLACK, _CORNER, _ALL_AROUND = 16, 0.03, 0.9
_OBJECT = 0.5
_MOST = 600
_SIDE = 96
_LONG = 1.5
# Edges count in a disc of this share of the shorter side, where no frame and no corner reaches.
_DISC = 0.42
_SMOOTH = 1.5
_NEAR = 15.0


@dataclass(frozen=True)
class Observation:
    """What one image looks like.

    Attributes:
        even_share: of the grey values in its outer frame, those within 16 of their median.
        border_level: that median, 0 to 255.
        angle: of the object's long axis to the horizontal, in degrees from 0 to 180.
        elongation: the long axis by the short one, 1 for a disc.
        black_corners: whether two corners or more are black, and the frame between them is not.
        tilt: of the edges in its middle to the nearest of horizontal and vertical, in degrees
            above -45 up to 45.
    """

    even_share: float
    border_level: float
    angle: float
    elongation: float
    black_corners: bool
    tilt: float


@dataclass(frozen=True, kw_only=True)
class ClassObservations:
    """What the images of one class look like.

    Attributes:
        name: of the class.
        observed: images that were looked at.
        even: those with an even border: 75 % of its grey values within 16 of their median.
        even_share: median over the images of `Observation.even_share`.
        border_level: median over the images.
        elongation: median over the images.
        long: images whose object is elongated, by 1.5 or more.
        direction: mean direction of their long axes, in degrees from 0 to 180.
        agreement: of these directions, from 0 (all directions) to 1 (a single one).
        black_corners: images with two black corners or more, as a rotation leaves them.
        tilt: mean direction of the edges, in degrees to horizontal or vertical, -45 to 45.
        tilt_agreement: of the images' edges, from 0 to 1.
        near_tilt: images whose edges lie within 15 degrees of `tilt`.
    """

    name: str
    observed: int
    even: int
    even_share: float
    border_level: float
    elongation: float
    long: int
    direction: float
    agreement: float
    black_corners: int
    tilt: float
    tilt_agreement: float
    near_tilt: int


def observe(grey: NDArray[np.float64]) -> Observation:
    """Observe one image.

    The object is taken to be what differs from the border's median by half of the largest
    difference or more: right on plain backgrounds, and a guess on others.

    Args:
        grey: (height, width) of 0 to 255, in its own proportions.

    Example:
        >>> image = np.full((60, 60), 255.0)
        >>> image[28:32, 10:50] = 0
        >>> seen = observe(image)
        >>> seen.even_share, round(seen.angle), seen.elongation > 5
        (1.0, 0, True)
    """
    height, width = grey.shape
    edge = max(1, round(_FRAME * min(height, width)))
    frame = np.ones(grey.shape, np.bool_)
    frame[edge : height - edge, edge : width - edge] = False
    border = grey[frame]
    level = float(np.median(border))
    difference = np.abs(grey - level)
    mask = difference >= max(_OBJECT * float(difference.max()), 1.0)
    angle, elongation = _long_axis(mask)
    even = float((np.abs(border - level) <= _EVEN_WITHIN).mean())
    return Observation(
        even, level, angle, elongation, _has_black_corners(grey), _tilt_of_edges(grey)
    )


def _has_black_corners(grey: NDArray[np.float64]) -> bool:
    side = max(2, round(_CORNER * min(grey.shape)))
    first, last = slice(None, side), slice(-side, None)
    corners = [grey[rows, columns].mean() for rows in (first, last) for columns in (first, last)]
    frame = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    all_around = (frame <= _BLACK).mean() >= _ALL_AROUND
    return bool((np.array(corners) <= _BLACK).sum() >= 2 and not all_around)


def _tilt_of_edges(grey: NDArray[np.float64]) -> float:
    """Average the directions of edges, modulo a right angle, as those of made things want."""
    down, right = np.gradient(gaussian_filter(grey, _SMOOTH))
    rows, columns = np.indices(grey.shape)
    middle = [(side - 1) / 2 for side in grey.shape]
    reach = np.hypot(rows - middle[0], columns - middle[1])
    strength = np.hypot(right, down) * (reach < _DISC * min(grey.shape))
    # Upwards is positive; a right angle between an edge and its gradient makes no difference.
    turned = (strength * np.exp(4j * np.arctan2(-down, right))).sum()
    return float(np.rad2deg(np.angle(turned)) / 4)


def common_direction(angles: NDArray[np.float64]) -> tuple[float, float]:
    """Average the directions of axes, in degrees, and say how much they agree, from 0 to 1.

    An axis at 179 degrees is near one at 1, so the angles are doubled before they are averaged.

    Example:
        >>> direction, agreement = common_direction(np.array([170.0, 10.0]))
        >>> round(direction) % 180, round(agreement, 2)
        (0, 0.94)

    Source: Mardia and Jupp (2000), Directional Statistics, section 9.4.
    """
    mean = np.exp(2j * np.deg2rad(angles)).mean()
    return float(np.rad2deg(np.angle(mean)) / 2 % 180), float(abs(mean))


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    if first.std() == 0:
        return 1.0
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


def _long_axis(mask: NDArray[np.bool_]) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    if len(rows) < 2:
        return 0.0, 1.0
    # Upwards is positive, as one measures angles on paper.
    places = np.stack([columns - columns.mean(), -(rows - rows.mean())])
    spread = places @ places.T / len(rows)
    values, vectors = np.linalg.eigh(spread)
    angle = float(np.rad2deg(np.arctan2(vectors[1, 1], vectors[0, 1])) % 180)
    shortest = max(float(values[0]), 1.0 / 12.0)
    return angle, float(np.sqrt(max(float(values[1]), shortest) / shortest))


def symmetry_of(grey: NDArray[np.float64], labels: NDArray[np.int64]) -> tuple[float, float]:
    """Correlate the mean image of each class with its mirror image, and upside down.

    Args:
        grey: (n, height, width).
        labels: (n,).

    Returns:
        Both correlations, means over the classes.
    """
    pairs = []
    for label in np.unique(labels):
        mean = grey[labels == label].mean(axis=0)
        pairs.append([_correlation(mean, mean[:, ::-1]), _correlation(mean, mean[::-1])])
    mirrored, turned = np.mean(pairs, axis=0)
    return float(mirrored), float(turned)


def observe_classes(dataset: ImageDataset, *, seed: int) -> tuple[ClassObservations, ...]:
    """Look at images of every class, at most 600 in all, and summarise what is seen.

    Args:
        dataset: labelled images.
        seed: of which images are looked at, where there are more.
    """
    generator = np.random.default_rng(child_seed(seed, "observed"))
    order = generator.permutation(len(dataset))[:_MOST]
    seen: dict[str, list[Observation]] = {name: [] for name in dataset.class_names}
    phase = "Looking at images"
    for done, index in enumerate(order.tolist()):
        report(phase, done, len(order))
        image = dataset.read(index).convert("L")
        image.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
        seen[str(dataset.y[index])].append(observe(np.asarray(image, np.float64)))
    report(phase, len(order), len(order))
    return tuple(_summary(name, observed) for name, observed in seen.items() if observed)


def _summary(name: str, observed: list[Observation]) -> ClassObservations:
    shares, levels, angles, elongations, corners, tilts = np.array(
        [astuple(one) for one in observed], np.float64
    ).T
    turned = np.exp(4j * np.deg2rad(tilts)).mean()
    tilt = float(np.rad2deg(np.angle(turned)) / 4)
    apart = np.abs((tilts - tilt + 45) % 90 - 45)
    long = angles[elongations >= _LONG]
    direction, agreement = common_direction(long) if len(long) else (0.0, 0.0)
    return ClassObservations(
        name=name,
        observed=len(observed),
        even=int((shares >= _EVEN_SHARE).sum()),
        even_share=float(np.median(shares)),
        border_level=float(np.median(levels)),
        elongation=float(np.median(elongations)),
        long=len(long),
        direction=direction,
        agreement=agreement,
        black_corners=int(corners.sum()),
        tilt=tilt,
        tilt_agreement=float(abs(turned)),
        near_tilt=int((apart <= _NEAR).sum()),
    )
