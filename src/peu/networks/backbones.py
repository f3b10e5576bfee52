"""Pretrained networks by name or by file, each with its own preprocessing inside the graph."""

import contextlib
import os
import sys
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.errors import BundleError, RecipeError, ResourceError
from peu.networks.backbone_sources import ARCHITECTURES, BackboneSource
from peu.networks.backend import keras
from peu.networks.limited_opening import check_opens
from peu.networks.pretrained_settings import Pooling

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_DEVIATION = (0.229, 0.224, 0.225)
_IMAGENET_MEAN_BGR = (103.939, 116.779, 123.68)
DEFAULT_SIZE = (224, 224)
_SMALLEST_SIDE = 32


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
        check_opens(source)
        model = _load_model_file(source.name)
    else:
        if source.weights != "imagenet":
            check_opens(source)
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


def open_backbone(source: BackboneSource) -> Any:
    """As `load_backbone` for a backbone from a file, whatever that takes.

    Raises:
        BundleError: the file is no Keras model, damaged, or has other inputs.
    """
    if source.weights is None:
        return _load_model_file(source.name)
    return _load_architecture(source, DEFAULT_SIZE)


def feature_network(
    backbone: Any, preprocessing: str, pooling: Pooling, image_size: tuple[int, int]
) -> Any:
    """Put preprocessing before a backbone and pooling behind it.

    Args:
        backbone: of `load_backbone`.
        preprocessing: "tf", "caffe", "torch", "unit" or "none".
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


def scaled_pixels(pixels: NDArray[np.uint8], preprocessing: str) -> NDArray[np.float32]:
    """Pixels (n, height, width, 3) of 0 to 255 as a backbone wants them.

    Args:
        pixels: of images.
        preprocessing: "tf", "caffe", "torch", "unit" or "none".
    """
    return np.asarray(_PREPROCESSING[preprocessing](pixels), np.float32)


def pooled(maps: Any, pooling: Pooling) -> Any:
    """Make a vector of a symbolic map (n, h, w, d); what is a vector already stays as it is."""
    if len(maps.shape) != 4:
        return maps
    layer = keras.layers.GlobalAveragePooling2D if pooling == "average" else keras.layers.Flatten
    return layer(name="pool")(maps)


def _to_minus_one_and_one(pixels: Any) -> Any:
    return keras.layers.Rescaling(1 / 127.5, offset=-1, name="scale")(pixels)


def _by_imagenet_statistics(pixels: Any) -> Any:
    # Not by Normalization, whose constants tf2onnx takes for inputs.
    pairs = list(zip(_IMAGENET_MEAN, _IMAGENET_DEVIATION, strict=True))
    return keras.layers.Rescaling(
        [1 / (255 * deviation) for _, deviation in pairs],
        offset=[-mean / deviation for mean, deviation in pairs],
        name="scale",
    )(pixels)


def _to_bgr_less_mean(pixels: Any) -> Any:
    scaled = keras.layers.Rescaling(1.0, name="scale")(pixels)
    return keras.layers.Rescaling(
        1.0, offset=[-mean for mean in _IMAGENET_MEAN_BGR], name="less_mean"
    )(keras.ops.flip(scaled, axis=-1))


def _to_zero_and_one(pixels: Any) -> Any:
    return keras.layers.Rescaling(1 / 255, name="scale")(pixels)


def _as_they_are(pixels: Any) -> Any:
    return keras.layers.Rescaling(1.0, name="scale")(pixels)


_PREPROCESSING: dict[str, Callable[[Any], Any]] = {
    "tf": _to_minus_one_and_one,
    "torch": _by_imagenet_statistics,
    "caffe": _to_bgr_less_mean,
    "unit": _to_zero_and_one,
    "none": _as_they_are,
}


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
