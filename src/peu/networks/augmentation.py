"""Images varied inside the training graph: what is saved and what predicts is free of it."""

import math
from dataclasses import dataclass
from typing import Any

from peu.networks.augmentation_settings import Augmentation
from peu.networks.backend import keras
from peu.seeds import child_seed

ops = keras.ops

# How strongly "mixup" blends, as Zhang et al. (2018) recommend for images.
MIXUP = 0.2


@dataclass(frozen=True, kw_only=True)
class _Ranges:
    """How far images are changed at strength 1.

    Attributes:
        turn: degrees, either way.
        shear: pixels sideways a pixel of height, either way.
        crop: share of the area that may be cut off.
        zoom: logarithm of the scale, either way.
        stretch: logarithm of width over height, either way.
        shift: share of the side, either way, beyond what a crop leaves.
        light: relative change of brightness and contrast, either way.
        colour: relative change of saturation, either way.
        grey: share of images that lose their colour.
        erased: share of images that lose a rectangle.
    """

    turn: float = 0.0
    shear: float = 0.0
    crop: float = 0.0
    zoom: float = 0.0
    stretch: float = 0.0
    shift: float = 0.0
    light: float = 0.0
    colour: float = 0.0
    grey: float = 0.0
    erased: float = 0.0


_STRONG: dict[str, float] = {
    "turn": 11,
    "shear": 0.1,
    "crop": 0.5,
    "stretch": 0.2,
    "light": 0.3,
    "colour": 0.3,
    "grey": 0.2,
}
_RANGES = {
    "none": _Ranges(),
    "flip": _Ranges(),
    "standard": _Ranges(turn=8, zoom=0.12, shift=0.08, light=0.15),
    "strong": _Ranges(**_STRONG),
    "mixup": _Ranges(**_STRONG),
    "erase": _Ranges(**_STRONG, erased=0.5),
}
_GREY = (0.299, 0.587, 0.114)
_SMALLEST_AREA = 0.2
_ERASED_AREA = (0.05, 0.25)


def augmenting(
    network: Any, augmentation: Augmentation, image_size: tuple[int, int], *, seed: int
) -> Any:
    """Put augmentation before a network, for training.

    Args:
        network: from uint8 pixels (n, height, width, 3) to probabilities.
        augmentation: how images are varied.
        image_size: (height, width) of the images.
        seed: of what is drawn.

    Returns:
        A keras.Model that shares the network's weights; the network itself where nothing is to
        be varied. Blending images in pairs is left to the batches, which hold the labels.
    """
    if augmentation.policy == "none":
        return network
    inputs = keras.Input((*image_size, 3), dtype="uint8", name="pixels_to_vary")
    varied = VariedImages(augmentation, seed=seed, name="varied")(inputs)
    return keras.Model(inputs, network(varied), name="augmenting")


class VariedImages(keras.layers.Layer):  # type: ignore[misc]
    """Vary every image of a batch anew while training, and leave it alone otherwise.

    All changes of shape are one transformation, so that each pixel is interpolated once, and
    all of a batch is drawn at once: a step of training takes a few per cent longer
    (`benchmarks/augmentation.py`).

    Args:
        augmentation: which changes.
        seed: of what is drawn; each call draws anew.
        **options: of Keras's layers.
    """

    def __init__(self, augmentation: Augmentation, *, seed: int, **options: Any) -> None:
        super().__init__(dtype="float32", trainable=False, **options)
        self._flips = augmentation.flips
        self._strength = augmentation.strength
        self._ranges = _RANGES[augmentation.policy]
        self._draws = keras.random.SeedGenerator(child_seed(seed, "augmentation"))

    def call(self, pixels: Any, training: bool = False) -> Any:
        """Pixels (n, height, width, 3) as uint8, varied if `training`."""
        if not training:
            return pixels
        x = ops.cast(pixels, "float32")
        x = self._move(x) if self._ranges.turn else self._mirror(x)
        if self._ranges.light:
            x = self._colour(x)
        if self._ranges.erased:
            x = self._erase(x)
        return ops.cast(ops.clip(ops.round(x), 0, 255), "uint8")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the images, which stays the same."""
        return input_shape

    def _draw(self, count: Any, low: float, high: float) -> Any:
        return keras.random.uniform((count,), low, high, seed=self._draws)

    def _either_way(self, count: Any, most: float) -> Any:
        return self._draw(count, -most * self._strength, most * self._strength)

    def _signs(self, count: Any, direction: str) -> Any:
        """Draw 1 or -1 an image where it may be mirrored in this direction, and 1 elsewhere."""
        if self._flips not in (direction, "both"):
            return ops.ones((count,))
        return ops.where(self._draw(count, 0, 1) < 0.5, -1.0, 1.0)

    def _mirror(self, x: Any) -> Any:
        count = ops.shape(x)[0]
        for direction, axis in (("horizontal", 2), ("vertical", 1)):
            keep = ops.reshape(self._signs(count, direction) > 0, (-1, 1, 1, 1))
            x = ops.where(keep, x, ops.flip(x, axis=axis))
        return x

    def _move(self, x: Any) -> Any:
        """Crop, turn, shear, stretch, shift and mirror in one interpolation."""
        ranges = self._ranges
        count = ops.shape(x)[0]
        height, width = (int(side) for side in x.shape[1:3])
        most_cut = min(ranges.crop * self._strength, 1 - _SMALLEST_AREA)
        side = ops.sqrt(self._draw(count, 1 - most_cut, 1))
        scale = side * ops.exp(self._either_way(count, ranges.zoom))
        stretch = ops.exp(self._either_way(count, ranges.stretch / 2))
        angle = self._either_way(count, math.radians(ranges.turn))
        shear = self._either_way(count, ranges.shear)
        room = (1 - side) / 2 + ranges.shift * self._strength
        across = room * self._draw(count, -1, 1) * width
        down = room * self._draw(count, -1, 1) * height
        wide = scale * stretch * self._signs(count, "horizontal")
        high = scale / stretch * self._signs(count, "vertical")
        cos, sin = ops.cos(angle), ops.sin(angle)
        # Rows of the matrix that leads from a place in the new image to one in the old.
        a, b = cos * wide, (shear * cos - sin) * high
        c, d = sin * wide, (shear * sin + cos) * high
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        matrix = ops.stack(
            [
                a,
                b,
                middle_x + across - a * middle_x - b * middle_y,
                c,
                d,
                middle_y + down - c * middle_x - d * middle_y,
                ops.zeros((count,)),
                ops.zeros((count,)),
            ],
            axis=1,
        )
        return ops.image.affine_transform(
            x, matrix, interpolation="bilinear", fill_mode="reflect", data_format="channels_last"
        )

    def _colour(self, x: Any) -> Any:
        """Vary saturation, contrast and brightness, all of which one matrix an image does."""
        count = ops.shape(x)[0]
        height, width = (int(side) for side in x.shape[1:3])

        def factor(most: float) -> Any:
            return ops.reshape(1 + self._either_way(count, min(most, 0.9)), (-1, 1, 1))

        saturation = factor(self._ranges.colour) if self._ranges.colour else ops.ones((count, 1, 1))
        if self._ranges.grey:
            kept = ops.cast(self._draw(count, 0, 1) >= self._ranges.grey, "float32")
            saturation = saturation * ops.reshape(kept, (-1, 1, 1))
        contrast, light = factor(self._ranges.light), factor(self._ranges.light)
        to_grey = ops.reshape(ops.convert_to_tensor(_GREY), (1, 3, 1))
        matrix = light * contrast * (saturation * ops.eye(3) + (1 - saturation) * to_grey)
        grey = ops.matmul(ops.reshape(ops.mean(x, axis=(1, 2)), (-1, 1, 3)), to_grey)
        varied = ops.matmul(ops.reshape(x, (-1, height * width, 3)), matrix)
        return ops.reshape(varied + light * (1 - contrast) * grey, (-1, height, width, 3))

    def _erase(self, x: Any) -> Any:
        count = ops.shape(x)[0]
        height, width = (int(side) for side in x.shape[1:3])
        area = self._draw(count, *_ERASED_AREA)
        area = ops.where(self._draw(count, 0, 1) < self._ranges.erased, area, 0.0)
        stretch = ops.exp(self._draw(count, -0.5, 0.5))

        def inside(length: int, share: Any, shape: tuple[int, ...]) -> Any:
            start = self._draw(count, 0, 1) * (1 - share)
            places = (ops.arange(length, dtype="float32")[None] + 0.5) / length
            held = (places >= start[:, None]) & (places < (start + share)[:, None])
            return ops.reshape(held, shape)

        hidden = inside(height, ops.sqrt(area) / stretch, (-1, height, 1, 1)) & inside(
            width, ops.sqrt(area) * stretch, (-1, 1, width, 1)
        )
        fill = ops.reshape(self._draw(count, 0, 255), (-1, 1, 1, 1))
        return ops.where(hidden, fill, x)
