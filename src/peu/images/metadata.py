"""From files to records: each is hashed, and decoded only if its content is new."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.images.cache import store_of
from peu.images.colours import UnreadableImage
from peu.images.content import extension_notes, read_content
from peu.images.decoding import decode_image
from peu.images.large_images import one_large_at_a_time
from peu.images.layouts import Candidate
from peu.images.records import THUMBNAIL_SIDE, ImageMetadata, ImageRecord
from peu.images.workers import in_order
from peu.progress import report

_FORMAT = 1
# A photo's thumbnail is a mean over areas, and so is its reduced form.
_STUDIED_SIDE = 16 * THUMBNAIL_SIDE
_THUMBNAIL_BYTES = THUMBNAIL_SIDE * THUMBNAIL_SIDE

Stamp = tuple[int, int]


def read_records(candidates: Sequence[Candidate]) -> list[ImageRecord | str]:
    """Read every file, and decode those whose content was never met before.

    What was learnt is kept by content, so that a folder that grows by one image costs the
    decoding of one.

    Args:
        candidates: the files.

    Returns:
        For each file, in order, its record, or why it cannot be used.
    """
    hashed: list[tuple[Stamp, str] | UnreadableImage] = []
    report("Reading images", 0, len(candidates))
    for one in in_order(_hashed, [each.path for each in candidates]):
        hashed.append(one)
        report("Reading images", len(hashed), len(candidates))
    keep = len(candidates) > 1
    store = store_of(("metadata", _FORMAT))
    digests = dict.fromkeys(one[1] for one in hashed if isinstance(one, tuple))
    known = {digest: _parsed(digest, row) for digest, row in store.read(digests if keep else ())}
    new = {
        one[1]: each.path
        for one, each in zip(hashed, candidates, strict=True)
        if isinstance(one, tuple) and one[1] not in known
    }
    studied = in_order(lambda item: (item[0], _studied(*item)), new.items())
    for done, (digest, found) in enumerate(studied, start=1):
        known[digest] = found
        report("Decoding new images", done, len(new))
    if new and keep:
        store.write({digest: _packed(known[digest]) for digest in new})
    return [_record(each, one, known) for each, one in zip(candidates, hashed, strict=True)]


def stamp_of(path: Path) -> Stamp:
    """A file's size in bytes and time of change in nanoseconds.

    Raises:
        OSError: the file is gone or cannot be reached.
    """
    status = os.stat(path)  # noqa: PTH116 - called for every image of every fold
    return status.st_size, status.st_mtime_ns


def thumbnail_of(image: Image.Image) -> bytes:
    """An image's thumbnail: grey, 32 x 32, stretched, each value a mean over its area."""
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    return image.convert("L").resize(size, Image.Resampling.BOX).tobytes()


def _hashed(path: Path) -> tuple[Stamp, str] | UnreadableImage:
    try:
        stamp = stamp_of(path)
        with one_large_at_a_time():
            return stamp, hashlib.sha256(read_content(path)).hexdigest()
    except OSError as error:
        return UnreadableImage(f"it cannot be read: {error.strerror or error}")
    except UnreadableImage as error:
        return error


def _studied(digest: str, path: Path) -> ImageMetadata | str:
    try:
        with one_large_at_a_time():
            content = read_content(path)
            if hashlib.sha256(content).hexdigest() != digest:
                return "it changed while it was read: run the same command again"
            decoded = decode_image(content, shorter=_STUDIED_SIDE)
            thumbnail = thumbnail_of(decoded.image)
    except UnreadableImage as error:
        return str(error)
    return ImageMetadata(
        *decoded.size,
        mode=decoded.mode,
        format=decoded.format,
        sha256=digest,
        thumbnail=thumbnail,
        notes=decoded.notes,
    )


def _record(
    candidate: Candidate,
    hashed: tuple[Stamp, str] | UnreadableImage,
    known: dict[str, ImageMetadata | str],
) -> ImageRecord | str:
    if isinstance(hashed, UnreadableImage):
        return str(hashed)
    stamp, digest = hashed
    found = known[digest]
    if isinstance(found, str):
        return found
    # What depends on the file's name cannot be kept by content.
    notes = extension_notes(candidate.path, found.format)
    metadata = replace(found, notes=found.notes + notes) if notes else found
    return ImageRecord(candidate.path, candidate.key, metadata, candidate.part, stamp)


def _packed(found: ImageMetadata | str) -> NDArray[np.uint8]:
    if isinstance(found, str):
        thumbnail, fields = bytes(_THUMBNAIL_BYTES), json.dumps(found)
    else:
        values = [found.width, found.height, found.mode, found.format, found.notes]
        thumbnail, fields = found.thumbnail, json.dumps(values)
    return np.frombuffer(thumbnail + fields.encode(), np.uint8)


def _parsed(digest: str, row: NDArray[np.uint8]) -> ImageMetadata | str:
    content = row.tobytes()
    fields = json.loads(content[_THUMBNAIL_BYTES:])
    if isinstance(fields, str):
        return fields
    width, height, mode, format_name, notes = fields
    thumbnail = content[:_THUMBNAIL_BYTES]
    return ImageMetadata(width, height, mode, format_name, digest, thumbnail, tuple(notes))


def short_hash(sha256: str) -> str:
    """The part of an image's hash by which a saved model remembers its training images."""
    return sha256[:16]
