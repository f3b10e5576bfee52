"""The pretrained network of sections 1.5 to 1.7: the one named, or what is available."""

import dataclasses

from peu.classifiers.transfer import Transfer
from peu.errors import ResourceError
from peu.lab.context import LabContext

_FALLBACKS = ("mobilenet", "mobilenet:0.25")
_NAMED = "vgg16"


def sheet_scaled(recipe: Transfer) -> Transfer:
    """The same recipe on pixels / 255, as the sheet feeds VGG16, which learnt from others."""
    return dataclasses.replace(recipe, name="mlp_unit", backbone_preprocessing="unit")


def students_head(lab: LabContext) -> Transfer:
    """The recipe of 1.5 that 1.6 and 1.7 go on with: with the sheet's pixels where it is asked."""
    recipe = pretrained(lab)
    return sheet_scaled(recipe) if lab.settings.as_written else recipe


def pretrained(lab: LabContext) -> Transfer:
    """The sheet's recipe of section 1.5, "mlp", with a backbone whose weights are available.

    Where the sheet's VGG16 is not available, smaller networks are tried.

    Args:
        lab: whose settings name the backbone.

    Returns:
        Features of every position, and an MLP of one hidden layer.

    Raises:
        PeuError: no backbone is available; the reason of the one that was named.
    """
    settings = lab.settings
    wanted = Transfer(
        name="mlp",
        backbone=settings.backbone,
        backbone_weights=settings.backbone_weights,
        backbone_preprocessing=settings.backbone_preprocessing,
        head="mlp",
        pooling="flatten",
        resize_mode="stretch",
    )
    replaceable = settings.backbone == _NAMED and settings.backbone_weights == "imagenet"
    fallbacks = [dataclasses.replace(wanted, backbone=each) for each in _FALLBACKS]
    try:
        wanted.extractor()
    except ResourceError:
        for recipe in fallbacks if replaceable else ():
            try:
                recipe.extractor()
            except ResourceError:
                continue
            return recipe
        raise
    return wanted
