"""The preview shows one's own images, one of each class first, under each policy."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from peu.errors import RecipeError, ResourceError
from peu.images.dataset import ImageDataset
from peu.reports.augmentation_preview import preview_augmentation


def _drawn(path: Path) -> Image.Image:
    with Image.open(path) as image:
        assert image.format == "PNG"
        return image.convert("RGB")


def test_it_draws_a_row_a_policy(dataset: ImageDataset, tmp_path: Path) -> None:
    heights = []
    for policies in (("none",), ("none", "strong", "mixup")):
        shown = preview_augmentation(dataset, tmp_path / "preview.png", policies=policies, images=3)
        assert len(shown) == 3
        heights.append(_drawn(tmp_path / "preview.png").height)
    assert heights[1] > 2 * heights[0]
    assert dataset.labels is not None
    assert len(set(dataset.labels[list(shown)])) == 3


def test_the_seed_alone_decides(dataset: ImageDataset, tmp_path: Path) -> None:
    drawn = []
    for number, seed in enumerate((1, 1, 2)):
        path = tmp_path / f"{number}.png"
        preview_augmentation(dataset, path, policies=("erase",), seed=seed)
        drawn.append(np.asarray(_drawn(path)))
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert not np.array_equal(drawn[0], drawn[2])


def test_one_image_alone_is_enough(dataset: ImageDataset, tmp_path: Path) -> None:
    shown = preview_augmentation(dataset[[0]], tmp_path / "one.png", policies=("mixup",), images=4)
    assert shown == (0,)


def test_what_cannot_be_drawn_leaves_nothing(dataset: ImageDataset, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="strength"):
        preview_augmentation(dataset, tmp_path / "preview.png", strength=3)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceError, match="could not be written"):
        preview_augmentation(dataset, tmp_path / "file" / "p.png", policies=("none",))
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
