"""From a set to arrays: size, grey or colour, and what is held out."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from peu.autoencoders.images import default_image_size, image_pixels, image_set, split_images
from peu.errors import DataError
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images


def _folder(tmp_path: Path, images: list[Image.Image]) -> ImageDataset:
    for number, image in enumerate(images):
        image.save(tmp_path / f"{number:02d}.png")
    return load_images(tmp_path, labels_required=False)


def _noise(seed: int, size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    width, height = size
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, 256, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(drawn).convert(mode)


def test_the_digits_come_as_they_are() -> None:
    digits = load_images("digits")
    images = image_set(digits, seed=3)
    assert (images.image_size, images.channels) == ((8, 8), 1)
    assert len(images.train) + len(images.test) == len(digits) == 1797
    assert len(images.test) == pytest.approx(0.2 * 1797, abs=1)
    assert images.train.max() == 255
    assert len(digits.class_names) == 10
    assert digits.array is not None
    np.testing.assert_array_equal(images.test[..., 0], digits.array[images.test_indices])
    assert not set(images.train_indices.tolist()) & set(images.test_indices.tolist())


def test_the_seed_decides_what_is_held_out(grey_bars: ImageDataset) -> None:
    first, again, other = (split_images(grey_bars, 0.25, seed)[1] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert first.tolist() != other.tolist()


def test_what_is_held_out_is_counted_in_words(tmp_path: Path) -> None:
    dataset = _folder(tmp_path, [_noise(number, (70, 70)) for number in range(5)])
    assert split_images(dataset, 0.2, 0)[2] == "1 image (20%) held out at random"
    assert split_images(dataset, 0.4, 0)[2] == "2 images (40%) held out at random"


def test_a_set_with_test_images_keeps_them(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 256, (12, 8, 8), dtype=np.uint8)
    path = tmp_path / "parted.npz"
    np.savez(path, x_train=x[:8], y_train=np.arange(8) % 2, x_test=x[8:], y_test=np.arange(4) % 2)
    images = image_set(load_images(path))
    np.testing.assert_array_equal(images.train[..., 0], x[:8])
    np.testing.assert_array_equal(images.test[..., 0], x[8:])
    assert images.tested_on == "the set's own test images"


def test_copies_stay_on_one_side(tmp_path: Path) -> None:
    images = [_noise(number // 3, (70, 70)) for number in range(12)]
    dataset = _folder(tmp_path, images)
    train, test, _ = split_images(dataset, 0.5, 0)
    copies = np.arange(12) // 3
    assert len(test) == 6
    assert not set(copies[train]) & set(copies[test])


def test_one_image_in_many_copies_is_refused(tmp_path: Path) -> None:
    dataset = _folder(tmp_path, [_noise(0, (20, 20))] * 3)
    with pytest.raises(DataError, match="two different images"):
        split_images(dataset, 0.2, 0)


def test_images_are_grey_where_all_are(tmp_path: Path) -> None:
    grey = _folder(tmp_path, [_noise(seed, (20, 16), "L").convert("RGB") for seed in range(3)])
    assert image_pixels(grey, (16, 20), "stretch").shape == (3, 16, 20, 1)
    assert image_pixels(grey, (16, 20), "stretch", "colour").shape == (3, 16, 20, 3)
    drawn = np.asarray(_noise(1, (20, 16), "L"))
    np.testing.assert_array_equal(image_pixels(grey, (16, 20), "stretch")[1, ..., 0], drawn)


def test_one_coloured_image_makes_the_set_coloured(tmp_path: Path) -> None:
    dataset = _folder(tmp_path, [_noise(0, (20, 16), "L"), _noise(1, (20, 16))])
    assert image_pixels(dataset, (16, 20), "stretch").shape[-1] == 3
    forced = image_pixels(dataset, (16, 20), "stretch", "grey")
    assert forced.shape[-1] == 1
    as_pillow = np.asarray(_noise(1, (20, 16)).convert("L")).astype(int)
    assert abs(forced[1, ..., 0] - as_pillow).max() <= 1


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([(28, 28)] * 2, (28, 28)),
        ([(30, 17)] * 2, (16, 28)),
        ([(8, 9)] * 2, (8, 8)),
        ([(300, 200)] * 2, (64, 64)),
        ([(40, 40), (40, 44)], (64, 64)),
    ],
)
def test_the_size_is_the_images_own_where_it_is_small(
    tmp_path: Path, sizes: list[tuple[int, int]], expected: tuple[int, int]
) -> None:
    dataset = _folder(tmp_path, [_noise(at, size) for at, size in enumerate(sizes)])
    assert default_image_size(dataset, 4) == expected
