"""JPEGs that would keep a decoder busy, or lack their pixels, are refused before decoding."""

import io
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

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
