"""JPEGs that are large, would keep a decoder busy, or lack their pixels."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from broken_images import drawing, encoded
from peu.images.decoding import UnreadableImage, decode_image
from peu.images.jpeg import MOST_SCANS, check_jpeg


def _jpeg(size: tuple[int, int] = (64, 48), **options: object) -> bytes:
    noise = np.random.default_rng(0).integers(0, 256, (*size[::-1], 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(noise).save(file, "JPEG", **options)
    return file.getvalue()


def _with_scans(count: int) -> bytes:
    """Repeat the last scan of a progressive JPEG, which refines what is already there."""
    content = _jpeg(progressive=True)
    last = content.rindex(b"\xff\xda")
    return content[:last] + content[last:-2] * count + content[-2:]


def test_a_progressive_jpeg_is_read() -> None:
    assert decode_image(_jpeg(progressive=True)).image.size == (64, 48)


def test_thousands_of_scans_are_refused_at_once() -> None:
    content = _with_scans(11_400)
    started = time.process_time()
    with pytest.raises(UnreadableImage, match="scans"):
        decode_image(content)
    assert time.process_time() - started < 1


def test_as_many_scans_as_allowed_are_read() -> None:
    content = _jpeg(progressive=True)
    more = MOST_SCANS - content.count(b"\xff\xda")
    assert decode_image(_with_scans(more + 1)).image.size == (64, 48)


def test_a_header_of_64_megapixels_over_few_bytes_is_cut_short() -> None:
    content = bytearray(_jpeg())
    start = content.index(b"\xff\xc0") + 5
    content[start : start + 4] = (8000).to_bytes(2, "big") * 2
    with pytest.raises(UnreadableImage, match="cut short"):
        decode_image(bytes(content))


@pytest.mark.parametrize("progressive", [False, True])
def test_the_flattest_image_is_no_cut_one(progressive: bool) -> None:
    file = io.BytesIO()
    flat = Image.new("L", (3000, 2000), 128)
    flat.save(file, "JPEG", progressive=progressive, optimize=True, quality=1)
    check_jpeg(file.getvalue(), flat.size)


def test_real_photographs_pass(peu_data: Path) -> None:
    for path in sorted((peu_data / "caltech4").rglob("*.jpg"))[:20]:
        with Image.open(path) as image:
            check_jpeg(path.read_bytes(), image.size)


def test_a_large_jpeg_is_decoded_no_larger_than_needed() -> None:
    photo = Image.fromarray(drawing(2000, 1500, seed=5))
    exif = Image.Exif()
    exif[0x0112] = 6
    content = encoded(photo, "JPEG", quality=90, exif=exif)
    whole = decode_image(content).image
    assert whole.size == (1500, 2000)
    for shorter, size in ((100, (375, 500)), (256, (750, 1000)), (400, whole.size)):
        reduced = decode_image(content, shorter=shorter).image
        assert reduced.size == size
        target = (shorter, shorter * 4 // 3)
        pixels = [
            np.asarray(each.resize(target, Image.Resampling.BICUBIC), np.int64)
            for each in (reduced, whole)
        ]
        assert np.abs(pixels[0] - pixels[1]).mean() < 1
    with pytest.raises(UnreadableImage, match="truncated"):
        decode_image(content[: len(content) // 2], shorter=100)
    png_content = encoded(photo)
    assert decode_image(png_content, shorter=100).image.size == photo.size
