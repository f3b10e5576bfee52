"""Decoding one image takes no more than 300 MB, what C libraries take included."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from broken_images import encoded, png
from peu.images.decoding import UnreadableImage, decode_image
from peu.images.large_images import MOST_BYTES, one_large_at_a_time, wait_if_large
from peu.images.loading import load_images

_MEASURE = """
import sys
from pathlib import Path
from peu.images.decoding import UnreadableImage, decode_image

def peak():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) * 1024

for name in sys.argv[1:]:
    Path("/proc/self/clear_refs").write_text("5")
    before = peak()
    try:
        size = decode_image(Path(name)).size
    except UnreadableImage as error:
        size = error
    print(f"{peak() - before}\\t{size}")
"""


def _flat(folder: Path, name: str, size: tuple[int, int], mode: str, **options: Any) -> Path:
    path = folder / name
    Image.new(mode, size).save(path, **options)
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="peak memory is asked of Linux")
@pytest.mark.parametrize(
    ("name", "mode", "size"),
    [
        ("photo.jpg", "RGB", (8000, 7990)),
        pytest.param("scan.png", "RGBA", (6000, 5600), marks=pytest.mark.slow),
        pytest.param("page.webp", "RGB", (4200, 4000), marks=pytest.mark.slow),
        pytest.param("film.avif", "RGB", (4500, 4500), marks=pytest.mark.slow),
        pytest.param("deep.tif", "I;16", (5000, 5000), marks=pytest.mark.slow),
    ],
)
def test_one_image_takes_at_most_300_megabytes_at_its_peak(
    tmp_path: Path, name: str, mode: str, size: tuple[int, int]
) -> None:
    path = _flat(tmp_path, name, size, mode)
    command = [sys.executable, "-c", _MEASURE, str(path)]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    peak, decoded = told.rstrip().split("\t")
    assert decoded == str(size)
    assert int(peak) < MOST_BYTES


@pytest.mark.parametrize(
    ("name", "mode", "size"), [("a.tif", "I;16", (6000, 6000)), ("a.gif", "L", (8000, 7900))]
)
def test_what_would_take_more_is_refused_before_it_is_decoded(
    tmp_path: Path, name: str, mode: str, size: tuple[int, int]
) -> None:
    path = _flat(tmp_path, name, size, mode)
    with pytest.raises(UnreadableImage, match=r"would take \d+ MB of memory, and at most 300"):
        decode_image(path)


@pytest.mark.parametrize(
    "head", [b"RIFF\0\0\0\0WEBPVP8X", b"\0\0\0\x1cftypavif", b"\0\0\0\x1cftypheic"]
)
def test_files_that_are_copied_to_be_opened_have_a_size_of_their_own(head: bytes) -> None:
    with pytest.raises(UnreadableImage, match="64 are in this format"):
        decode_image(head + bytes(65 << 20))


def test_an_alpha_channel_counts() -> None:
    with pytest.raises(UnreadableImage, match="would take"):
        decode_image(png(7000, 6000, b"\0", colour=6))


def test_a_large_image_that_has_to_be_turned_is_refused_unless_it_may_be_reduced(
    tmp_path: Path,
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    path = _flat(tmp_path, "phone.jpg", (8000, 5000), "L", exif=exif)
    with pytest.raises(UnreadableImage, match="turning its 8000 x 5000 pixels"):
        decode_image(path)
    reduced = decode_image(path, shorter=224)
    assert reduced.size == (5000, 8000)
    assert reduced.image.size == (625, 1000)


def test_a_set_takes_large_photos_reduced(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        _flat(tmp_path / name, "phone.jpg", (8000, 5000), "L", exif=exif)
        encoder = np.zeros((20, 30, 3), np.uint8) + len(name)
        Image.fromarray(encoder).save(tmp_path / name / "small.png")
    photos = load_images(tmp_path)
    assert not photos.set_aside
    assert {(one.width, one.height) for one in photos.metadata} == {(5000, 8000), (30, 20)}
    assert photos.pixels((64, 64), "pad").shape == (4, 64, 64, 3)


def test_only_large_images_wait_for_each_other() -> None:
    entered, leave = threading.Event(), threading.Event()
    order = []

    def hold() -> None:
        with one_large_at_a_time():
            wait_if_large(MOST_BYTES)
            entered.set()
            leave.wait(10)
            order.append("first")

    def follow() -> None:
        with one_large_at_a_time():
            wait_if_large(1000)
            order.append("small")
            leave.set()
            wait_if_large(MOST_BYTES)
            order.append("second")

    first = threading.Thread(target=hold)
    first.start()
    entered.wait(10)
    second = threading.Thread(target=follow)
    second.start()
    first.join(10)
    second.join(10)
    assert order == ["small", "first", "second"]


def test_other_formats_are_reduced_after_they_were_decoded() -> None:
    content = encoded(Image.new("L", (5000, 4000)), "PNG")
    assert decode_image(content).image.size == (5000, 4000)
    reduced = decode_image(content, shorter=256)
    assert reduced.size == (5000, 4000)
    assert reduced.image.size == (715, 572)
