"""Pretrained networks by name or by file, each with its own preprocessing inside the graph."""

import contextlib
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peu.errors import BundleError, RecipeError, ResourceError
from peu.files import sha256_of_file
from peu.networks.backend import keras
from peu.networks.pretrained_settings import Pooling

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_VARIANCE = (0.229**2, 0.224**2, 0.225**2)
_IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)


@dataclass(frozen=True)
class Architecture:
    """A network of `keras.applications` and its preprocessing.

    Attributes:
        constructor: its name in `keras.applications`.
        preprocessing: "tf", "caffe", "torch" or "none"; those with "none" scale inside.
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
DEFAULT_SIZE = (224, 224)
_SMALLEST_SIDE = 32


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
        preprocessing: "auto", "tf", "caffe", "torch" or "none".

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
    identity = f"{architecture_name}:{alpha:g}:imagenet:keras-{keras.__version__}"
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


def load_backbone(source: BackboneSource, image_size: tuple[int, int] | None) -> Any:
    """Load the backbone with its weights, without its own classifier.

    Args:
        source: of `find_backbone`.
        image_size: (height, width) of its input, or None for what it was made for.

    Returns:
        A keras.Model, not trainable, from scaled pixels (n, height, width, 3) to features
        (n, height', width', channels) or (n, channels).

    Raises:
        BundleError: the file is no Keras model, damaged, or has other inputs.
        RecipeError: `image_size` is not one that the model takes.
        ResourceError: the weights are not here and could not be downloaded.
    """
    if source.weights is None:
        model = _load_model_file(source.name)
    else:
        image_size = image_size or DEFAULT_SIZE
        if min(image_size) < _SMALLEST_SIDE:
            raise RecipeError(
                f"`image_size` must be at least {_SMALLEST_SIDE} pixels a side for "
                f"`{source.name}`. Received: {image_size}. Take larger images."
            )
        model = _load_architecture(source, image_size)
    made_for = tuple(model.input_shape[1:3])
    if image_size is not None and None not in made_for and made_for != image_size:
        raise RecipeError(
            f"`image_size` must be {made_for}, which is what `{source.name}` was made for. "
            f"Received: {image_size}. Leave it out."
        )
    model.trainable = False
    return model


def feature_network(
    backbone: Any, preprocessing: str, pooling: Pooling, image_size: tuple[int, int]
) -> Any:
    """Put preprocessing before a backbone and pooling behind it.

    Args:
        backbone: of `load_backbone`.
        preprocessing: "tf", "caffe", "torch" or "none".
        pooling: "average" or "flatten"; features that are vectors already stay as they are.
        image_size: (height, width) of the images.

    Returns:
        A keras.Model from uint8 pixels (n, height, width, 3) to float32 features (n, d). The
        layer "feature_map" holds the backbone's last map, for explanations.
    """
    inputs = keras.Input((*image_size, 3), dtype="uint8", name="pixels")
    x = backbone(_PREPROCESSING[preprocessing](inputs), training=False)
    x = keras.layers.Identity(name="feature_map")(x)
    return keras.Model(inputs, pooled(x, pooling), name="features")


def pooled(maps: Any, pooling: Pooling) -> Any:
    """Make a vector of a symbolic map (n, h, w, d); what is a vector already stays as it is."""
    if len(maps.shape) != 4:
        return maps
    layer = keras.layers.GlobalAveragePooling2D if pooling == "average" else keras.layers.Flatten
    return layer(name="pool")(maps)


def _to_minus_one_and_one(pixels: Any) -> Any:
    return keras.layers.Rescaling(1 / 127.5, offset=-1, name="scale")(pixels)


def _by_imagenet_statistics(pixels: Any) -> Any:
    scaled = keras.layers.Rescaling(1 / 255, name="scale")(pixels)
    return keras.layers.Normalization(
        mean=_IMAGENET_MEAN, variance=_IMAGENET_VARIANCE, name="standardise"
    )(scaled)


def _to_bgr_less_mean(pixels: Any) -> Any:
    scaled = keras.layers.Rescaling(1.0, name="scale")(pixels)
    return keras.layers.Normalization(
        mean=_IMAGENET_MEAN_BGR, variance=(1.0, 1.0, 1.0), name="less_mean"
    )(keras.ops.flip(scaled, axis=-1))


def _as_they_are(pixels: Any) -> Any:
    return keras.layers.Rescaling(1.0, name="scale")(pixels)


_PREPROCESSING: dict[str, Callable[[Any], Any]] = {
    "tf": _to_minus_one_and_one,
    "torch": _by_imagenet_statistics,
    "caffe": _to_bgr_less_mean,
    "none": _as_they_are,
}


def _find_model_file(name: str, preprocessing: str) -> BackboneSource:
    path = Path(name).expanduser()
    if not path.is_file():
        raise RecipeError(
            f"`backbone` must be one of {', '.join(ARCHITECTURES)}, or a Keras model file. "
            f"Received: {name!r}, which is neither. Check the spelling or the path."
        )
    if preprocessing == "auto":
        raise RecipeError(
            "`backbone_preprocessing` must be named for a backbone from a file: one of tf, caffe, "
            f"torch, none. Received: 'auto' with `{path.name}`. The file's origin says which."
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


def _load_model_file(name: str) -> Any:
    try:
        model = keras.saving.load_model(name, compile=False, safe_mode=True)
        # Lists and dictionaries of tensors have no shape.
        takes, gives = (getattr(end, "shape", None) for end in (model.input, model.output))
    except Exception as error:
        raise BundleError(
            f"`{name}` must be a Keras model file (.keras). It could not be loaded: "
            f"{_first_line(error)} Save it again with Keras 3, `model.save('name.keras')`."
        ) from error
    if not _is_backbone(takes, gives):
        raise BundleError(
            "A backbone must map images (n, height, width, 3) to features (n, d) or "
            f"(n, h, w, d). Received: `{name}` from {takes} to {gives}. "
            "Cut the model after its features."
        )
    return model


@contextlib.contextmanager
def _download_on_stderr() -> Iterator[None]:
    """Move the bar that Keras draws for a download off standard output, which is for results."""
    with contextlib.ExitStack() as stack:
        place = sys.stderr
        if not sys.stderr.isatty():
            place = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
        stack.enter_context(contextlib.redirect_stdout(place))
        yield


def _is_backbone(takes: Any, gives: Any) -> bool:
    if not (isinstance(takes, tuple) and isinstance(gives, tuple)):
        return False
    return len(takes) == 4 and takes[-1] == 3 and len(gives) in (2, 4)


def _load_architecture(source: BackboneSource, image_size: tuple[int, int]) -> Any:
    architecture = ARCHITECTURES[source.name]
    options = {"alpha": source.alpha} if architecture.widths else {}
    build = getattr(keras.applications, architecture.constructor)
    try:
        with _download_on_stderr(), warnings.catch_warnings():
            # That the weights were learnt at another size is what `image_size` asks for.
            warnings.filterwarnings("ignore", "`input_shape` is undefined", UserWarning)
            return build(
                include_top=False,
                weights=source.weights,
                input_shape=(*image_size, 3),
                **options,
            )
    except Exception as error:
        if source.weights == "imagenet":
            raise ResourceError(
                f"The ImageNet weights of `{source.name}` are not on this machine and could not be "
                f"downloaded: {_first_line(error)} Connect to the network, or name a file with "
                "--backbone or --backbone-weights."
            ) from error
        raise BundleError(
            f"`{source.weights}` must hold weights of {architecture.constructor} without its "
            f"classifier, of width {source.alpha:g}. It could not be loaded: {_first_line(error)} "
            "Check the file, the architecture and its width."
        ) from error


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    text = lines[0].strip() if lines else type(error).__name__
    return text[:200] + ("" if text.endswith(".") else ".")
