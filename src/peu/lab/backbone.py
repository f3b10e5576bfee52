"""Which pretrained network sections 1.5 to 1.7 work with: the one named, or what is at hand."""

import dataclasses

from peu.errors import ResourceError
from peu.lab.bench import Bench
from peu.recipes.frozen import Transfer

_FALLBACKS = ("mobilenet", "mobilenet:0.25")
_NAMED = "vgg16"


def pretrained(bench: Bench, *, name: str = "transfer") -> Transfer:
    """Give the sheet's recipe of section 1.5 with a backbone whose weights are here.

    Where the sheet's VGG16 cannot be had, a smaller network is looked for.

    Args:
        bench: whose settings name the backbone.
        name: of the recipe.

    Returns:
        Frozen features of every place, and an MLP of one hidden layer.

    Raises:
        PeuError: no backbone can be had; the reason of the one that was named.
    """
    from peu.classifiers.frozen import load_feature_network

    settings = bench.settings
    wanted = Transfer(
        name=name,
        backbone=settings.backbone,
        backbone_weights=settings.backbone_weights,
        backbone_preprocessing=settings.backbone_preprocessing,
        head="mlp",
        pooling="flatten",
        resize_mode="stretch",
    )
    tried = [wanted]
    if settings.backbone == _NAMED and settings.backbone_weights == "imagenet":
        tried += [dataclasses.replace(wanted, backbone=each) for each in _FALLBACKS]
    refused: ResourceError | None = None
    for recipe in tried:
        try:
            load_feature_network(recipe)
        except ResourceError as error:
            refused = refused or error
        else:
            return recipe
    raise refused or ResourceError(
        "A pretrained network is needed. None was named. Name one with --backbone."
    )
