"""What a saved model carries besides its answers, so that one knows how far to trust them."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError
from peu.models.arrays import read_arrays, write_arrays
from peu.models.calibration import METHODS, Calibration
from peu.models.feature_graph import FeatureGraph
from peu.models.novelty import Novelty
from peu.models.prediction_sets import PredictionSets

FILE_NAME = "trust.npz"
_CALIBRATION = ("method", "slopes", "intercepts")
_SETS = ("scores", "images")
_NOVELTY = ("known", "others", "threshold", "false_refusals", "auroc")


@dataclass(frozen=True, eq=False)
class Trust:
    """Calibration, prediction sets and 'none of these' of a model, each where there is one.

    Attributes:
        calibration: corrects the model's probabilities; None leaves them as they are.
        sets: makes prediction sets from corrected probabilities.
        novelty: tells images that are none of the classes.
    """

    calibration: Calibration | None = None
    sets: PredictionSets | None = None
    novelty: Novelty | None = None

    def __bool__(self) -> bool:
        return any(each is not None for each in (self.calibration, self.sets, self.novelty))

    @property
    def extractor(self) -> FeatureGraph | None:
        """Computes the features that 'none of these' compares, where the model gives none."""
        return None if self.novelty is None else self.novelty.extractor

    def calibrated(self, probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
        """Correct a model's probabilities (n, k)."""
        return probabilities if self.calibration is None else self.calibration(probabilities)

    def check_coverage(self, coverage: float) -> None:
        """Refuse a coverage that prediction sets of this model cannot have.

        Raises:
            DataError: no prediction sets, not a share below 1, or too few images for it.
        """
        if self.sets is None:
            raise DataError(
                "`coverage` needs a model that keeps scores of out-of-fold predictions. Received: "
                "a model without. Run `peu compare` on its images, then `peu train` again."
            )
        self.sets.largest_score(coverage)

    def to_dict(self) -> dict[str, Any]:
        """What there is, as JSON; null for what there is not."""
        calibration, sets, novelty = self.calibration, self.sets, self.novelty
        return {
            "calibration": calibration
            and {
                "method": calibration.method,
                "slopes": calibration.slopes.tolist(),
                "intercepts": calibration.intercepts.tolist(),
            },
            "prediction_sets": sets and {"images": sets.images, "most": sets.most},
            "none_of_these": novelty
            and {
                "threshold": novelty.threshold,
                "false_refusals": novelty.false_refusals,
                "known": len(novelty.known),
                "others": len(novelty.others),
                "auroc": novelty.auroc,
            },
        }

    def describe(self) -> tuple[str, ...]:
        """What there is and what is missing, a sentence each."""
        calibration, sets, novelty = self.calibration, self.sets, self.novelty
        found = []
        if sets is None:
            found.append(
                "Probabilities are not calibrated, and there are no prediction sets: this recipe "
                "has no out-of-fold predictions. `peu compare` makes them; then train again."
            )
        elif calibration is None:
            found.append("Probabilities stay as they are: no calibration helps.")
        else:
            found.append(f"Probabilities are calibrated by a {calibration.method}.")
        if novelty is None:
            found.append("Too few images to tell images that show none of these classes.")
        else:
            source = "the images given by --none" if len(novelty.others) else "a class left out"
            found.append(
                f"'None of these' refuses {novelty.false_refusals:.0%} of images of these "
                f"classes, too; {source}: AUROC {novelty.auroc:.3f}."
            )
        return tuple(found)

    def write(self, folder: Path) -> None:
        """Write what there is into a bundle's folder, as one file of arrays."""
        arrays: dict[str, Any] = {}
        for part, names in (
            (self.calibration, _CALIBRATION),
            (self.sets, _SETS),
            (self.novelty, _NOVELTY),
        ):
            if part is not None:
                arrays |= {name: getattr(part, name) for name in names}
        if self.calibration is not None:
            arrays["method"] = list(METHODS).index(self.calibration.method)
        write_arrays(folder / FILE_NAME, arrays)
        if self.extractor is not None:
            self.extractor.write(folder)

    @classmethod
    def read(cls, folder: Path, *, class_count: int, files: Collection[str]) -> "Trust":
        """Read what a bundle holds of it.

        Args:
            folder: the bundle.
            class_count: of the model.
            files: that the manifest lists with their hashes; others are not looked at.

        Raises:
            BundleError: it is damaged, or was made for another number of classes.
        """
        graph = FeatureGraph.read(folder) if FeatureGraph.file_name in files else None

        def build(values: dict[str, Any]) -> Trust:
            calibration = sets = novelty = None
            if "method" in values:
                slopes, intercepts = values["slopes"], values["intercepts"]
                calibration = Calibration(list(METHODS)[values["method"]], slopes, intercepts)
                if len(slopes) != class_count:
                    raise ValueError("its calibration is for another number of classes")
            if "scores" in values:
                sets = PredictionSets(np.asarray(values["scores"], np.float64), values["images"])
            if "known" in values:
                novelty = Novelty(**{name: values[name] for name in _NOVELTY}, extractor=graph)
            return Trust(calibration, sets, novelty)

        return read_arrays(folder / FILE_NAME, None, build, what="calibration and features")
