"""Copies of images in a folder for each class that a model sees in them."""

import contextlib
import hashlib
import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from peu.errors import ResourceError
from peu.files import cannot_write, write_new
from peu.images.colours import UnreadableImage
from peu.images.content import read_content
from peu.models.streaming import Row
from peu.wording import quoted

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)
_MOST_BYTES = 120
_DIGITS = (8, 64)
NONE_OF_THESE = "none of these"


class SortedCopies:
    """Copies images into class folders; nothing is moved, and no file that is there is touched.

    Images that are none of the classes get a folder of their own. An image whose name is taken gets
    part of its hash into its name; one that is there already is not copied again.

    Args:
        folder: what the class folders go into.
        class_names: of the model.

    Attributes:
        copied: number of copies made.
        present: number of images that were there already.
        left: number of images without a prediction or a file.

    Raises:
        ResourceError: `folder` is a file.
    """

    def __init__(self, folder: Path, class_names: Sequence[str]) -> None:
        if folder.exists() and not folder.is_dir():
            raise ResourceError(
                f"`--sort-into` must be a folder. Received the file {quoted(folder)}. Choose "
                "another name."
            )
        self._folder = folder
        self._folders = {
            name: folder / each
            for name, each in zip(
                (*class_names, None), folder_names([*class_names, NONE_OF_THESE]), strict=True
            )
        }
        self.copied = 0
        self.present = 0
        self.left = 0

    def summary(self) -> str:
        """How many were copied, and why others were not."""
        parts = [f"{self.copied:,} copied"]
        if self.present:
            parts.append(f"{self.present:,} there already")
        if self.left:
            parts.append(f"{self.left:,} left out, without a prediction or a file")
        return f"{', '.join(parts)}: {self._folder}"

    def write(self, row: Row) -> None:
        """Copy the image of a row, if it has a prediction and a file.

        Raises:
            ResourceError: the disk is full or cannot be written.
        """
        if row.image.path is None or row.prediction is None:
            self.left += 1
            return
        try:
            content = read_content(row.image.path)
        except UnreadableImage:
            # It was removed since it was predicted.
            self.left += 1
            return
        refused = bool(row.prediction.none_of_these)
        folder = self._folders[None if refused else row.prediction.label]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if _copy(row.image.path, content, folder):
                self.copied += 1
            else:
                self.present += 1
        except OSError as error:
            raise cannot_write(folder / row.image.path.name, error) from error


def folder_names(class_names: Sequence[str]) -> list[str]:
    """A folder's name for each class: legal on every system, inside its parent, all different.

    Example:
        >>> folder_names(["a/b", "..", "A_b"])
        ['a_b', '_', 'A_b-2']
    """
    names: list[str] = []
    taken: set[str] = set()
    for class_name in class_names:
        # Windows drops what is stripped here.
        stem = _short(_FORBIDDEN.sub("_", class_name)).rstrip(". ") or "_"
        if _RESERVED.fullmatch(stem):
            stem += "_"
        name, number = stem, 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.casefold())
        names.append(name)
    return names


def _copy(path: Path, content: bytes, folder: Path) -> bool:
    """Copy a file under a name that is free; False where its content is there already."""
    for name in _names(path, content):
        target = folder / name
        if not os.path.lexists(target):
            with contextlib.suppress(FileExistsError):
                write_new(target, content)
                return True
        if _holds(target, content):
            return False
    raise FileExistsError(f"every name for {path.name} is taken")


def _names(path: Path, content: bytes) -> Iterator[str]:
    yield path.name
    digest = hashlib.sha256(content).hexdigest()
    for digits in _DIGITS:
        yield f"{_short(path.stem)}-{digest[:digits]}{path.suffix}"


def _holds(target: Path, content: bytes) -> bool:
    try:
        return target.stat().st_size == len(content) and target.read_bytes() == content
    except OSError:
        return False


def _short(name: str) -> str:
    """Cut a name to a length that leaves room for more, in bytes."""
    return os.fsencode(name)[:_MOST_BYTES].decode("utf-8", "ignore")
