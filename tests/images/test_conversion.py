"""Whatever a user calls images becomes a dataset, or a message that names what cannot."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from broken_images import drawing, write_classes, write_image
from peu.errors import DataError
from peu.images.cache import cached
from peu.images.conversion import as_images
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.resizing import resize_image

COLOUR = drawing(40, 30)
GREY = drawing(24, 20, seed=1)[:, :, 0]


def test_a_dataset_stays_itself(tmp_path: Path) -> None:
    images = load_images(write_classes(tmp_path, {"cat": 2, "dog": 2}))
    assert as_images(images) is images


@pytest.mark.parametrize(
    ("given", "sizes"),
    [
        (COLOUR, [(40, 30)]),
        (GREY, [(24, 20)]),
        (Image.fromarray(COLOUR), [(40, 30)]),
        ([COLOUR, GREY, Image.fromarray(GREY)], [(40, 30), (24, 20), (24, 20)]),
        (iter([COLOUR / 255]), [(40, 30)]),
        (np.stack([COLOUR] * 3), [(40, 30)] * 3),
        (np.stack([GREY] * 5), [(24, 20)] * 5),
        (np.stack([GREY] * 2)[..., None] / 255, [(24, 20)] * 2),
        ([], []),
    ],
)
def test_images_in_memory_are_a_dataset(given: Any, sizes: list[tuple[int, int]]) -> None:
    images = as_images(given)

    assert [(one.width, one.height) for one in images.metadata] == sizes
    assert images.labels is None
    assert images.pixels((16, 16), "pad").shape == (len(sizes), 16, 16, 3)
    assert [len(batch) for batch in images.batches((16, 16), "pad", 4)] == [
        len(sizes[at : at + 4]) for at in range(0, len(sizes), 4)
    ]


def test_pixels_in_memory_are_those_of_the_file(tmp_path: Path) -> None:
    path = write_image(tmp_path / "a.png")
    expected = resize_image(Image.open(path), (20, 24), "crop")

    for given in (path, str(path), [path], Image.open(path), np.asarray(Image.open(path))):
        np.testing.assert_array_equal(as_images(given).pixels((20, 24), "crop")[0], expected)


def test_a_folder_and_a_set_are_loaded(tmp_path: Path) -> None:
    folder = write_classes(tmp_path / "photos", {"cat": 2, "dog": 1})
    np.savez(tmp_path / "x.npz", x=np.stack([GREY] * 3))

    assert as_images(folder).keys == ("cat/0.png", "cat/1.png", "dog/0.png")
    assert len(as_images(str(tmp_path / "x.npz"))) == 3


def test_paths_keep_their_order_and_are_noticed_when_they_change(tmp_path: Path) -> None:
    paths = [write_image(tmp_path / f"{name}.png", seed) for seed, name in enumerate("cab")]
    images = as_images([paths[0], COLOUR, *paths[1:]])

    assert images.paths[2:] == tuple(paths[1:])
    assert np.array_equal(np.asarray(images.read(2)), np.asarray(Image.open(paths[1])))
    paths[1].unlink()
    with pytest.raises(DataError, match=r"a\.png"):
        images.pixels((16, 16), "pad")


def test_images_in_memory_have_hashes_of_their_pixels_and_shape() -> None:
    images = as_images([COLOUR, COLOUR.copy(), COLOUR[::-1], GREY, GREY.reshape(24, 20)])

    assert len(set(images.hashes)) == 4
    assert images.hashes[0] == images.hashes[1] == as_images(COLOUR).hashes[0]
    assert len(set(images.fingerprint)) > 1
    assert images.groups[0] == images.groups[1]


def test_features_of_images_in_memory_are_cached() -> None:
    seen: list[int] = []

    def means(images: ImageDataset) -> Any:
        seen.append(len(images))
        return images.pixels((8, 8), "pad").mean(axis=(1, 2))

    for given in ([COLOUR, GREY], [COLOUR, GREY, COLOUR[::-1]], [GREY]):
        cached(as_images(given), ("means",), means, phase="Describing")

    assert seen == [2, 1]


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        ("nowhere.jpg", "cannot be read"),
        (np.zeros((20, 20, 2), np.uint8), "shape"),
        (np.full((20, 20), np.nan), "finite"),
        (np.zeros((4, 20), np.uint8), "at least 8"),
        (np.full((20, 20), "a"), "not numbers"),
    ],
)
def test_an_image_that_cannot_be_used_is_named(bad: Any, word: str) -> None:
    name = f"`{bad}`" if isinstance(bad, str) else "Image 2"
    with pytest.raises(DataError, match=word) as caught:
        as_images([COLOUR, bad])
    assert str(caught.value).startswith(name)
    assert "\n" not in str(caught.value)


def test_arrays_too_small_are_refused() -> None:
    with pytest.raises(DataError, match="at least 8"):
        as_images(np.zeros((3, 4, 4), np.uint8))
