"""Images inside a page: small copies and data URIs."""

import base64
import io

from PIL import Image

_QUALITY = 82


def thumbnail(image: Image.Image, longest: int = 280) -> Image.Image:
    """An RGB copy whose longer side has at most `longest` pixels."""
    small = image.convert("RGB")
    small.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return small


def jpeg_uri(image: Image.Image) -> str:
    """An image as the data URI of a JPEG, which an `<img>` shows without any file."""
    stream = io.BytesIO()
    image.convert("RGB").save(stream, format="JPEG", quality=_QUALITY, optimize=True)
    return _uri("jpeg", stream.getvalue())


def png_uri(image: Image.Image) -> str:
    """An image as the data URI of a PNG, which keeps every pixel as it is."""
    return _uri("png", png_bytes(image))


def png_bytes(image: Image.Image) -> bytes:
    """The content of an image's PNG file."""
    stream = io.BytesIO()
    image.save(stream, format="PNG", optimize=True)
    return stream.getvalue()


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode('ascii')}"
