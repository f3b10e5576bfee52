"""Uploaded images made ready for the model: in threads, and in bounded memory."""

from typing import Any

from PIL import Image

from peu.images.decoding import declared_size, decode_image, to_rgb_image
from peu.images.large_images import one_large_at_a_time
from peu.models.predictor import Predictor
from peu.service.refusals import too_large
from peu.service.uploads import Upload


class Decoder:
    """Decodes images of a bounded size, and one large one at a time.

    Args:
        pixels: the most of an image.
    """

    def __init__(self, pixels: int) -> None:
        self._most = pixels

    def prepare(self, predictor: Predictor, upload: Upload) -> Any:
        """Decode an image and bring it to the form that the predictor takes.

        Threads may call this side by side; they wait for each other where their images are large.

        Raises:
            DataError: it is no image, is damaged or outside the limits.
        """
        with one_large_at_a_time():
            return predictor.prepare(self._decoded(upload, predictor.shorter_side))

    def _decoded(self, upload: Upload, shorter: int | None) -> Image.Image:
        content = upload.content
        if isinstance(content, bytes):
            self._check_pixels(*declared_size(content))
            return decode_image(content, shorter=shorter).image
        self._check_pixels(content.shape[1], content.shape[0])
        return to_rgb_image(content)

    def _check_pixels(self, width: int, height: int) -> None:
        if width * height > self._most:
            raise too_large(
                f"an image must have at most {self._most / 1e6:g} million pixels; received: "
                f"{width} x {height}"
            )
