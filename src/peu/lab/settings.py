"""What a lab works on, and what it may be asked to do wrong on purpose."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from peu.lab.budget import FULL, QUICK, Budget
from peu.networks.pretrained_settings import Backbone, BackbonePreprocessing, BackboneWeights
from peu.settings import settings


@settings(frozen=True)
class LabSettings:
    """What a lab works on.

    Attributes:
        data: images of part 1, a path or a known name; None takes caltech4, or samples where
            that is not available.
        digits: images of parts 2 and 3, a path or a known name; None takes mnist, or digits where
            that is not available.
        quick: small experiments, for a first look.
        backbone: pretrained network of sections 1.5 to 1.7, as of `Transfer`.
        backbone_weights: its weights.
        backbone_preprocessing: how pixels are scaled for it.
        image: a new image for section 1.7; None takes one that was held out.
        learning_rate: of the sheet's first network, in (0, 10].
        kl_weight: of the variational auto-encoder that is looked at closely.
        seed: random seed.

    Raises:
        RecipeError: a value is out of its range.
    """

    data: str | None = None
    digits: str | None = None
    quick: bool = False
    backbone: Backbone = "vgg16"
    backbone_weights: BackboneWeights = "imagenet"
    backbone_preprocessing: BackbonePreprocessing = "auto"
    image: Path | None = None
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    kl_weight: Annotated[float, Field(gt=0, lt=1e6)] | Literal["auto"] = "auto"
    seed: Annotated[int, Field(ge=0)] = 0

    @property
    def budget(self) -> Budget:
        """How large the experiments are."""
        return QUICK if self.quick else FULL
