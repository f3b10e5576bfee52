"""Find images one after the other: files, folders, patterns, tables, archives, standard input."""

import glob
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image

from peu.errors import DataError
from peu.images.content import MAX_FILE_BYTES, read_content
from peu.images.decoding import decode_image, to_rgb_image
from peu.images.layouts import is_image_name, is_tolerated, obstacle, starts_as_image
from peu.images.path_lists import STDIN, check_sources, is_url, standard_input
from peu.images.records import SetAside

_CHUNK_BYTES = 1 << 20
_TABLES = {".csv", ".zip"}


@dataclass(frozen=True)
class FoundImage:
    """One image that is still to be read.

    Attributes:
        name: what to call it: its path as the user gave it, "-" for standard input.
        path: its file; None where there is none.
        content: of a file that came through standard input.
        array: pixels of an image in memory.
    """

    name: str
    path: Path | None = None
    content: bytes | None = field(default=None, repr=False)
    array: NDArray[Any] | None = field(default=None, repr=False, compare=False)

    def read(self, *, shorter: int | None = None) -> Image.Image:
        """Decode it: mode RGB, upright.

        Args:
            shorter: what its shorter side is resized to afterwards, as in `decode_image`.

        Raises:
            UnreadableImage: it is no image, is damaged, or is outside the limits.
        """
        if self.array is not None:
            return to_rgb_image(self.array)
        if self.content is None and self.path is not None:
            return decode_image(read_content(self.path), shorter=shorter).image
        return decode_image(self.content or b"", shorter=shorter).image


def find_images(
    sources: Iterable[str], *, leave_out: Path | None = None
) -> Iterator[FoundImage | SetAside]:
    """Find images one after the other, without opening one before it is asked for.

    Args:
        sources: images, folders (searched through, by name), patterns such as `inbox/*.jpg` and
            `inbox/**/*.jpg`, tables and archives as `load_images` takes them, the name of a
            built-in or public set, or "-" for an image on standard input.
        leave_out: a folder that is not searched, because results are written into it.

    Yields:
        Each image, or what is not one, with the reason.

    Raises:
        ResourceError: an archive or a named set cannot be downloaded or stored.
    """
    for source in sources:
        try:
            yield from _from_source(source, leave_out)
        except DataError as error:
            yield SetAside(source, str(error))


def find_listed(
    paths: Iterable[str], *, leave_out: Path | None = None
) -> Iterator[FoundImage | SetAside]:
    """Find the images of a list of paths: files and folders, nothing else.

    Args:
        paths: one after the other, as they come.
        leave_out: as in `find_images`.

    Yields:
        As `find_images`.

    Raises:
        RecipeError: the list starts with a URL.
    """
    for number, path in enumerate(paths):
        if is_url(path):
            if number == 0:
                check_sources([path])
            yield SetAside(path, "it is a URL: download the image first")
        else:
            yield from _from_path(path, leave_out)


def _from_source(source: str, leave_out: Path | None) -> Iterator[FoundImage | SetAside]:
    if source == STDIN:
        yield _from_standard_input()
        return
    path = Path(source).expanduser()
    if source and os.path.lexists(path):
        if path.suffix.lower() in _TABLES and path.is_file():
            yield from _from_table(path)
        elif path.suffix.lower() == ".npz" and path.is_file():
            yield from _from_arrays(path)
        else:
            yield from _from_path(source, leave_out)
    elif glob.has_magic(source):
        yield from _from_pattern(source, leave_out)
    else:
        yield from _from_named_set(source, leave_out)


def _from_path(name: str, leave_out: Path | None) -> Iterator[FoundImage | SetAside]:
    path = Path(name).expanduser()
    if path.is_dir():
        count = 0
        for found in _inside(path, leave_out):
            count += 1
            yield found
        if not count:
            yield SetAside(name, "the folder holds no images")
    elif reason := obstacle(path, linked=path.is_symlink()):
        yield SetAside(name, reason)
    else:
        yield FoundImage(name, path)


def _inside(folder: Path, leave_out: Path | None) -> Iterator[FoundImage | SetAside]:
    """The images below a folder in the order of their names; links to folders are not followed."""
    if leave_out is not None and folder.resolve() == leave_out.resolve():
        return
    try:
        # Names alone: there may be a million.
        names = sorted(os.listdir(folder))  # noqa: PTH208
    except OSError as error:
        yield SetAside(str(folder), f"the folder cannot be opened: {error.strerror or error}")
        return
    for name in names:
        path = folder / name
        if is_tolerated(name):
            continue
        if _is_folder(path):
            yield from _inside(path, leave_out)
        elif is_image_name(path) or path.is_symlink() or starts_as_image(path):
            reason = obstacle(path, linked=path.is_symlink())
            if reason:
                yield SetAside(str(path), reason)
            elif is_image_name(path) or starts_as_image(path):
                yield FoundImage(str(path), path)


def _from_pattern(pattern: str, leave_out: Path | None) -> Iterator[FoundImage | SetAside]:
    """What a shell makes of a pattern; what ** finds in folders is not searched once more."""
    matches = sorted(glob.iglob(os.path.expanduser(pattern), recursive=True))  # noqa: PTH111, PTH207
    if not matches:
        yield SetAside(pattern, "no file matches this pattern")
    for name in matches:
        if "**" not in pattern or not _is_folder(Path(name)):
            yield from _from_path(name, leave_out)


def _from_table(path: Path) -> Iterator[FoundImage | SetAside]:
    from peu.images.loading import find_candidates

    layout = find_candidates(path.absolute(), labels_required=False)
    yield from layout.set_aside
    for each in layout.candidates:
        inside = path.suffix.lower() == ".zip"
        yield FoundImage(f"{path}/{each.key}" if inside else str(each.path), each.path)


def _from_arrays(path: Path) -> Iterator[FoundImage | SetAside]:
    from peu.images.arrays import load_arrays

    images = load_arrays(path.absolute(), labels_required=False)
    yield from images.set_aside
    for record in images.records:
        yield FoundImage(f"{path}/{record.key}", array=record.array)


def _from_named_set(name: str, leave_out: Path | None) -> Iterator[FoundImage | SetAside]:
    from peu.images.catalog import find_named

    path = find_named(name)
    if path is None:
        yield SetAside(name, "there is no such file or folder")
    else:
        yield from _from_source(str(path), leave_out)


def _from_standard_input() -> FoundImage | SetAside:
    stream, content = standard_input(), bytearray()
    while chunk := stream.read(_CHUNK_BYTES):
        content += chunk
        if len(content) > MAX_FILE_BYTES:
            return SetAside(STDIN, f"the file is larger than {MAX_FILE_BYTES >> 20} MiB")
    return FoundImage(STDIN, content=bytes(content))


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False
