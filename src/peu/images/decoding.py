"""One image file in, upright 8-bit RGB out: the one place that decodes and resizes."""

import contextlib
import io
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError
from PIL import __version__ as pillow_version

from peu.images.colours import UnreadableImage, eight_bits, to_rgb
from peu.images.content import SUFFIXES, extension_notes, read_content, what_instead
from peu.images.heic import HEIF, HeicFile, is_heic
from peu.images.jpeg import check_jpeg
from peu.images.large_images import (
    LARGE_PIXELS,
    check_file,
    check_memory,
    check_turning,
    one_large_at_a_time,
)
from peu.images.pillow_warnings import without_warnings
from peu.images.resizing import ResizeMode, resize_image

__all__ = [
    "DECODING",
    "MAX_PIXELS",
    "MIN_SIDE",
    "DecodedImage",
    "UnreadableImage",
    "declared_size",
    "decode_image",
    "extension_notes",
    "read_content",
    "read_image",
    "resize_image",
    "to_rgb_image",
]

DECODING = f"5-{pillow_version}"
"""The rules of this module and what carries them out: another text, other pixels."""

MIN_SIDE = 8
MAX_PIXELS = 64_000_000

# MPO opens as JPEG does, and HEIF is not Pillow's.
_FORMATS = tuple(name for name in SUFFIXES if name not in ("MPO", HEIF))
_ORIENTATION_TAG = 0x0112
_MARGIN = 2
_FRAMES = "several frames: the first is used"
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class DecodedImage:
    """A decoded image and what its file was like.

    Attributes:
        image: mode RGB, upright.
        size: (width, height) of the upright image in its file, which may have been reduced.
        mode: Pillow's name of the file's colour mode, such as "L" or "CMYK".
        format: Pillow's name of the file's format, such as "JPEG".
        notes: what was lost or assumed on the way, a few words each.
    """

    image: Image.Image
    size: tuple[int, int]
    mode: str
    format: str
    notes: tuple[str, ...]


def decode_image(source: Path | bytes, *, shorter: int | None = None) -> DecodedImage:
    """Decode a whole image file and turn it upright.

    The format is read from the content; animations and multi-page files give their first
    frame. An image of more than `MAX_PIXELS` pixels, with a side below `MIN_SIDE` pixels or that
    would take more than 300 MB to decode is refused from its header, before any memory is spent.

    Args:
        source: a path, or a file's content.
        shorter: what the shorter side is resized to afterwards, in pixels. A JPEG of at least four
            times that is decoded at a half, a quarter or an eighth of its size, never below twice
            that side: three times as fast for a phone's photo, and a fifteenth of the memory.
            Resized, it differs by 0.4 grey levels on average. Others are decoded whole, and then
            reduced so where they have more than 16 million pixels.

    Returns:
        The image in RGB, with what the file was like.

    Raises:
        UnreadableImage: it is no image, is damaged, or is outside the limits.

    Example:
        >>> content = io.BytesIO()
        >>> Image.new("L", (30, 20)).save(content, "PNG")
        >>> decoded = decode_image(content.getvalue())
        >>> decoded.image.size, decoded.image.mode, decoded.mode
        ((30, 20), 'RGB', 'L')
    """
    if isinstance(source, bytes):
        return _decode(source, shorter)
    decoded = _decode(read_content(source), shorter)
    return replace(decoded, notes=decoded.notes + extension_notes(source, decoded.format))


def declared_size(content: bytes) -> tuple[int, int]:
    """Size that the header of an image file declares, before any pixel is decoded.

    For whoever has to know what decoding will cost; `decode_image` checks the rest.

    Args:
        content: the file.

    Returns:
        (width, height) in pixels, as stored: not yet upright.

    Raises:
        UnreadableImage: it is no image in a format that is read.

    Example:
        >>> content = io.BytesIO()
        >>> Image.new("L", (30, 20)).save(content, "PNG")
        >>> declared_size(content.getvalue())
        (30, 20)
    """
    with without_warnings(), _explained():
        opened = _open(content)
        if isinstance(opened, HeicFile):
            return opened.size
        with opened:
            return opened.size


def read_image(
    path: Path, image_size: tuple[int, int], resize_mode: ResizeMode
) -> NDArray[np.uint8]:
    """Decode an image file and bring it to a size.

    Args:
        path: the file.
        image_size: (height, width) in pixels.
        resize_mode: as in `resize_image`.

    Returns:
        (height, width, 3) uint8.

    Raises:
        UnreadableImage: as in `decode_image`.
    """
    with one_large_at_a_time():
        return resize_image(decode_image(path).image, image_size, resize_mode)


def to_rgb_image(image: Image.Image | NDArray[Any]) -> Image.Image:
    """Convert an image in memory to upright RGB, as `decode_image` does.

    Args:
        image: a Pillow image of any mode, or an array (height, width), or (height, width,
            channels) of 1 grey, 3 RGB or 4 RGBA channels; values as in `eight_bits`.

    Returns:
        Mode RGB, upright, transparency laid on white.

    Raises:
        UnreadableImage: the shape or values have no rule, or the size is outside the limits.

    Example:
        >>> to_rgb_image(np.zeros((10, 20))).size
        (20, 10)
    """
    if isinstance(image, Image.Image):
        check_size(image.size)
        with without_warnings(), _explained():
            image.load()
            upright, _ = _turned(to_rgb(image)[0], image, 0)
            return upright
    values = np.asarray(image)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim != 2 and not (values.ndim == 3 and values.shape[2] in (3, 4)):
        raise UnreadableImage(
            "expected an array of shape (height, width) or (height, width, 1, 3 or 4 channels); "
            f"received shape {values.shape}"
        )
    check_size((values.shape[1], values.shape[0]))
    return to_rgb(Image.fromarray(eight_bits(values)[0]))[0]


def _open(content: bytes) -> ImageFile.ImageFile | HeicFile:
    """Read a file's header."""
    if not content:
        raise UnreadableImage("the file is empty")
    check_file(content)
    try:
        return Image.open(io.BytesIO(content), formats=_FORMATS)
    except UnidentifiedImageError:
        if is_heic(content):
            return HeicFile(content)
        raise UnreadableImage(what_instead(content)) from None


def _decode(content: bytes, shorter: int | None) -> DecodedImage:
    with without_warnings(), _explained():
        opened = _open(content)
        if isinstance(opened, HeicFile):
            return _decode_heic(opened, len(content), shorter)
        whole = opened.size
        check_size(whole)
        if opened.format in ("JPEG", "MPO"):
            check_jpeg(content, whole)
            if shorter is not None:
                opened.draft(None, (_MARGIN * shorter, _MARGIN * shorter))
        check_memory(opened, len(content), whole=whole)
        if opened.format == "PNG":
            # Loading a PNG skips the checksums of its pixels; verifying uses it up.
            opened.verify()
            opened = Image.open(io.BytesIO(content), formats=("PNG",))
        with opened:
            return _load(opened, len(content), whole, shorter)


def _decode_heic(file: HeicFile, content_bytes: int, shorter: int | None) -> DecodedImage:
    check_size(file.size)
    check_memory(file, content_bytes, whole=file.size)
    notes = (_FRAMES,) if file.is_animated else ()
    decoded = file.decode()
    check_size(decoded.size)
    size = decoded.size
    rgb, colour_notes = to_rgb(decoded)
    rgb = _reduced(rgb, shorter)
    return DecodedImage(rgb, size, file.mode, file.format, (*notes, *colour_notes))


def _load(
    opened: ImageFile.ImageFile, content_bytes: int, whole: tuple[int, int], shorter: int | None
) -> DecodedImage:
    mode, format_name = opened.mode, opened.format or "unknown"
    notes = []
    if getattr(opened, "is_animated", False):
        notes.append(_FRAMES)
    opened.load()
    check_size(opened.size)
    if opened.format not in ("JPEG", "MPO"):
        whole = opened.size
    rgb, colour_notes = to_rgb(opened)
    upright, turn_notes = _turned(rgb, opened, content_bytes)
    if (upright.width > upright.height) != (whole[0] > whole[1]):
        whole = whole[::-1]
    # Not copied, for there may be 256 MB of it; nothing else keeps it.
    upright.info.clear()
    upright = _reduced(upright, shorter)
    return DecodedImage(upright, whole, mode, format_name, (*notes, *colour_notes, *turn_notes))


def _reduced(image: Image.Image, shorter: int | None) -> Image.Image:
    """Reduce what is large as a draft of a JPEG would be, so that many can wait."""
    if shorter is None or image.width * image.height <= LARGE_PIXELS:
        return image
    factor = min(image.size) // (_MARGIN * shorter)
    return image.reduce(factor) if factor > 1 else image


def _turned(
    rgb: Image.Image, source: Image.Image, content_bytes: int
) -> tuple[Image.Image, tuple[str, ...]]:
    """Turn `rgb` as the EXIF record of `source` asks."""
    try:
        orientation = source.getexif().get(_ORIENTATION_TAG, 1)
    except Exception:  # noqa: BLE001 - whatever a damaged record makes Pillow raise
        return rgb, ("its EXIF record is damaged: taken to be upright",)
    method = _UPRIGHT.get(orientation) if isinstance(orientation, int) else None
    if method is None:
        return rgb, ()
    check_turning(rgb, content_bytes)
    return rgb.transpose(method), ()


def check_size(size: tuple[int, int]) -> None:
    """Refuse an image of more than `MAX_PIXELS` pixels or a side below `MIN_SIDE`.

    Args:
        size: (width, height) in pixels.

    Raises:
        UnreadableImage: it is outside the limits.
    """
    width, height = size
    if width * height > MAX_PIXELS:
        raise UnreadableImage(
            f"it says that it is {width} x {height} pixels: at most {MAX_PIXELS // 10**6} "
            "million are read"
        )
    if min(width, height) < MIN_SIDE:
        raise UnreadableImage(
            f"it is {width} x {height} pixels: each side must be at least {MIN_SIDE}"
        )


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    """Turn any error of a decoder into a reason of one line."""
    try:
        yield
    except (UnreadableImage, MemoryError):
        raise
    except Image.DecompressionBombError as error:
        raise UnreadableImage(
            f"it says that it has more than {MAX_PIXELS // 10**6} million pixels"
        ) from error
    except Exception as error:
        text = " ".join(str(error).split()) or type(error).__name__
        raise UnreadableImage(f"it is damaged: {text}") from error
