"""Which pretrained network was named: resolved without Keras, before anything is loaded."""

import math
from dataclasses import dataclass
from pathlib import Path

from peu.errors import RecipeError
from peu.files import sha256_of_file


@dataclass(frozen=True)
class Architecture:
    """A network of `keras.applications` and its preprocessing.

    Attributes:
        constructor: its name in `keras.applications`.
        preprocessing: "tf", "caffe", "torch", "unit" or "none"; those with "none" scale inside.
        widths: the width multipliers that ImageNet weights exist for, where one may follow the
            name ("mobilenet:0.25"); a weights file may have any other.
    """

    constructor: str
    preprocessing: str
    widths: tuple[float, ...] = ()


ARCHITECTURES: dict[str, Architecture] = {
    "vgg16": Architecture("VGG16", "caffe"),
    "mobilenet": Architecture("MobileNet", "tf", (0.25, 0.5, 0.75, 1.0)),
    "mobilenetv2": Architecture("MobileNetV2", "tf", (0.35, 0.5, 0.75, 1.0, 1.3, 1.4)),
    "mobilenetv3small": Architecture("MobileNetV3Small", "none", (0.75, 1.0)),
    "efficientnetv2b0": Architecture("EfficientNetV2B0", "none"),
    "resnet50": Architecture("ResNet50", "caffe"),
    "convnexttiny": Architecture("ConvNeXtTiny", "none"),
}


@dataclass(frozen=True)
class BackboneSource:
    """A backbone that was named, before anything is loaded.

    Attributes:
        name: a name of `ARCHITECTURES`, or the file's path.
        alpha: width multiplier, 1.0 for the full width.
        weights: "imagenet", a weights file's path, or None for a whole model file.
        preprocessing: how pixels are scaled for it.
        identity: changes when the computed features would: names, or hashes of the files.
    """

    name: str
    alpha: float
    weights: str | None
    preprocessing: str
    identity: str


def find_backbone(name: str, weights: str, preprocessing: str) -> BackboneSource:
    """Resolve what the user named, and refuse what cannot be.

    Args:
        name: "mobilenet", "mobilenet:0.25" or the path of a Keras model file.
        weights: "imagenet" or the path of a weights file for a named architecture.
        preprocessing: "auto", "tf", "caffe", "torch", "unit" or "none".

    Returns:
        The source; nothing is loaded or downloaded yet.

    Raises:
        RecipeError: no such name or file, or a file without its preprocessing named.
    """
    architecture_name, _, alpha_text = name.partition(":")
    architecture = ARCHITECTURES.get(architecture_name)
    if architecture is None:
        return _find_model_file(name, preprocessing)
    alpha = _read_alpha(name, architecture, alpha_text)
    if preprocessing == "auto":
        preprocessing = architecture.preprocessing
    identity = f"{architecture_name}:{alpha:g}:imagenet"
    if weights == "imagenet":
        _check_width(name, architecture, alpha)
    else:
        path = Path(weights).expanduser()
        if not path.is_file():
            raise RecipeError(
                f"`backbone_weights` must be 'imagenet' or a weights file. Received: {weights!r}, "
                "which is no file. Check the path."
            )
        identity = f"{architecture_name}:{alpha:g}:{sha256_of_file(path)}"
        weights = str(path)
    return BackboneSource(architecture_name, alpha, weights, preprocessing, identity)


def _find_model_file(name: str, preprocessing: str) -> BackboneSource:
    path = Path(name).expanduser()
    if not path.is_file():
        raise RecipeError(
            "`backbone` must be efficientnet-lite0, -lite1 or -lite2, one of "
            f"{', '.join(ARCHITECTURES)}, or an ONNX or Keras model file. Received: {name!r}, "
            "which is neither. Check the spelling or the path."
        )
    if preprocessing == "auto":
        raise RecipeError(
            "`backbone_preprocessing` must be named for a backbone from a file: one of tf, caffe, "
            f"torch, unit, none. Received: 'auto' with `{path.name}`. The file's origin says which."
        )
    return BackboneSource(str(path), 1.0, None, preprocessing, sha256_of_file(path))


def _read_alpha(name: str, architecture: Architecture, text: str) -> float:
    if not text:
        return 1.0
    try:
        alpha = float(text)
    except ValueError:
        alpha = 0.0
    if not architecture.widths or not (0 < alpha < math.inf):
        raise RecipeError(
            "`backbone` may end with a width only for mobilenet, mobilenetv2 and "
            f"mobilenetv3small, as in 'mobilenet:0.25'. Received: {name!r}."
        )
    return alpha


def _check_width(name: str, architecture: Architecture, alpha: float) -> None:
    if architecture.widths and alpha not in architecture.widths:
        widths = ", ".join(f"{width:g}" for width in architecture.widths)
        raise RecipeError(
            f"`backbone` must have one of the widths that ImageNet weights exist for: {widths}. "
            f"Received: {name!r}. Choose one of these, or name a file with `backbone_weights`."
        )
