"""Uploaded images made ready for the model: in threads, and in bounded memory."""

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

from PIL import Image

from peu.images.decoding import declared_size, decode_image, to_rgb_image
from peu.models.predictor import Predictor
from peu.service.refusals import too_large
from peu.service.uploads import Upload


class Decoder:
    """Decodes images of a bounded size, and only so many pixels at one moment.

    Args:
        pixels: the most of one image, and of all that are decoded side by side.
    """

    def __init__(self, pixels: int) -> None:
        self._most = pixels
        self._pixels = _Shared(pixels)

    def prepare(self, predictor: Predictor, upload: Upload) -> Any:
        """Decode an image and bring it to the form that the predictor takes.

        Threads may call this side by side; they wait for each other where their images are large.

        Raises:
            DataError: it is no image, is damaged or outside the limits.
        """
        content = upload.content
        if not isinstance(content, bytes):
            with self._room(content.shape[1], content.shape[0]):
                return predictor.prepare(to_rgb_image(content))
        width, height = declared_size(content)
        with self._room(width, height):
            return predictor.prepare(_decoded(content, predictor))

    def _room(self, width: int, height: int) -> "contextlib.AbstractContextManager[None]":
        if width * height > self._most:
            raise too_large(
                f"an image must have at most {self._most / 1e6:g} million pixels; received: "
                f"{width} x {height}"
            )
        return self._pixels.taken(width * height)


def _decoded(content: bytes, predictor: Predictor) -> Image.Image:
    return decode_image(content, shorter=predictor.shorter_side).image


class _Shared:
    """An amount that threads share: each waits until what it needs is free."""

    def __init__(self, amount: int) -> None:
        self._free = amount
        self._changed = threading.Condition()

    @contextlib.contextmanager
    def taken(self, amount: int) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._free >= amount)
            self._free -= amount
        try:
            yield
        finally:
            with self._changed:
                self._free += amount
                self._changed.notify_all()
