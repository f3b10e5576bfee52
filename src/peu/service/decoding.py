"""Uploaded images made ready for the model: in threads, and in bounded memory."""

from typing import Any

from PIL import Image

from peu.images.decoding import declared_size, decode_image, to_rgb_image
from peu.images.large_images import one_large_at_a_time
from peu.models.predictor import Predictor
from peu.service.refusals import too_large
from peu.service.uploads import Upload

_SLOW_PIXELS = 4_000_000
_SLOW_JPEG_PIXELS = 16_000_000
_JPEG = b"\xff\xd8"


class Decoder:
    """Decodes images of a bounded size, and one large one at a time.

    Args:
        pixels: the most of an image.
    """

    def __init__(self, pixels: int) -> None:
        self._most = pixels

    def prepare_quickly(self, predictor: Predictor, upload: Upload) -> Any | None:
        """Prepare an image as `prepare` does, unless decoding it takes long.

        Returns:
            What the predictor takes, or None where others should pass first.

        Raises:
            DataError: it is damaged or outside the limits.
        """
        return None if self._is_slow(upload) else self.prepare(predictor, upload)

    def prepare(self, predictor: Predictor, upload: Upload) -> Any:
        """Decode an image and bring it to the form that the predictor takes.

        Threads may call this side by side; they wait for each other where their images are large.

        Raises:
            DataError: it is damaged or outside the limits.
        """
        with one_large_at_a_time():
            return predictor.prepare(_decoded(upload, predictor.shorter_side))

    def _is_slow(self, upload: Upload) -> bool:
        content = upload.content
        if not isinstance(content, bytes):
            self._check_pixels(content.shape[1], content.shape[0])
            return False
        width, height = declared_size(content)
        self._check_pixels(width, height)
        # A JPEG is decoded at a part of its size.
        most = _SLOW_JPEG_PIXELS if content.startswith(_JPEG) else _SLOW_PIXELS
        return width * height > most

    def _check_pixels(self, width: int, height: int) -> None:
        if width * height > self._most:
            raise too_large(
                f"an image must have at most {self._most / 1e6:g} million pixels; received: "
                f"{width} x {height}"
            )


def _decoded(upload: Upload, shorter: int | None) -> Image.Image:
    if isinstance(upload.content, bytes):
        return decode_image(upload.content, shorter=shorter).image
    return to_rgb_image(upload.content)
