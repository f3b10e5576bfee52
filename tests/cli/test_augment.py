"""`peu augment`: an image of each policy, and nothing overwritten without --overwrite."""

import json
from pathlib import Path

from PIL import Image

from command_line import Peu, complaint


def test_it_draws_the_policies_on_ones_own_images(peu: Peu, photos: Path) -> None:
    done = peu("augment", photos, "--policies", "none,flip", "--images", "1", "--json", "-q")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert told["policies"] == ["none", "flip"]
    assert len(told["images"]) == 1
    assert (photos / told["images"][0]).is_file()
    with Image.open(told["output"]) as drawn:
        assert drawn.format == "PNG"
    again = peu("augment", photos, "--policies", "none", "-q")
    assert again.exit_code == 5
    assert "--overwrite" in complaint(again)
    replaced = peu("augment", photos, "--policies", "none", "--overwrite", "-q")
    assert replaced.exit_code == 0
    assert "Saved to augmentation.png" in replaced.stdout


def test_what_cannot_work_is_refused_before_anything_is_read(peu: Peu) -> None:
    for options, word in (
        (("--policies", "cutmix"), "'none', 'flip'"),
        (("--policies", ","), "one or more"),
        (("--output", "preview.jpg"), ".png"),
        (("--image-size", "big"), "--image-size"),
    ):
        refused = peu("augment", "no-such-folder", *options)
        assert refused.exit_code == 2
        assert word in complaint(refused)
    missing = peu("augment", "no-such-folder")
    assert missing.exit_code == 3


def test_images_without_classes_are_shown_too(peu: Peu, photos: Path) -> None:
    done = peu("augment", photos / "anchor", "--policies", "none", "--images", "1", "-q")
    assert done.exit_code == 0, done.stderr
    with Image.open("augmentation.png") as drawn:
        assert drawn.format == "PNG"
