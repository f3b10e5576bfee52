"""What a lab works on, and what it may be asked to do wrong on purpose."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from peu.lab.budget import AS_WRITTEN, FULL, QUICK, Budget
from peu.networks.pretrained_settings import Backbone, BackbonePreprocessing, BackboneWeights
from peu.settings import check_setting, settings


@settings(frozen=True)
class LabSettings:
    """What a lab works on.

    Attributes:
        data: images of part 1, a path or a known name; None takes caltech4, or samples where
            that is not available.
        digits: images of parts 2 and 3, a path or a known name; None takes mnist, or digits where
            that is not available.
        quick: small experiments, for a first look.
        as_written: do as the sheet writes, its mistakes included: its own split, 224 x 224
            pixels, all digits, its batches and epochs. Takes hours.
        students: model files of Keras, networks of one's own; each is tested beside the
            sheet's where its input and output fit.
        backbone: pretrained network of sections 1.5 to 1.7, as of `Transfer`.
        backbone_weights: its weights.
        backbone_preprocessing: how pixels are scaled for it.
        image: a new image for section 1.7; None takes one that was held out.
        learning_rate: of the sheet's first network, in (0, 10].
        kl_weight: of the variational auto-encoder that is looked at closely.
        seed: random seed.

    Raises:
        RecipeError: a value is out of its range, or `quick` and `as_written` exclude each other.
    """

    data: str | None = None
    digits: str | None = None
    quick: bool = False
    as_written: bool = False
    students: tuple[Path, ...] = ()
    backbone: Backbone = "vgg16"
    backbone_weights: BackboneWeights = "imagenet"
    backbone_preprocessing: BackbonePreprocessing = "auto"
    image: Path | None = None
    learning_rate: Annotated[float, Field(gt=0, le=10)] = 1e-3
    kl_weight: Annotated[float, Field(gt=0, lt=1e6)] | Literal["auto"] = "auto"
    seed: Annotated[int, Field(ge=0)] = 0

    def __post_init__(self) -> None:
        check_setting(
            "as_written",
            holds=not (self.quick and self.as_written),
            expected="left out with `quick`, which is smaller than the sheet",
            received=self.as_written,
            advice="Use one of --quick and --as-written.",
        )

    @property
    def budget(self) -> Budget:
        """How large the experiments are."""
        return QUICK if self.quick else AS_WRITTEN if self.as_written else FULL
