"""The bytes of an image file: read with care, and named by what they are."""

import os
import stat
from pathlib import Path

from peu.images.colours import UnreadableImage
from peu.images.large_images import wait_if_large

MAX_FILE_BYTES = 256 << 20

SUFFIXES: dict[str, tuple[str, ...]] = {
    "JPEG": (".jpg", ".jpeg", ".jpe", ".jfif"),
    "MPO": (".mpo", ".jpg", ".jpeg"),
    "PNG": (".png", ".apng"),
    "GIF": (".gif",),
    "BMP": (".bmp", ".dib"),
    "WEBP": (".webp",),
    "TIFF": (".tif", ".tiff"),
    "PPM": (".ppm", ".pgm", ".pbm", ".pnm"),
    "AVIF": (".avif",),
    "HEIF": (".heic", ".heif", ".hif"),
}
READ = "JPEG, PNG, GIF, BMP, WebP, TIFF, PPM, AVIF or HEIC"
_FOREIGN = (
    (b"<!doctype html", "a web page"),
    (b"<html", "a web page"),
    (b"<svg", "an SVG drawing"),
    (b"<?xml", "an XML file, perhaps an SVG drawing"),
    (b"8bps", "a Photoshop file"),
    (b"%!ps", "a PostScript file"),
    (b"\xc5\xd0\xd3\xc6", "a PostScript file"),
    (b"%pdf", "a PDF file"),
    (b"version https://git-lfs", "a Git LFS pointer, not the image itself"),
)


def read_content(path: Path) -> bytes:
    """Read a regular file whole, and never wait for a device or a pipe.

    Raises:
        UnreadableImage: it is no regular file, cannot be read, is empty or too large.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as stream:  # noqa: PTH123 - of a descriptor
            status = os.fstat(stream.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise UnreadableImage("it is not a regular file")
            if status.st_size > MAX_FILE_BYTES:
                raise UnreadableImage(f"the file is larger than {MAX_FILE_BYTES >> 20} MiB")
            wait_if_large(status.st_size)
            content = stream.read(MAX_FILE_BYTES)
    except OSError as error:
        raise UnreadableImage(f"it cannot be opened: {error.strerror or error}") from error
    if not content:
        raise UnreadableImage("the file is empty")
    return content


def extension_notes(path: Path, format_name: str) -> tuple[str, ...]:
    """A note where a file's name promises another format than its content has."""
    suffix = path.suffix.lower()
    if not suffix or suffix in SUFFIXES.get(format_name, ()):
        return ()
    return (f"named {suffix} but holds {format_name}: read by its content",)


def what_instead(content: bytes) -> str:
    """What a file is that is no image in a format that is read."""
    head = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for start, meaning in _FOREIGN:
        if head.startswith(start):
            return f"it is {meaning}: {READ} is read"
    return f"it is not an image in a format that is read ({READ}), or its start is damaged"
