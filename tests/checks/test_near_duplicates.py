from pathlib import Path

import pytest
from PIL import Image, ImageOps

from peu.checks.near_duplicates import is_same_image


@pytest.fixture
def photos(peu_data: Path) -> list[Image.Image]:
    files = sorted((peu_data / "caltech4" / "barrel").iterdir())[:6]
    return [Image.open(file).convert("L") for file in files]


def _crop(image: Image.Image, share: float) -> Image.Image:
    width, height = image.size
    left, top = round(share * width), round(share * height)
    return image.crop((left, top, width - left, height - top))


def test_crops_resizings_and_mirrored_copies_are_the_same_image(photos: list[Image.Image]) -> None:
    for photo in photos[:2]:
        copies = [
            photo.resize((photo.width * 6 // 10, photo.height * 6 // 10)),
            ImageOps.mirror(photo),
            _crop(photo, 0.05),
            ImageOps.mirror(_crop(photo, 0.1)),
        ]
        assert all(is_same_image(photo, copy) for copy in copies)
        assert all(is_same_image(copy, photo) for copy in copies)


def test_other_images_of_the_class_are_not(photos: list[Image.Image]) -> None:
    pairs = [(one, other) for at, one in enumerate(photos) for other in photos[:at]]
    assert not any(is_same_image(*pair) for pair in pairs)
