"""What is known of each image without its pixels, kept so that no image is read twice."""

import contextlib
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from peu.errors import ResourceError
from peu.files import replacing, sha256_of_text
from peu.images.cache import cache_folder
from peu.images.colours import UnreadableImage
from peu.images.content import extension_notes, read_content
from peu.images.decoding import DECODING, decode_image
from peu.images.workers import in_order
from peu.progress import report

THUMBNAIL_SIDE = 32
_THUMBNAIL_BYTES = THUMBNAIL_SIDE * THUMBNAIL_SIDE


@dataclass(frozen=True)
class ImageFacts:
    """Describe one image.

    Attributes:
        width: in pixels, upright.
        height: in pixels, upright.
        mode: Pillow's name of the file's colour mode.
        format: Pillow's name of the file's format.
        sha256: of the file's content, in hexadecimal.
        thumbnail: 32 x 32 grey values in rows, uint8, stretched and area-averaged.
        notes: what was lost or assumed when it was decoded.
    """

    width: int
    height: int
    mode: str
    format: str
    sha256: str
    thumbnail: bytes
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Studied:
    """Hold what reading one file gave.

    Attributes:
        facts: None where the file cannot be used.
        reason: why it cannot, else "".
        stamp: size in bytes and time of change in nanoseconds, as they were before reading.
    """

    facts: ImageFacts | None
    reason: str
    stamp: tuple[int, int]


Known = dict[str, ImageFacts | str]


def study_images(
    paths: Sequence[Path],
    root: Path,
) -> list[Studied]:
    """Read every file, and decode those whose content has not been met before.

    Args:
        paths: the files, each below `root` or near it.
        root: names the index in the cache, so that a folder that grows by one image
            costs the decoding of one.

    Returns:
        One entry for each path, in order; a file that cannot be used has a reason.
    """
    index = _index_path(root)
    known = _read_index(index) if len(paths) > 1 else {}
    results: list[Studied] = []
    used: Known = {}
    report("Reading images", 0, len(paths))
    for digest, studied in in_order(lambda path: _study(path, known), paths):
        if digest:
            used[digest] = studied.facts or studied.reason
        results.append(_with_name(studied, paths[len(results)]))
        report("Reading images", len(results), len(paths))
    if len(paths) > 1 and used.keys() - known.keys():
        keep = known | used if len(known) <= 4 * len(used) else used
        with contextlib.suppress(ResourceError):
            _write_index(index, keep)
    return results


def thumbnail_of(image: Image.Image) -> bytes:
    """Give an image's thumbnail: grey, 32 x 32, stretched, each value a mean over its area."""
    size = (THUMBNAIL_SIDE, THUMBNAIL_SIDE)
    return image.convert("L").resize(size, Image.Resampling.BOX).tobytes()


def stamp_of(path: Path) -> tuple[int, int]:
    """Give a file's size in bytes and time of change in nanoseconds.

    Raises:
        OSError: the file is gone or cannot be reached.
    """
    status = os.stat(path)  # noqa: PTH116 - called for every image of every fold
    return status.st_size, status.st_mtime_ns


def _study(path: Path, known: Mapping[str, ImageFacts | str]) -> tuple[str, Studied]:
    stamp = (-1, -1)
    try:
        stamp = stamp_of(path)
        content = read_content(path)
    except OSError as error:
        return "", Studied(None, f"it cannot be read: {error.strerror or error}", stamp)
    except UnreadableImage as error:
        return "", Studied(None, str(error), stamp)
    digest = hashlib.sha256(content).hexdigest()
    found = known.get(digest) or _decoded_facts(content, digest)
    if isinstance(found, str):
        return digest, Studied(None, found, stamp)
    return digest, Studied(found, "", stamp)


def _decoded_facts(content: bytes, digest: str) -> ImageFacts | str:
    try:
        decoded = decode_image(content)
    except UnreadableImage as error:
        return str(error)
    return ImageFacts(
        *decoded.image.size,
        decoded.mode,
        decoded.format,
        digest,
        thumbnail_of(decoded.image),
        decoded.notes,
    )


def _with_name(studied: Studied, path: Path) -> Studied:
    """Add what depends on the file's name, which the index by content cannot hold."""
    if studied.facts is None:
        return studied
    notes = extension_notes(path, studied.facts.format)
    if not notes:
        return studied
    return replace(studied, facts=replace(studied.facts, notes=studied.facts.notes + notes))


def _index_path(root: Path) -> Path:
    key = sha256_of_text(f"{DECODING}\n{str(root.absolute())!a}")
    return cache_folder() / "facts" / f"{key[:32]}.npz"


def _write_index(path: Path, known: Known) -> None:
    seen = [facts for facts in known.values() if isinstance(facts, ImageFacts)]
    records = {
        "decoding": DECODING,
        "images": [
            [one.sha256, one.width, one.height, one.mode, one.format, one.notes] for one in seen
        ],
        "unreadable": {digest: one for digest, one in known.items() if isinstance(one, str)},
    }
    text = np.frombuffer(json.dumps(records).encode(), np.uint8)
    thumbnails = np.frombuffer(b"".join(one.thumbnail for one in seen), np.uint8)
    with replacing(path) as draft, draft.open("wb") as stream:
        np.savez(stream, records=text, thumbnails=thumbnails)


def _read_index(path: Path) -> Known:
    """Read an index, or none: whatever is wrong with it, the images themselves are there."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            records = json.loads(stored["records"].tobytes())
            thumbnails = stored["thumbnails"].tobytes()
        if records["decoding"] != DECODING:
            return {}
        known: Known = {str(digest): str(why) for digest, why in records["unreadable"].items()}
        known.update((facts.sha256, facts) for facts in _images(records, thumbnails))
    except Exception:  # noqa: BLE001 - a damaged zip raises many things
        return {}
    return known


def _images(records: dict[str, Any], thumbnails: bytes) -> Iterator[ImageFacts]:
    if len(thumbnails) != _THUMBNAIL_BYTES * len(records["images"]):
        raise ValueError("thumbnails are missing")
    for at, (digest, width, height, mode, kind, notes) in enumerate(records["images"]):
        thumbnail = thumbnails[at * _THUMBNAIL_BYTES : (at + 1) * _THUMBNAIL_BYTES]
        yield ImageFacts(
            int(width), int(height), str(mode), str(kind), str(digest), thumbnail, tuple(notes)
        )
