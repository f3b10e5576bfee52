"""The settings of a pretrained backbone that stays as it is, with a head trained on it."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from peu.recipes.checks import (
    ResizeMode,
    check,
    check_choice,
    check_count,
    check_image,
    check_name,
)
from peu.recipes.training import TrainingSettings, check_training

Pooling = Literal["average", "flatten"]
Head = Literal["logistic", "mlp"]
Preprocessing = Literal["auto", "tf", "caffe", "torch", "none"]


@dataclass(frozen=True, kw_only=True)
class Transfer:
    """Extract features with a pretrained network that stays as it is; train a head on them.

    Attributes:
        name: what the recipe is called in tables.
        backbone: a name of `keras.applications` ("vgg16", "mobilenet:0.25"), or the path of a
            Keras model file that maps images to features.
        backbone_weights: "imagenet", or the path of a weights file for a named architecture.
        backbone_preprocessing: how pixels are scaled for the backbone: "tf" to [-1, 1],
            "torch" by ImageNet's mean and deviation, "caffe" to BGR less the mean, "none"; a
            named backbone knows its own ("auto"), a file must say.
        image_size: (height, width) in pixels, or None for what the backbone was made for.
        resize_mode: how an image of another shape is brought there; padding cuts no object off.
        pooling: "average" over positions, or "flatten" as on the sheet.
        head: "logistic" regression, its strength chosen by inner folds, or the sheet's "mlp".
        hidden_units: width of the MLP's hidden layer.
        training: how the MLP is trained; logistic regression has no use for it.

    Raises:
        RecipeError: a value is out of its range.

    Source: lab sheet, section 1.5.
    """

    kind: ClassVar[str] = "transfer"

    name: str = "transfer"
    backbone: str = "mobilenet"
    backbone_weights: str = "imagenet"
    backbone_preprocessing: Preprocessing = "auto"
    image_size: tuple[int, int] | None = None
    resize_mode: ResizeMode = "pad"
    pooling: Pooling = "average"
    head: Head = "logistic"
    hidden_units: int = 100
    training: TrainingSettings = field(default_factory=TrainingSettings)

    def __post_init__(self) -> None:
        check_features(self)
        check_training(self.training)


def check_features(recipe: Any) -> None:
    """Refuse a backbone, a head or an image size that cannot be; any recipe with these settings."""
    check_name(recipe.name)
    check_image((224, 224) if recipe.image_size is None else recipe.image_size, recipe.resize_mode)
    for setting in ("backbone", "backbone_weights"):
        check(
            setting,
            holds=isinstance(getattr(recipe, setting), str)
            and bool(getattr(recipe, setting).strip()),
            expected="a name or a path",
            received=getattr(recipe, setting),
            advice="Try `backbone='mobilenet'`, `backbone_weights='imagenet'`.",
        )
    check_choice("backbone_preprocessing", recipe.backbone_preprocessing, Preprocessing)
    check_choice("pooling", recipe.pooling, Pooling)
    check_choice("head", recipe.head, Head)
    check_count("hidden_units", recipe.hidden_units, "100 is a good start.")
