"""A preview of augmentation on the user's own images, as one PNG."""

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import numpy as np
from numpy.typing import NDArray

from peu.errors import DataError
from peu.files import replacing
from peu.images.dataset import ImageDataset
from peu.images.resizing import ResizeMode
from peu.networks.augmentation_settings import Augmentation, Flips, Policy
from peu.seeds import child_seed

POLICIES: tuple[Policy, ...] = get_args(Policy)
_VARIANTS = 5
_INCHES = 1.15


def preview_augmentation(
    dataset: ImageDataset,
    path: str | Path,
    *,
    policies: Sequence[Policy] = POLICIES,
    strength: float = 1.0,
    flips: Flips = "horizontal",
    image_size: tuple[int, int] = (64, 64),
    resize_mode: ResizeMode = "stretch",
    images: int = 2,
    named: bool = True,
    seed: int = 0,
) -> tuple[int, ...]:
    """Write a PNG of some images as each policy varies them, at the network's size.

    Look at it before training: if you could not name the class yourself after a change, the
    network learns something wrong from it.

    Args:
        dataset: the images; they need no labels.
        path: the PNG to write; a file that is there is replaced.
        policies: a row each.
        strength: of all policies, in (0, 2].
        flips: how images are mirrored.
        image_size: (height, width) in pixels that images are resized to.
        resize_mode: how they are resized.
        images: number of images, of different classes where there are several.
        named: write the policies' names at their rows; else numbers, for pages of any language.
        seed: random seed of the choice of images and of their variations.

    Returns:
        Indices of the images shown.

    Raises:
        DataError: the set has no image.
        RecipeError: an unknown policy, or a strength out of its range.
        ResourceError: the file cannot be written.

    Source: lab sheet, section 1.4.
    """
    augmentations = [
        Augmentation(policy=policy, strength=strength, flips=flips) for policy in policies
    ]
    shown = _choose(dataset, images, seed)
    pixels = dataset[shown].pixels(image_size, resize_mode)
    rows = [
        [
            _variants(pixels, place, augmentation, child_seed(seed, "preview", place))
            for place in range(len(shown))
        ]
        for augmentation in augmentations
    ]
    titles = [each if named else str(number) for number, each in enumerate(policies, start=1)]
    _draw(Path(path), pixels, titles, rows)
    return tuple(int(index) for index in shown)


def _choose(dataset: ImageDataset, count: int, seed: int) -> NDArray[np.int64]:
    if len(dataset) == 0:
        raise DataError("A preview needs an image. Received: none. Name a folder with images.")
    order = np.random.default_rng(child_seed(seed, "shown")).permutation(len(dataset))
    if dataset.labels is not None:
        # The first image of each class before the second of any.
        labels = dataset.labels[order]
        turns = np.zeros(len(order), np.int64)
        for label in np.unique(labels):
            own = np.flatnonzero(labels == label)
            turns[own] = np.arange(len(own))
        order = order[np.argsort(turns, kind="stable")]
    return np.asarray(order[:count], np.int64)


def _variants(
    pixels: NDArray[np.uint8], place: int, augmentation: Augmentation, seed: int
) -> NDArray[np.uint8]:
    """Variations of one of the images; "mixup" blends it with the others first."""
    from peu.networks.augmentation import MIXUP, VariedImages
    from peu.networks.backend import keras
    from peu.networks.batches import blend

    copies = np.repeat(pixels[place][None], _VARIANTS, axis=0)
    if augmentation.policy == "none":
        return copies
    if augmentation.policy == "mixup" and len(pixels) > 1:
        generator = np.random.default_rng(child_seed(seed, "partners"))
        others = np.delete(np.arange(len(pixels)), place)
        both = np.concatenate([copies, pixels[generator.choice(others, _VARIANTS)]])
        partner = np.r_[_VARIANTS : 2 * _VARIANTS, 0:_VARIANTS]
        share = generator.beta(MIXUP, MIXUP, 2 * _VARIANTS).astype(np.float32)
        copies = blend(both, partner, np.maximum(share, 1 - share))[:_VARIANTS]
    layer = VariedImages(augmentation, seed=seed)
    return np.asarray(keras.ops.convert_to_numpy(layer(copies, training=True)), np.uint8)


def _draw(
    path: Path,
    pixels: NDArray[np.uint8],
    names: Sequence[str],
    rows: Sequence[Sequence[NDArray[np.uint8]]],
) -> None:
    import matplotlib.style
    from matplotlib.figure import Figure

    columns = len(pixels) * (1 + _VARIANTS)
    size = (_INCHES * columns + 0.9, _INCHES * len(rows) + 0.4)
    with matplotlib.style.context("default"), replacing(path) as draft:
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(rows), columns, squeeze=False)
        for number, (name, row, all_axes) in enumerate(zip(names, rows, grid, strict=True)):
            shown = [
                image
                for original, variants in zip(pixels, row, strict=True)
                for image in (original, *variants)
            ]
            for place, (axes, image) in enumerate(zip(all_axes, shown, strict=True)):
                axes.imshow(image, interpolation="nearest")
                axes.set_xticks([])
                axes.set_yticks([])
                first = place % (1 + _VARIANTS) == 0
                for spine in axes.spines.values():
                    spine.set_visible(first)
                    spine.set_linewidth(1.5)
                if first and number == 0:
                    axes.set_title("original", fontsize=9)
            all_axes[0].set_ylabel(name, fontsize=10, rotation=0, ha="right", va="center")
        figure.savefig(draft, format="png", dpi=100)
