"""Which two classes are mistaken for each other most often."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class ConfusedPair:
    """Two classes that are mistaken for each other.

    Attributes:
        first: the class that is mistaken for the other more often.
        second: the other.
        first_as_second: images of the first that were taken for the second.
        second_as_first: images of the second that were taken for the first.
        of_first: images of the first.
        of_second: images of the second.
    """

    first: str
    second: str
    first_as_second: int
    second_as_first: int
    of_first: int
    of_second: int

    @property
    def mistakes(self) -> int:
        """Images of either that were taken for the other."""
        return self.first_as_second + self.second_as_first


def confused_pairs(
    confusion: NDArray[np.int64], class_names: tuple[str, ...]
) -> tuple[ConfusedPair, ...]:
    """Pairs of classes with mistakes between them, the most frequent first.

    Args:
        confusion: (k, k) counts; rows are true classes, columns predicted ones.
        class_names: of the k classes.

    Example:
        >>> pair = confused_pairs(np.array([[8, 2], [3, 7]]), ("cat", "dog"))[0]
        >>> pair.first, pair.first_as_second, pair.mistakes
        ('dog', 3, 5)
    """
    of_class = confusion.sum(axis=1)
    pairs = []
    for one, other in np.argwhere(np.triu(confusion + confusion.T, k=1)).tolist():
        ahead, back = int(confusion[one, other]), int(confusion[other, one])
        first, second = (one, other) if ahead >= back else (other, one)
        pairs.append(
            ConfusedPair(
                class_names[first],
                class_names[second],
                max(ahead, back),
                min(ahead, back),
                int(of_class[first]),
                int(of_class[second]),
            )
        )
    return tuple(sorted(pairs, key=lambda pair: -pair.mistakes))
