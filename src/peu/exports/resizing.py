"""How a model's images are brought to size, in numbers and in words."""

from dataclasses import dataclass
from typing import Any, Literal

from peu.images.proportions import LONGEST, MULTIPLE
from peu.models.onnx_model import OnnxModel
from peu.models.predictor import Predictor

_RULES = {
    "proportional": "scale = shorter_side / min(height, width); each side becomes "
    "min(longest, max(multiple, round(side * scale / multiple) * multiple)), ties to even; "
    "resized across, rounded, then down.",
    "stretch": "Resized to (height, width), whatever the image's own proportions.",
    "pad": "scale = min(height / image_height, width / image_width); resized to "
    "round(side * scale), centred, and filled up by repeating its own edges.",
    "crop": "The largest part of the shape (height, width) is cut from the middle, and resized.",
}


@dataclass(frozen=True)
class Resizing:
    """How images of any size are brought to the size that a graph takes.

    Attributes:
        mode: "proportional" keeps an image's own proportions; the others as in `resize_image`.
        height: in pixels; for "proportional" the shorter side.
        width: in pixels.
    """

    mode: Literal["proportional", "pad", "stretch", "crop"]
    height: int
    width: int

    def to_dict(self) -> dict[str, Any]:
        """As JSON, with the rule in words."""
        if self.mode == "proportional":
            size = {"shorter_side": self.height, "multiple": MULTIPLE, "longest": LONGEST}
        else:
            size = {"height": self.height, "width": self.width}
        kernel = "bicubic, a = -0.5" if self.mode == "proportional" else "bilinear"
        return {
            "mode": self.mode,
            **size,
            "filter": f"{kernel}, widened where it shrinks (antialiased, as Pillow's)",
            "rule": _RULES[self.mode],
        }


def resizing_of(predictor: Predictor) -> Resizing:
    """How a predictor brings images to its model's size."""
    height, width = predictor.image_size
    if isinstance(predictor.model, OnnxModel):
        return Resizing("proportional", height, width)
    return Resizing(predictor.resize_mode, height, width)
