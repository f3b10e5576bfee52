"""Heat maps of predicted images, one file each."""

from pathlib import Path

from peu.files import replacing
from peu.models.predictor import Predictor
from peu.models.streaming import Row
from peu.wording import printable

_MOST_BYTES = 100


class Explanations:
    """Draws the areas behind each prediction over its image.

    Args:
        predictor: that made the predictions.
        folder: for the images; made if missing.
    """

    def __init__(self, predictor: Predictor, folder: Path) -> None:
        self._predictor = predictor
        self._folder = folder
        self._count = 0

    def write(self, row: Row) -> None:
        """Explain the prediction of a row, if there is one."""
        from peu.reports.heat_map import overlay

        if row.prediction is None:
            return
        self._count += 1
        image, label = row.image.read(), row.prediction.label
        shown = overlay(
            image,
            self._predictor.explain(image, label).values.tolist(),
            resize_mode=self._predictor.resize_mode,
            input_size=self._predictor.image_size,
        )
        stem = Path(row.image.name).stem
        name = f"{self._count:03d}-{_short(stem)}-{_short(label)}.png"
        with replacing(self._folder / name) as draft:
            shown.save(draft, format="PNG")

    def summary(self) -> str:
        """Where the heat maps are."""
        return f"Explanations: {self._folder}"


def _short(name: str) -> str:
    """Cut a name to what a file's name has room for, in bytes, and to what a terminal can show."""
    plain = printable(name).replace("/", "-").replace("\\", "-")
    return plain.encode("utf-8")[:_MOST_BYTES].decode("utf-8", "ignore")
