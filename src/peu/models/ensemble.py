"""An ensemble of predictors, averaged."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import BundleError
from peu.files import read_json, write_json
from peu.models.combination import Combination

FORMAT = 1
_MOST_MEMBERS = 100


@dataclass(frozen=True, eq=False)
class EnsembleModel:
    """Several predictors, averaged; each resizes images to its own size.

    Each member is saved as a bundle of its own, which can also be used alone.

    Attributes:
        members: instances of `Predictor` with the same classes; none is an ensemble.
        combination: their temperatures and weights.
    """

    file_name: ClassVar[str] = "ensemble.json"

    members: tuple[Any, ...]
    combination: Combination

    @property
    def image_size(self) -> tuple[int, int]:
        """The largest (height, width) among the members' inputs, in pixels."""
        height, width = np.max([member.image_size for member in self.members], axis=0)
        return int(height), int(width)

    @property
    def class_count(self) -> int:
        """Number of classes."""
        return len(self.members[0].class_names)

    def prepare(self, image: Image.Image) -> tuple[Any, ...]:
        """An upright RGB image as each member takes it."""
        return tuple(each.prepare(image) for each in self.members)

    def predict_prepared(self, prepared: Sequence[tuple[Any, ...]]) -> NDArray[np.float64]:
        """Probabilities (n, k) for images that `prepare` gave."""
        return self.combination.combine(
            [
                member.prepared_proba([image[number] for image in prepared])
                for number, member in enumerate(self.members)
            ]
        )

    def predict_proba(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Predict the probabilities of the classes.

        Args:
            pixels: (n, height, width, 3) in [0, 255], of any size.

        Returns:
            (n, k), rows summing to 1.
        """
        return self.predict_prepared([self.prepare(Image.fromarray(each)) for each in pixels])

    def write(self, folder: Path) -> None:
        """Write the members and their combination into a bundle's folder."""
        names = [f"member-{number}" for number in range(1, len(self.members) + 1)]
        for name, member in zip(names, self.members, strict=True):
            member.save(folder / name)
        write_json(
            folder / self.file_name,
            {
                "format": FORMAT,
                "members": names,
                "temperatures": list(self.combination.temperatures),
                "weights": list(self.combination.weights),
            },
        )

    @classmethod
    def read(cls, folder: Path, load_member: Callable[[Path], Any]) -> "EnsembleModel":
        """Read the members of a bundle.

        Args:
            folder: the bundle.
            load_member: loads a predictor from a bundle.

        Raises:
            BundleError: no members, or members of different classes.
        """
        path = folder / cls.file_name
        try:
            names, combination = _read_combination(read_json(path))
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            raise BundleError(
                f"`{path}` must contain an ensemble's members and weights. It could not be read: "
                f"{error}. Train and save the model again."
            ) from error
        members = tuple(load_member(folder / name) for name in names)
        if len({member.class_names for member in members}) != 1 or any(
            isinstance(member.model, cls) for member in members
        ):
            raise BundleError(
                f"The members of `{folder}` must be single models of the same classes. They are "
                "not. Train and save the model again."
            )
        return cls(members, combination)


def _read_combination(stored: Any) -> tuple[list[str], Combination]:
    names = [str(name) for name in stored["members"]]
    expected = [f"member-{number}" for number in range(1, len(names) + 1)]
    if stored["format"] != FORMAT or names != expected or len(names) > _MOST_MEMBERS:
        raise ValueError("its format or its list of members is not one that peu writes")
    combination = Combination(
        tuple(float(each) for each in stored["temperatures"]),
        tuple(float(each) for each in stored["weights"]),
    )
    if len(combination.weights) != len(names):
        raise ValueError("it does not have a weight for each member")
    return names, combination
