"""Small copies of a workspace's images, made when they are first looked at and kept as files."""

import hashlib
import io
import threading
from pathlib import Path

from peu.app.listing import WorkspaceImage
from peu.errors import ResourceError
from peu.files import write_bytes
from peu.images.decoding import decode_image

_THUMBNAIL, _VIEW = 192, 1280
_QUALITY = 80
_AT_ONCE = 2


class Thumbnails:
    """Makes and keeps small copies.

    Args:
        folder: where they are kept; it may be deleted at any time.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # Decoded, one large photo takes 200 MB: never many at once.
        self._turn = threading.BoundedSemaphore(_AT_ONCE)

    def thumbnail(self, image: WorkspaceImage) -> bytes:
        """A JPEG whose longer side has at most 192 pixels; kept.

        Raises:
            UnreadableImage: the file cannot be decoded.
        """
        name = hashlib.sha256(image.stamp.encode()).hexdigest()
        place = self._folder / name[:2] / f"{name[2:24]}.jpg"
        try:
            return place.read_bytes()
        except OSError:
            return self.keep(image, self._reduced(image, _THUMBNAIL))

    def view(self, image: WorkspaceImage) -> bytes:
        """A JPEG that fills a screen; not kept.

        Raises:
            UnreadableImage: the file cannot be decoded.
        """
        return self._reduced(image, _VIEW)

    def keep(self, image: WorkspaceImage, content: bytes) -> bytes:
        """Keep a thumbnail that was made elsewhere; return it."""
        name = hashlib.sha256(image.stamp.encode()).hexdigest()
        try:
            write_bytes(self._folder / name[:2] / f"{name[2:24]}.jpg", content)
        except ResourceError:
            # A full disk is no reason to show no images.
            return content
        return content

    def _reduced(self, image: WorkspaceImage, longest: int) -> bytes:
        with self._turn:
            small = decode_image(image.path, shorter=longest).image
            small.thumbnail((longest, longest))
            stream = io.BytesIO()
            small.save(stream, "JPEG", quality=_QUALITY)
        return stream.getvalue()
