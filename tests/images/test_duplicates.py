"""Copies are found however they were saved, and look-alikes are left apart."""

import hashlib
import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw, ImageOps

from peu.images.duplicates import duplicate_groups
from peu.images.loading import load_images
from peu.images.metadata import thumbnail_of
from peu.images.records import ImageMetadata


@dataclass(frozen=True)
class Described:
    metadata: tuple[ImageMetadata, ...]


def texture(seed: int, size: tuple[int, int] = (200, 150)) -> Image.Image:
    """Draw coarse and fine structure without symmetry."""
    rng = np.random.default_rng(seed)
    image = Image.new("RGB", size)
    for cells in (3, 6, 14):
        noise = Image.fromarray(rng.integers(0, 256, (cells, cells, 3), dtype=np.uint8))
        image = Image.blend(image, noise.resize(size, Image.Resampling.BICUBIC), 0.5)
    return image


def metadata_of(image: Image.Image) -> ImageMetadata:
    digest = hashlib.sha256(image.tobytes() + repr(image.size).encode()).hexdigest()
    return ImageMetadata(*image.size, image.mode, "PNG", digest, thumbnail_of(image), ())


def groups_of(*images: Image.Image) -> list[int]:
    numbered: list[int] = duplicate_groups(Described(tuple(map(metadata_of, images)))).tolist()
    return numbered


def saved_again(image: Image.Image, quality: int) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=quality)
    return Image.open(stream).convert("RGB")


def bike(colour: str) -> Image.Image:
    """Draw a dark image in a white frame, as one studio takes many."""
    image = Image.new("RGB", (260, 200), "white")
    draw = ImageDraw.Draw(image)
    draw.rectangle((30, 25, 230, 175), "black")
    draw.ellipse((60, 110, 110, 160), outline="grey", width=9)
    draw.ellipse((150, 110, 200, 160), outline="grey", width=9)
    if colour == "first":
        draw.polygon([(100, 105), (130, 75), (170, 90)], "silver")
    else:
        draw.rectangle((100, 75, 170, 85), "silver")
    return image


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "saved again": lambda image: saved_again(image, 40),
    "smaller": lambda image: image.resize((90, 68), Image.Resampling.LANCZOS),
    "larger": lambda image: image.resize((500, 375), Image.Resampling.BICUBIC),
    "mirrored": ImageOps.mirror,
    "upside down": ImageOps.flip,
    "turned by 180 degrees": lambda image: image.rotate(180),
    "mirrored, smaller, saved again": lambda image: saved_again(
        ImageOps.mirror(image).resize((101, 75)), 60
    ),
    "trimmed": lambda image: image.crop((0, 3, 198, 150)),
    "grey": lambda image: image.convert("L"),
    "brighter": lambda image: image.point([int(value * 0.8 + 40) for value in range(256)] * 3),
}


@pytest.mark.parametrize("way", COPIES)
def test_a_copy_is_found(way: str) -> None:
    for seed in range(5):
        original = texture(seed)
        other = texture(seed + 100)
        assert groups_of(original, other, COPIES[way](original)) == [0, 1, 0]


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
@settings(max_examples=15, deadline=None)
def test_copies_and_only_copies_share_a_number(seeds: list[int]) -> None:
    ways = list(COPIES.values())
    images = [ways[at % 3](texture(seed)) for at, seed in enumerate(seeds)]
    first_met: dict[int, int] = {}
    wanted = [first_met.setdefault(seed, len(first_met)) for seed in seeds]
    assert groups_of(*images) == wanted


def test_different_images_stay_apart() -> None:
    assert groups_of(*[texture(seed) for seed in range(60)]) == list(range(60))


def test_different_objects_before_one_background_stay_apart() -> None:
    first, second = bike("first"), bike("second")
    grey = [np.frombuffer(thumbnail_of(image), np.uint8).astype(float) for image in (first, second)]
    assert np.corrcoef(np.stack(grey))[0, 1] > 0.97
    assert groups_of(first, second, saved_again(first, 50)) == [0, 1, 0]


def test_low_contrast_objects_in_one_bright_aperture_stay_apart() -> None:
    """Microscope images share a bright disc; what is in it differs."""
    y, x = np.mgrid[-1:1:320j, -1:1:320j]
    images = []
    for seed in range(6):
        coarse = np.random.default_rng(seed).integers(150, 200, (12, 12), dtype=np.uint8)
        grey = np.asarray(Image.fromarray(coarse).resize((320, 320), Image.Resampling.BICUBIC))
        images.append(Image.fromarray(np.where(x**2 + y**2 < 0.9, grey, 0).astype(np.uint8)))
    assert groups_of(*images) == list(range(6))


def test_almost_flat_images_are_copies_only_if_equal() -> None:
    white = Image.new("RGB", (100, 100), "white")
    speck = white.copy()
    speck.putpixel((50, 50), (0, 0, 0))
    speckled = speck.copy()
    speckled.putpixel((20, 20), (0, 0, 0))
    assert groups_of(white, speck, speckled, white.copy()) == [0, 1, 2, 0]
    assert groups_of(white, Image.new("RGB", (90, 100), "white")) == [0, 1]


def test_tiny_images_are_copies_only_if_equal() -> None:
    """Digits of one class correlate as highly as copies of larger images do."""
    small = texture(0, (28, 28))
    touched = small.copy()
    touched.putpixel((9, 9), (255, 0, 0))
    assert groups_of(small, touched, ImageOps.mirror(small), small.copy()) == [0, 1, 2, 0]


def test_a_thumbnail_of_a_large_image_is_its_copy_even_if_tiny() -> None:
    large = texture(3)
    assert groups_of(large.resize((48, 36)), texture(4), large) == [0, 1, 0]


def test_equal_bytes_are_copies_and_copies_of_copies_too() -> None:
    one = texture(1)
    facts = metadata_of(one)
    numbered = duplicate_groups(
        Described((facts, metadata_of(texture(2)), facts, metadata_of(one.rotate(180))))
    )
    assert numbered.tolist() == [0, 1, 0, 0]
    assert numbered.dtype == np.int64


def test_no_images_have_no_groups() -> None:
    assert duplicate_groups(Described(())).tolist() == []


def test_the_two_pairs_of_the_lab_sheet(peu_data: Path) -> None:
    dataset = load_images(peu_data / "caltech4")
    groups = duplicate_groups(dataset)
    pairs = [
        tuple(dataset.keys[at] for at in np.flatnonzero(groups == group))
        for group in np.flatnonzero(np.bincount(groups) > 1)
    ]
    assert pairs == [
        ("anchor/image_0005.jpg", "anchor/image_0016.jpg"),
        ("anchor/image_0011.jpg", "anchor/image_0015.jpg"),
    ]


def test_a_hundred_leopards_are_mirrored_and_motorbikes_are_not_all_one(peu_data: Path) -> None:
    root = peu_data / "caltech-rest"
    files = [root / "Leopards" / f"image_{at:04d}.jpg" for at in (1, 2, 3, 101, 102, 103)]
    bikes = (715, 716, 717, 718, 728, 729, 428, 429)
    files += [root / "Motorbikes" / f"image_{at:04d}.jpg" for at in bikes]
    images = [Image.open(file).convert("RGB") for file in files]
    assert groups_of(*images) == [0, 1, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9]
