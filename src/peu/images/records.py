"""What an image set is made of: one record an image, one for each file that is not used."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

THUMBNAIL_SIDE = 32


@dataclass(frozen=True)
class ImageMetadata:
    """What is known of an image's content without its pixels.

    Attributes:
        width: in pixels, upright.
        height: in pixels, upright.
        mode: Pillow's name of the colour mode, as in the file.
        format: Pillow's name of the file's format; "npz" or "memory" where there is no file.
        sha256: of the file's content, or of an array's shape and values, in hexadecimal.
        thumbnail: 32 x 32 grey values in rows, uint8, stretched and area-averaged.
        notes: what was lost or assumed when it was decoded.
    """

    width: int
    height: int
    mode: str
    format: str
    sha256: str
    thumbnail: bytes = field(repr=False)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class ImageRecord:
    """One usable image of a set.

    Attributes:
        path: where it is; of an image in memory only a name.
        key: its name relative to the set's root, with forward slashes.
        metadata: what is known of its content.
        part: "", "train", "validation" or "test".
        stamp: the file's size in bytes and time of change in nanoseconds when it was read;
            None for an image in memory.
        array: (height, width) grey or (height, width, 3) RGB uint8 of an image in memory.
        content: the file's bytes, uint8, where the file itself is on another machine.
    """

    path: Path
    key: str
    metadata: ImageMetadata
    part: str = ""
    stamp: tuple[int, int] | None = field(default=None, repr=False)
    array: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)
    content: NDArray[np.uint8] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class SetAside:
    """A file that is not used, and why.

    Attributes:
        path: relative to the set's root, with forward slashes.
        reason: one line.
    """

    path: str
    reason: str
