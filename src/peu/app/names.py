"""Names that come from outside, made safe as names of files and class folders."""

import unicodedata
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from peu.errors import DataError
from peu.images.content import SUFFIXES
from peu.images.layouts import is_image_name, is_tolerated
from peu.wording import quoted

_MOST_BYTES = 120
_STANDS_FOR = str.maketrans({"/": "-", "\\": "-", ":": "-"})


def class_folder_name(text: str) -> str:
    r"""The folder's name for a class as a person typed it, or as a dropped folder is called.

    Slashes and colons become hyphens, and what cannot be seen is left out; everything else stays,
    so that a class may be called `<b>` or `ﬂamant rose`.

    Args:
        text: any text.

    Returns:
        A name that leads nowhere else, and that no search for images passes over.

    Raises:
        DataError: nothing is left of it, or it is hidden or too long.

    Example:
        >>> class_folder_name(" flamingo / head\n")
        'flamingo - head'
    """
    name = _plain(text)
    if not name or is_tolerated(name) or len(name.encode("utf-8")) > _MOST_BYTES:
        raise DataError(
            "A class needs a name of 1 to 120 letters that does not begin with a dot. Received: "
            f"{quoted(text)}. Try another name."
        )
    return name


def image_file_name(text: str, format_name: str, taken: Collection[str]) -> str:
    """A free name for an image that came under some name.

    Args:
        text: what it was called where it comes from, with folders or without.
        format_name: Pillow's name of its format, for a name that does not end as images do.
        taken: names in use, in lower case.

    Returns:
        A name without folders that ends as an image's does.

    Example:
        >>> image_file_name("../../etc/passwd", "PNG", ())
        'passwd.png'
        >>> image_file_name("a.jpg", "JPEG", {"a.jpg"})
        'a-2.jpg'
    """
    last = text.replace("\\", "/").rsplit("/", 1)[-1]
    name = _plain(last).lstrip(".") or "image"
    if not is_image_name(Path(name)):
        name += SUFFIXES.get(format_name, (".img",))[0]
    path = PurePosixPath(name)
    stem, suffix = _shortened(path.stem), path.suffix
    name, number = f"{stem}{suffix}", 2
    while name.lower() in taken or is_tolerated(name):
        name = f"{stem}-{number}{suffix}"
        number += 1
    return name


def same_name(first: str, second: str) -> bool:
    """Whether two names are one to a person, or to a file system that ignores case."""
    return _folded(first) == _folded(second)


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _plain(text: str) -> str:
    text = unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8"))
    text = "".join(letter for letter in text.translate(_STANDS_FOR) if letter.isprintable())
    # Windows drops dots and spaces at the end of a name.
    return " ".join(text.split()).rstrip(". ")


def _shortened(stem: str) -> str:
    return stem.encode("utf-8")[:_MOST_BYTES].decode("utf-8", "ignore") or "image"
