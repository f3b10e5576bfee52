"""Decoding and resizing, with images as they come."""

import os
import socket
import struct
import threading
import tracemalloc
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageFile

from broken_images import BROKEN, drawing, encoded, grey_png, heic, huge_header, png, text_bomb
from peu.errors import DataError
from peu.images.colours import eight_bits
from peu.images.decoding import (
    MAX_PIXELS,
    UnreadableImage,
    declared_size,
    decode_image,
    to_rgb_image,
)

DRAWING = Image.fromarray(drawing())
TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
UNDO = {6: 8, 8: 6}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_image_is_refused_with_its_reason_on_one_line(name: str) -> None:
    content, word = BROKEN[name]

    with pytest.raises(UnreadableImage) as caught:
        decode_image(content)

    assert word in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, DataError)


def test_truncated_images_are_not_let_through() -> None:
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("content", [huge_header(), text_bomb()], ids=["header", "text"])
def test_a_bomb_is_refused_in_bounded_memory(content: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(UnreadableImage):
        decode_image(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 8 << 20


def test_more_pixels_than_pillow_itself_allows_are_refused() -> None:
    with pytest.raises(UnreadableImage, match="million pixels"):
        decode_image(png(100_000, 100_000, b"\0"))
    assert MAX_PIXELS < Image.MAX_IMAGE_PIXELS  # type: ignore[operator]


@pytest.mark.parametrize("format_name", ["PNG", "JPEG", "WEBP", "TIFF"])
@pytest.mark.parametrize("orientation", TURNS)
def test_exif_orientation_gives_the_pre_rotated_image(orientation: int, format_name: str) -> None:
    stored = DRAWING.transpose(TURNS[UNDO.get(orientation, orientation)])
    exif = Image.Exif()
    exif[0x0112] = orientation
    marked = encoded(stored, format_name, exif=exif)
    unmarked = encoded(stored, format_name)

    upright = decode_image(marked).image

    expected = decode_image(unmarked).image.transpose(TURNS[orientation])
    assert upright.size == DRAWING.size
    assert np.array_equal(np.asarray(upright), np.asarray(expected))
    if format_name == "PNG":
        assert np.array_equal(np.asarray(upright), np.asarray(DRAWING))


def test_a_damaged_exif_record_is_no_reason_to_lose_the_image() -> None:
    content = encoded(DRAWING, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")

    assert decode_image(content).image.size == DRAWING.size


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "CMYK", "LA", "RGBA", "YCbCr"])
def test_every_colour_mode_looks_as_it_did(mode: str) -> None:
    format_name = "TIFF" if mode in ("CMYK", "YCbCr") else "PNG"
    stored = DRAWING.convert("L").convert(mode) if mode == "LA" else DRAWING.convert(mode)

    decoded = decode_image(encoded(stored, format_name))

    assert decoded.mode == mode
    assert decoded.image.mode == "RGB"
    difference = np.asarray(decoded.image, float) - np.asarray(stored.convert("RGB"), float)
    assert np.abs(difference).mean() < 3


def test_a_cmyk_jpeg_is_not_inverted() -> None:
    decoded = decode_image(encoded(Image.new("RGB", (16, 16), "red").convert("CMYK"), "JPEG"))

    red, green, blue = np.asarray(decoded.image).mean(axis=(0, 1))
    assert red > 200
    assert max(green, blue) < 60
    assert any("CMYK" in note for note in decoded.notes)


def test_sixteen_bits_are_scaled_and_not_saturated() -> None:
    values = np.linspace(0, 65535, 20 * 20).astype(np.uint16).reshape(20, 20)
    for format_name in ("PNG", "TIFF"):
        decoded = decode_image(encoded(Image.fromarray(values), format_name))

        grey = np.asarray(decoded.image)[:, :, 0]
        assert np.array_equal(grey, np.rint(values / 257).astype(np.uint8))
        assert decoded.notes == ("16 bits: scaled to 8 bits",)


def test_twelve_bits_in_sixteen_are_not_black() -> None:
    values = np.linspace(0, 4095, 400).astype(np.uint16).reshape(20, 20)

    decoded = decode_image(encoded(Image.fromarray(values)))

    assert np.asarray(decoded.image).max() == 255
    assert decoded.notes == ("12 bits in 16: scaled to 8 bits",)


def test_sixteen_bit_colour_is_not_saturated() -> None:
    values = np.linspace(0, 65535, 20 * 20 * 3).astype(">u2").reshape(20, 20, 3)
    rows = b"".join(b"\0" + row.tobytes() for row in values)

    decoded = decode_image(png(20, 20, rows, depth=16, colour=2))

    assert np.abs(np.asarray(decoded.image, float) - values / 257).max() <= 1


def test_a_float_tiff_of_zero_to_one_is_read() -> None:
    values = np.linspace(0, 1, 400, dtype=np.float32).reshape(20, 20)

    decoded = decode_image(encoded(Image.fromarray(values), "TIFF"))

    assert np.array_equal(np.asarray(decoded.image)[:, :, 1], np.rint(values * 255))


def test_transparency_is_laid_on_white() -> None:
    layer = Image.new("RGBA", (10, 10), (0, 0, 0, 0))
    layer.paste((255, 0, 0, 255), (0, 0, 5, 10))

    decoded = decode_image(encoded(layer))

    assert decoded.image.getpixel((9, 5)) == (255, 255, 255)
    assert decoded.image.getpixel((1, 5)) == (255, 0, 0)
    assert decoded.notes == ("partly transparent: laid on white",)


def test_a_transparent_palette_entry_is_laid_on_white() -> None:
    indexed = Image.new("P", (10, 10), 0)
    indexed.putpalette([0, 0, 0, 255, 0, 0])

    decoded = decode_image(encoded(indexed, "GIF", transparency=0))

    assert decoded.image.getpixel((4, 4)) == (255, 255, 255)


@pytest.mark.parametrize("format_name", ["GIF", "PNG", "WEBP", "TIFF"])
def test_an_animation_gives_its_first_frame(format_name: str) -> None:
    frames = [Image.new("RGB", (16, 16), colour) for colour in ("red", "blue", "lime")]
    options = {"lossless": True} if format_name == "WEBP" else {}
    content = encoded(frames[0], format_name, save_all=True, append_images=frames[1:], **options)

    decoded = decode_image(content)

    assert decoded.image.getpixel((8, 8)) == (255, 0, 0)
    assert "several frames: the first is used" in decoded.notes


def test_the_content_tells_the_format(tmp_path: Path) -> None:
    path = tmp_path / "image.png"
    path.write_bytes(encoded(DRAWING, "JPEG"))

    decoded = decode_image(path)

    assert decoded.format == "JPEG"
    assert decoded.notes == ("named .png but holds JPEG: read by its content",)


def test_special_files_are_neither_waited_for_nor_read(tmp_path: Path) -> None:
    fifo = tmp_path / "pipe.jpg"
    os.mkfifo(fifo)
    folder = tmp_path / "folder.jpg"
    folder.mkdir()
    loop = tmp_path / "loop.jpg"
    loop.symlink_to(loop)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "s.jpg"))
        for path in (fifo, folder, loop, tmp_path / "s.jpg", tmp_path / "missing.jpg"):
            with pytest.raises(UnreadableImage, match=r"regular file|cannot be opened"):
                decode_image(path)


def test_warnings_stay_inside_even_in_threads() -> None:
    warned = png(9_000, 10_000, b"\0")  # Pillow warns from 89 million pixels on
    before = list(warnings.filters)

    def decode_many() -> None:
        for _ in range(20):
            with pytest.raises(UnreadableImage):
                decode_image(warned)
            decode_image(grey_png())

    threads = [threading.Thread(target=decode_many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert list(warnings.filters) == before


@given(content=st.binary(max_size=200), start=st.sampled_from([b"", b"\xff\xd8\xff", b"GIF89a"]))
@settings(deadline=None, max_examples=60)
def test_any_bytes_give_an_image_or_a_reason(content: bytes, start: bytes) -> None:
    reason = ""
    mode = ""
    try:
        mode = decode_image(start + content).image.mode
    except UnreadableImage as error:
        reason = str(error)

    assert (mode == "RGB") != bool(reason)


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=80)
def test_a_flipped_bit_in_a_png_never_goes_unnoticed(at: int, bit: int) -> None:
    whole = encoded(DRAWING)
    damaged = bytearray(whole)
    # The last chunk, 12 bytes that mark the end, holds nothing of the image.
    damaged[at % (len(whole) - 12)] ^= 1 << bit

    with pytest.raises(UnreadableImage):
        decode_image(bytes(damaged))


@given(hnp.arrays(np.uint16, (9, 9)))
@settings(deadline=None)
def test_scaling_keeps_the_order_of_brightness(values: np.ndarray) -> None:
    scaled, note = eight_bits(values)

    order = np.argsort(values, axis=None, kind="stable")
    assert (np.diff(scaled.ravel()[order].astype(int)) >= 0).all()
    assert note is not None


@pytest.mark.parametrize(
    "values",
    [
        np.full((10, 12), 128, np.uint8),
        np.full((10, 12, 1), 128, np.uint8),
        np.full((10, 12, 3), 128, np.uint8),
        np.full((10, 12, 3), 128 / 255, np.float32),
        np.dstack([np.full((10, 12, 3), 128, np.uint8), np.full((10, 12), 255, np.uint8)]),
    ],
    ids=["hw", "hw1", "hw3", "float", "rgba"],
)
def test_arrays_of_every_shape_become_rgb(values: np.ndarray) -> None:
    image = to_rgb_image(values)

    assert image.size == (12, 10)
    assert image.getcolors() == [(120, (128, 128, 128))]


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((10, 12, 2), np.uint8),
        np.zeros(12, np.uint8),
        np.full((10, 12), -1.0),
        np.full((10, 12), np.nan),
        np.zeros((3, 12), np.uint8),
        np.full((10, 12), "a"),
    ],
)
def test_arrays_without_a_rule_are_refused(values: np.ndarray) -> None:
    with pytest.raises(UnreadableImage):
        to_rgb_image(values)


def test_a_pillow_image_is_treated_as_its_file_is(tmp_path: Path) -> None:
    path = tmp_path / "turned.png"
    exif = Image.Exif()
    exif[0x0112] = 6
    DRAWING.convert("P").save(path, exif=exif)

    with Image.open(path) as opened:
        given_image = to_rgb_image(opened)

    assert np.array_equal(np.asarray(given_image), np.asarray(decode_image(path).image))


def test_phones_images_are_read_upright() -> None:
    decoded = decode_image(heic())
    assert (decoded.format, decoded.mode, decoded.notes) == ("HEIF", "RGB", ())
    assert decoded.image.mode == "RGB"
    upright = np.rot90(drawing(64, 48, seed=3), -1).astype(int)
    assert np.abs(np.asarray(decoded.image) - upright).mean() < 6


def test_a_damaged_phones_image_is_refused() -> None:
    content = heic()
    for broken in (content[: len(content) // 2], content[:60], content[:32] + bytes(500)):
        with pytest.raises(UnreadableImage, match="damaged"):
            decode_image(broken)


def test_avif_is_read() -> None:
    decoded = decode_image(encoded(DRAWING, "AVIF", quality=95))
    assert (decoded.format, decoded.image.size) == ("AVIF", DRAWING.size)
    assert np.abs(np.asarray(decoded.image).astype(int) - np.asarray(DRAWING)).mean() < 6


def test_a_tile_far_larger_than_its_image_is_refused() -> None:
    entries = [(256, 64), (257, 64), (258, 8), (259, 8), (262, 1), (277, 1)]
    entries += [(322, 30_000), (323, 30_000), (324, 200), (325, 64)]
    listed = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in entries)
    head = b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + listed + bytes(4)
    with pytest.raises(UnreadableImage, match="memory"):
        decode_image(head.ljust(200, b"\0") + bytes(64))


def test_the_size_is_known_before_anything_is_decoded() -> None:
    assert declared_size(huge_header()) == (10_001, 10_000)
    assert declared_size(heic()) == (48, 64)
    with pytest.raises(UnreadableImage, match="empty"):
        declared_size(b"")
