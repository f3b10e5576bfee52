"""HEIC images, as phones write them, by libheif."""

import io
from typing import Any

from PIL import Image

from peu.images.colours import UnreadableImage

HEIF = "HEIF"
"""Name of the format, as of Pillow's formats."""

_BRANDS = frozenset(
    (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs", b"mif1", b"msf1")
)


def is_heic(content: bytes) -> bool:
    """Whether a file starts as HEIC does."""
    return content[4:8] == b"ftyp" and content[8:12] in _BRANDS


class HeicFile:
    """The header of a HEIC file, and its main image once that is decoded.

    Args:
        content: the whole file.

    Raises:
        UnreadableImage: HEIC cannot be read on this system.
        Exception: whatever libheif says of a damaged file.
    """

    format = HEIF

    def __init__(self, content: bytes) -> None:
        try:
            import pi_heif
        except ImportError as error:
            raise UnreadableImage(
                "it is a HEIC image, which needs pi-heif: pip install pi-heif, or save it as JPEG"
            ) from error
        self._file: Any = pi_heif.open_heif(io.BytesIO(content))
        self.size: tuple[int, int] = self._file.size
        self.mode: str = self._file.mode
        self.info: dict[str, Any] = {"bit_depth": self._file.info.get("bit_depth", 8)}
        self.is_animated = len(self._file) > 1

    def decode(self) -> Image.Image:
        """The main image, of 8 bits and upright: libheif turns it as the file asks."""
        image: Image.Image = self._file.to_pillow()
        image.info.clear()
        return image
