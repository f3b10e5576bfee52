"""A description counts right and warns in sentences."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageOps

from peu.images.checks import describe_dataset
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.records import ImageMetadata, ImageRecord, SetAside

RNG = np.random.default_rng(0)


def metadata(
    width: int = 300, height: int = 200, mode: str = "RGB", **more: object
) -> ImageMetadata:
    noise = RNG.integers(0, 256, 1024, dtype=np.uint8).tobytes()
    made = ImageMetadata(width, height, mode, "JPEG", RNG.bytes(32).hex(), noise, ())
    return replace(made, **more)  # type: ignore[arg-type]


def described(
    images: list[ImageMetadata], labels: list[int] | None, **more: object
) -> tuple[str, ...]:
    return describe_dataset(made(images, labels, **more)).warnings


def made(images: list[ImageMetadata], labels: list[int] | None, **more: object) -> ImageDataset:
    classes = () if labels is None else ("ant", "bee", "cricket")[: max(labels, default=0) + 1]
    parts = more.pop("parts", ("",) * len(images))
    dataset = ImageDataset(
        name="insects",
        root=Path("insects"),
        records=tuple(
            ImageRecord(Path(f"insects/{at}.jpg"), f"{at}.jpg", one, part)
            for at, (one, part) in enumerate(zip(images, parts, strict=True))  # type: ignore[call-overload]
        ),
        labels=None if labels is None else np.array(labels, np.int64),
        class_names=classes,
    )
    return replace(dataset, **more)  # type: ignore[arg-type]


def test_sound_images_need_no_warning() -> None:
    assert described([metadata() for _ in range(24)], [0] * 12 + [1] * 12) == ()


def test_counts_and_spreads() -> None:
    images = [metadata(300, 200), metadata(200, 200, "L", notes=("was CMYK",)), metadata(100, 200)]
    found = describe_dataset(made(images, [0, 0, 1]))
    assert found.classes == {"ant": 2, "bee": 1}
    assert (found.widths.minimum, found.widths.median, found.widths.maximum) == (100, 200, 300)
    assert found.aspect_ratios.maximum == 1.5
    assert found.modes == {"RGB": 2, "L": 1}
    assert found.formats == {"JPEG": 3}
    assert found.notes == {"was CMYK": 1}
    assert found.images == 3


def test_one_image_in_two_classes_comes_first() -> None:
    images = [metadata() for _ in range(24)]
    images[20] = images[3]
    found = describe_dataset(made(images, [0] * 12 + [1] * 12))
    assert found.duplicates == found.duplicates_across_classes == (("3.jpg", "20.jpg"),)
    assert "lies in two classes, once: `3.jpg` and `20.jpg`" in found.warnings[0]
    assert "2 images are copies" in found.warnings[1]


def test_one_image_in_training_and_test_is_told() -> None:
    images = [metadata() for _ in range(24)]
    images[1] = images[0]
    parts = ("train", "test", *["train", "test"] * 11)
    found = describe_dataset(made(images, [0, 0] + [0, 1] * 11, parts=parts))
    assert found.duplicates_across_parts == (("0.jpg", "1.jpg"),)
    assert found.duplicates_across_classes == ()
    assert found.parts == {"train": 12, "test": 12}
    assert "in training and in test" in found.warnings[0]


@pytest.mark.parametrize(
    ("images", "labels", "told"),
    [
        ([metadata() for _ in range(60)], [0] * 46 + [1] * 14, "46 images of `ant`, 14 of `bee`"),
        (
            [metadata() for _ in range(24)],
            [0] * 20 + [1] * 4,
            "too few images for 5 folds of `bee`",
        ),
        ([metadata() for _ in range(24)], [0] * 15 + [1] * 9, "fewer than 10 images of `bee` (9)"),
        ([metadata() for _ in range(12)], [0] * 12, "only one class"),
        ([metadata() for _ in range(24)], [0] * 12 + [2] * 12, "No image could be used of `bee`"),
        (
            [metadata() for _ in range(23)] + [metadata(3000, 2000)],
            [0] * 12 + [1] * 12,
            "from 300 x 200 to 3000 x 2000 pixels",
        ),
        (
            [metadata() for _ in range(23)] + [metadata(200, 300)],
            [0, 1] * 12,
            "wide and others tall",
        ),
        (
            [metadata() for _ in range(23)] + [metadata(300, 20)],
            [0, 1] * 12,
            "1 image is less than 32",
        ),
        (
            [metadata() for _ in range(21)] + [metadata(mode="L")] * 1,
            [0, 1] * 11,
            "1 image of 22 is grey",
        ),
    ],
)
def test_each_trouble_has_its_sentence(
    images: list[ImageMetadata], labels: list[int], told: str
) -> None:
    warnings = described(images, labels)
    assert any(told in warning for warning in warnings), warnings
    assert all(warning.endswith(".") and "\n" not in warning for warning in warnings)


def test_files_set_aside_are_told_on_one_line() -> None:
    aside = (SetAside("bad\nname.jpg", "it is empty"),)
    warnings = described([metadata() for _ in range(24)], [0, 1] * 12, set_aside=aside)
    assert warnings == ("1 file was set aside: `bad\\nname.jpg`.",)


def test_no_labels_and_no_images() -> None:
    assert describe_dataset(made([metadata(), metadata()], None)).classes == {}
    empty = describe_dataset(made([], None))
    assert empty.warnings == ("No image could be used.",)
    assert empty.widths.maximum == 0


def test_the_description_as_json() -> None:
    aside = (SetAside("x.jpg", "it is empty"),)
    found = describe_dataset(made([metadata()] * 2, [0, 1], set_aside=aside))
    value = found.to_dict()
    assert json.loads(json.dumps(value, allow_nan=False)) == value
    assert value["set_aside"] == [{"path": "x.jpg", "reason": "it is empty"}]
    assert value["duplicates"] == [["0.jpg", "1.jpg"]]


def test_a_folder_with_a_mirrored_image(tmp_path: Path) -> None:
    from PIL import Image

    from broken_images import drawing

    for at in range(12):
        image = Image.fromarray(drawing(120, 90, seed=at))
        folder = tmp_path / ("ant" if at % 2 else "bee")
        folder.mkdir(exist_ok=True)
        image.save(folder / f"{at}.png")
    ImageOps.mirror(image).save(tmp_path / "bee" / "mirrored.jpg", quality=80)
    found = describe_dataset(load_images(tmp_path))
    assert found.duplicates_across_classes == (("ant/11.png", "bee/mirrored.jpg"),)
    assert found.formats == {"PNG": 12, "JPEG": 1}


def test_the_lab_sheets_images(peu_data: Path) -> None:
    found = describe_dataset(load_images(peu_data / "caltech4"))
    assert found.classes == {"accordion": 55, "anchor": 42, "barrel": 47, "binocular": 33}
    assert len(found.duplicates) == 2
    assert found.duplicates_across_classes == ()
    assert found.modes == {"RGB": 167, "L": 10}
