"""Memory that decoding takes: known before it is taken, and shared by the threads that decode."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from peu.images.colours import UnreadableImage

MOST_BYTES = 300_000_000
"""Memory that decoding one image may take at most."""
LARGE_PIXELS = 16_000_000
"""More pixels than this are decoded one image at a time, and reduced where that is all the same."""

_LARGE_BYTES = 64_000_000
_MOST_COPIED = 64 << 20
# Bytes a pixel, measured by benchmarks/decoding_memory.py. Pillow keeps 4 in every mode but these,
_KEPT = {"1": 1, "L": 1, "P": 1}
_RGB = 4
# NumPy copies deep values, asks of each whether it is finite, and scales them;
_DEEP = {"I": 14, "F": 14}
_DEEP_16 = 9
# and these decoders have planes and canvases of their own: of an RGB image, and of any other.
_DECODERS = {"WEBP": (17, 19), "AVIF": (14, 14), "HEIF": (8, 14)}
_WORKING = 6_000_000
_TILE_SIDES = (322, 323)

_lock = threading.RLock()
_local = threading.local()


def check_file(content: bytes) -> None:
    """Refuse a file that would be copied whole, more than once, to read its header.

    Args:
        content: of a file in any format.

    Raises:
        UnreadableImage: it is a WebP, AVIF or HEIC file of more than 64 MiB, which no image that
            may be decoded needs.
    """
    copied = content[8:12] == b"WEBP" or content[4:8] == b"ftyp"
    if copied and len(content) > _MOST_COPIED:
        raise UnreadableImage(
            f"its {len(content) >> 20} MiB are copied to be read, and at most "
            f"{_MOST_COPIED >> 20} are in this format: save it smaller"
        )


def check_memory(image: Any, content_bytes: int, *, whole: tuple[int, int]) -> None:
    """Refuse an image that takes more than `MOST_BYTES` to decode, and wait where others do so.

    Args:
        image: opened by Pillow or libheif, not loaded; its size is what is decoded.
        content_bytes: of its file, which is in memory.
        whole: (width, height) in its file, of which a JPEG's draft is less.

    Raises:
        UnreadableImage: it takes more.
    """
    width, height = image.size
    needed = content_bytes + _progressive_bytes(image, whole) + _tile_bytes(image)
    needed += width * height * _bytes_a_pixel(image)
    _take(needed, f"decoding its {whole[0]} x {whole[1]} pixels from {image.format}")


def check_turning(image: Any, content_bytes: int) -> None:
    """Refuse to turn an RGB image, of which that makes a copy, for more than `MOST_BYTES`.

    Args:
        image: loaded.
        content_bytes: of its file, which is in memory.

    Raises:
        UnreadableImage: it takes more.
    """
    width, height = image.size
    needed = content_bytes + 2 * _RGB * width * height
    _take(needed, f"turning its {width} x {height} pixels upright")


def _take(needed: int, what: str) -> None:
    if needed + _WORKING > MOST_BYTES:
        raise UnreadableImage(
            f"{what} would take {needed // 10**6} MB of memory, and at most "
            f"{MOST_BYTES // 10**6} are taken: save it smaller"
        )
    wait_if_large(needed)


@contextlib.contextmanager
def one_large_at_a_time() -> Iterator[None]:
    """Let a block hold large images only while no other thread's does.

    It is for blocks that decode an image and reduce it: what they leave must be small.
    """
    outer = getattr(_local, "held", None)
    with contextlib.ExitStack() as held:
        _local.held = held
        try:
            yield
        finally:
            _local.held = outer


def wait_if_large(size: int) -> None:
    """Wait, in a block of `one_large_at_a_time`, until so many bytes may be taken."""
    held = getattr(_local, "held", None)
    if held is not None and size > _LARGE_BYTES:
        held.enter_context(_lock)


def _bytes_a_pixel(image: Any) -> int:
    mode, plain = str(image.mode), image.mode == "RGB" and "transparency" not in image.info
    if image.format in _DECODERS:
        of_rgb, of_others = _DECODERS[image.format]
        return of_rgb if plain and image.info.get("bit_depth", 8) == 8 else of_others
    if mode.startswith("I;16"):
        return _DEEP_16
    if mode in _DEEP:
        return _DEEP[mode]
    return _KEPT.get(mode, _RGB) + (0 if plain else _RGB)


def _progressive_bytes(image: Any, whole: tuple[int, int]) -> int:
    """What libjpeg keeps of a progressive JPEG, whatever size is asked for: two bytes a number."""
    components = getattr(image, "layer", None)
    if not components or not image.info.get("progressive"):
        return 0
    areas = [across * down for _, across, down, *_ in components]
    return int(2 * whole[0] * whole[1] * sum(areas) // max(1, *areas))


def _tile_bytes(image: Any) -> int:
    """What libtiff takes for one tile of a TIFF, which may be far larger than the image."""
    if image.format != "TIFF":
        return 0
    width, height = (image.tag_v2.get(tag, 0) for tag in _TILE_SIDES)
    return int(_RGB * width * height) if type(width) is type(height) is int else 0
