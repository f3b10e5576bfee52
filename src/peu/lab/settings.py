"""What a lab works on, and what it may be asked to do wrong on purpose."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peu.lab.pace import QUICK, WHOLE, Pace
from peu.recipes.frozen import Preprocessing, Transfer
from peu.recipes.training import TrainingSettings
from peu.recipes.variational import KLWeight, Variational


@dataclass(frozen=True, kw_only=True)
class LabSettings:
    """Say what a lab works on.

    Attributes:
        data: images of part 1, a path or a known name; None takes caltech4, or samples where
            that is not to be had.
        digits: images of parts 2 and 3, a path or a known name; None takes mnist, or digits where
            that is not to be had.
        quick: a look at everything with little computing.
        backbone: pretrained network of sections 1.5 to 1.7, as of `Transfer`.
        backbone_weights: its weights.
        backbone_preprocessing: how pixels are scaled for it.
        image: a new image for section 1.7; None takes one that was held out.
        learning_rate: of the sheet's first network, in (0, 10].
        kl_weight: of the variational auto-encoder that is looked at closely.
        seed: of everything random.

    Raises:
        RecipeError: a value is out of its range.
    """

    data: str | None = None
    digits: str | None = None
    quick: bool = False
    backbone: str = "vgg16"
    backbone_weights: str = "imagenet"
    backbone_preprocessing: Preprocessing = "auto"
    image: Path | None = None
    learning_rate: float = 1e-3
    kl_weight: KLWeight = "auto"
    seed: int = 0

    def __post_init__(self) -> None:
        TrainingSettings(learning_rate=self.learning_rate)
        Variational(kl_weight=self.kl_weight)
        Transfer(
            backbone=self.backbone,
            backbone_weights=self.backbone_weights,
            backbone_preprocessing=self.backbone_preprocessing,
        )

    @property
    def pace(self) -> Pace:
        """How large the experiments are."""
        return QUICK if self.quick else WHOLE

    def to_dict(self) -> dict[str, Any]:
        """Give the settings as what JSON can hold."""
        return {
            "data": self.data,
            "digits": self.digits,
            "quick": self.quick,
            "backbone": self.backbone,
            "backbone_weights": self.backbone_weights,
            "backbone_preprocessing": self.backbone_preprocessing,
            "image": None if self.image is None else str(self.image),
            "learning_rate": self.learning_rate,
            "kl_weight": self.kl_weight,
            "seed": self.seed,
        }
