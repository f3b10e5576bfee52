"""A few real photos, and a messy folder of them."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFilter, ImageOps

from peu.checks.check_images import check_images
from peu.checks.findings import ImageCheck
from peu.images.loading import load_images

CLASSES = ("anchor", "barrel")


@pytest.fixture
def messy(peu_data: Path, tmp_path: Path) -> Path:
    """Return train and test folders with one of everything that is wrong."""
    root = tmp_path / "messy"
    for name in CLASSES:
        files = sorted((peu_data / "caltech4" / name).iterdir())
        for part, some in (("train", files[20:26]), ("test", files[26:29])):
            (root / part / name).mkdir(parents=True)
            for file in some:
                shutil.copy(file, root / part / name / file.name)
    anchor, barrel = root / "train" / "anchor", root / "train" / "barrel"
    image = Image.open(min(anchor.iterdir())).convert("RGB")
    width, height = image.size
    cropped = ImageOps.mirror(image).crop((width // 10, height // 10, width, height))
    cropped.save(root / "test" / "anchor" / "leak.jpg")
    second = Image.open(sorted(anchor.iterdir())[1]).convert("RGB")
    second.resize((second.width * 6 // 10, second.height * 6 // 10)).save(barrel / "mixed.jpg")
    third = Image.open(sorted(barrel.iterdir())[2]).convert("RGB")
    third.save(barrel / "again.jpg", quality=60)
    Image.new("RGB", (200, 150), (9, 200, 9)).save(anchor / "blank.png")
    other = Image.open(sorted((peu_data / "caltech4" / "barrel").iterdir())[40]).convert("RGB")
    other.filter(ImageFilter.GaussianBlur(6)).save(barrel / "blurred.jpg")
    Image.fromarray((np.asarray(other.rotate(90)) * 0.1).astype(np.uint8)).save(barrel / "dark.png")
    other.resize((28, 20)).save(barrel / "tiny.jpg")
    (anchor / "broken.jpg").write_bytes(b"\xff\xd8\xff nonsense")
    return root


@pytest.fixture
def messy_check(messy: Path) -> ImageCheck:
    return check_images(load_images(messy))
