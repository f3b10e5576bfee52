"""Classes that are little else than copies are named; others are not."""

import shutil
from pathlib import Path

from PIL import Image

from peu.images.different_images import about_different_images
from peu.images.loading import load_images
from peu.images.samples import draw_samples


def test_a_class_of_copies_is_named_and_others_are_not(tmp_path: Path) -> None:
    photos = draw_samples(tmp_path / "photos", per_class=4)
    assert about_different_images(load_images(photos)) == ()
    anchors = sorted((photos / "anchor").iterdir())
    with Image.open(anchors[0]) as image:
        for number, file in enumerate(anchors):
            file.unlink()
            image.convert("RGB").save(file.with_suffix(".jpg"), quality=60 + 8 * number)
    # One copy more of a whole class teaches nothing, and does no harm.
    barrel = min((photos / "barrel").iterdir())
    shutil.copy(barrel, barrel.with_stem("copy"))
    (told,) = about_different_images(load_images(photos))
    assert "`anchor` has 4 images, and only 1 different" in told
    assert "barrel" not in told
