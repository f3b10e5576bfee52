"""Images and files as they come in practice: sound, odd and broken."""

import base64
import io
import struct
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

_BOMB = zlib.compress(bytes(50 << 20))


def drawing(width: int = 40, height: int = 30, seed: int = 0) -> NDArray[np.uint8]:
    """A smooth image without symmetry: (height, width, 3)."""
    rng = np.random.default_rng(seed)
    small = Image.fromarray(rng.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    return np.array(small.resize((width, height), Image.Resampling.BICUBIC))


def encoded(image: Image.Image, format_name: str = "PNG", **options: object) -> bytes:
    stream = io.BytesIO()
    image.save(stream, format_name, **options)
    return stream.getvalue()


def write_image(path: Path, seed: int = 0, size: tuple[int, int] = (40, 30)) -> Path:
    """Write a sound image in the format of the path's suffix."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(drawing(*size, seed=seed)).save(path)
    return path


def write_classes(root: Path, counts: dict[str, int], suffix: str = ".png") -> Path:
    """Write class folders, each image different."""
    seed = 0
    for name, count in counts.items():
        (root / name).mkdir(parents=True, exist_ok=True)
        for number in range(count):
            seed += 1
            write_image(root / name / f"{number}{suffix}", seed)
    return root


def png_chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def png(
    width: int, height: int, rows: bytes, *, depth: int = 8, colour: int = 0, extra: bytes = b""
) -> bytes:
    """A PNG from its rows, each with its filter byte; `extra` chunks come before the pixels."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + png_chunk(b"IHDR", header)
        + extra
        + png_chunk(b"IDAT", zlib.compress(rows))
        + png_chunk(b"IEND", b"")
    )


def grey_png(extra: bytes = b"") -> bytes:
    return png(20, 20, (b"\0" + bytes(range(20))) * 20, extra=extra)


def huge_header() -> bytes:
    """100 megapixels that are only promised."""
    return png(10_001, 10_000, b"\0")


def text_bomb() -> bytes:
    return grey_png(png_chunk(b"zTXt", b"Comment\0\0" + _BOMB))


def profile_bomb() -> bytes:
    return grey_png(png_chunk(b"iCCP", b"profile\0\0" + _BOMB))


def many_text_bombs() -> bytes:
    one = png_chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1000 << 10)))
    return grey_png(one * 100)


def bad_checksum() -> bytes:
    content = bytearray(grey_png())
    at = content.index(b"IDAT")
    length = struct.unpack(">I", content[at - 4 : at])[0]
    content[at + 4 + length] ^= 1
    return bytes(content)


def half_a_jpeg() -> bytes:
    whole = encoded(Image.fromarray(drawing(200, 150)), "JPEG")
    return whole[: len(whole) // 2]


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><circle r="5"/></svg>'
HTML = b"\n<!DOCTYPE html><html><body>404 not found</body></html>"
PSD = b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 20, 20, 8, 3) + bytes(2000)


def eps() -> bytes:
    return encoded(Image.fromarray(drawing()), "EPS")


BROKEN = {
    "empty": (b"", "empty"),
    "svg": (SVG, "SVG"),
    "html": (HTML, "web page"),
    "half a jpeg": (half_a_jpeg(), "truncated"),
    "checksum": (bad_checksum(), "checksum"),
    "huge": (huge_header(), "64 million"),
    "text bomb": (text_bomb(), "too large"),
    "profile bomb": (profile_bomb(), "too large"),
    "many text bombs": (many_text_bombs(), "Too much memory"),
    "psd": (PSD, "Photoshop"),
    "eps": (eps(), "PostScript"),
    "tiny": (encoded(Image.new("RGB", (1, 1))), "at least 8"),
    "thread": (encoded(Image.new("L", (1, 50_000))), "at least 8"),
    "noise": (bytes(range(256)) * 4, "not an image"),
    "nan": (encoded(Image.fromarray(np.full((20, 20), np.nan, np.float32)), "TIFF"), "NaN"),
    "wild floats": (encoded(Image.fromarray(np.full((9, 9), -7.5, np.float32)), "TIFF"), "-7.5"),
    "lfs": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "LFS"),
}
"""What cannot be used, by name: the content, and a word of the reason."""

# `drawing(64, 48, seed=3)` at quality 40, turned by EXIF and by the file's own box alike. pi-heif
# has no encoder to make it here.
_HEIC = (
    "AAAAHGZ0eXBoZWljAAAAAG1pZjFoZWljbWlhZgAAAchtZXRhAAAAAAAAACFoZGxyAAAAAAAAAABwaWN0AAAAAAAA"
    "AAAAAAAAAAAAADRpbG9jAAAAAERAAAIAAQAAAAAB7AABAAAAAAAAAKoAAgAAAAAClgABAAAAAAAAACQAAAA4aWlu"
    "ZgAAAAAAAgAAABVpbmZlAgAAAAABAABodmMxAAAAABVpbmZlAgAAAQACAABFeGlmAAAAAA5waXRtAAAAAAABAAAB"
    "B2lwcnAAAADmaXBjbwAAAHZodmNDAQNwAAAAkAAAAAAAHvAA/P34+AAADwNgAAEAGEABDAH//wNwAAADAJAAAAMA"
    "AAMAHroCQGEAAQAqQgEBA3AAAAMAkAAAAwAAAwAeoCCBBZbq5Ka5uAhoMCAAAAMDIAAAAwAhYgABAAZEAcFzwIkA"
    "AAATY29scm5jbHgAAQANAAaAAAAAFGlzcGUAAAAAAAAAQAAAAEAAAAAoY2xhcAAAAEAAAAABAAAAMAAAAAEAAAAA"
    "AAAAAv////AAAAACAAAAEHBpeGkAAAAAAwgICAAAAAlpcm90AwAAABlpcG1hAAAAAAAAAAEAAQaBAgMFhIYAAAAa"
    "aXJlZgAAAAAAAAAOY2RzYwACAAEAAQAAANZtZGF0AAAApigBr1jm9dzrDs+b/MifzVFNVwfdIIflb0xy/RwDOkLP"
    "ygdL2M8dYD6gMP2MJjYEKDTbcUDctQpiRvMS87/r72fWecU4zypACw2EKBfcwZ0QKi51W0AdXJOs5BRGy+CHGIl2"
    "I7Wo+z3wKc4Fxnb3iNuZbxS6GI8qi7iVY+6YkC/k08cBGiVUzsHwuJ1yzlVaSNsvLkQeUGD7GGAtvlkelNZCxPqJ"
    "GYAAAAAGRXhpZgAATU0AKgAAAAgAAQESAAMAAAABAAYAAAAAAAA="
)


def heic() -> bytes:
    """A phone's image, 48 wide and 64 high once it is upright."""
    return base64.b64decode(_HEIC)
