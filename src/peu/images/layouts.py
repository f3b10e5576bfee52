"""Where images and their labels are found: class folders, train and test folders, flat ones."""

import os
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from peu.errors import DataError
from peu.images.content import SUFFIXES
from peu.wording import shown

PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
_FOREIGN_IMAGES = frozenset(
    [
        ".heic",
        ".heif",
        ".svg",
        ".eps",
        ".ps",
        ".psd",
        ".jp2",
        ".j2k",
        ".jxl",
        ".tga",
        ".ico",
        ".cr2",
        ".cr3",
        ".nef",
        ".arw",
        ".dng",
        ".raw",
        ".orf",
        ".rw2",
        ".xcf",
        ".pcx",
    ]
)
PICTURE_SUFFIXES = frozenset(one for many in SUFFIXES.values() for one in many) | _FOREIGN_IMAGES
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_TOLERATED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True)
class SetAside:
    """Name one file that is not used, and why.

    Attributes:
        path: relative to the set's root, with forward slashes.
        reason: one line.
    """

    path: str
    reason: str


@dataclass(frozen=True)
class Candidate:
    """Name one file that should be an image.

    Attributes:
        path: absolute.
        key: relative to the set's root, with forward slashes.
        label: the name of its class, or None.
        part: "", "train", "validation" or "test".
    """

    path: Path
    key: str
    label: str | None
    part: str = ""


@dataclass(frozen=True)
class Layout:
    """List what a source holds, before any image is opened.

    Attributes:
        name: what to call the set.
        root: the folder that keys are relative to.
        candidates: the files that should be images, in the order of their keys.
        set_aside: what was met and will not be used.
        labelled: whether the candidates have labels.
    """

    name: str
    root: Path
    candidates: tuple[Candidate, ...]
    set_aside: tuple[SetAside, ...] = field(default=())
    labelled: bool = True


def find_in_folder(folder: Path, *, labels_required: bool) -> Layout:
    """List the images of a folder and their labels.

    Class folders may hold further folders: their images belong to the class. A single
    folder that holds nothing but folders (as zip files often do) is stepped into.

    Args:
        folder: class folders; or `train/` with `val|valid|validation/` and `test/`, each of
            class folders; or, where no labels are required, images.
        labels_required: refuse a folder without class folders.

    Returns:
        The images by their names; none has been opened.

    Raises:
        DataError: no class folders where labels are required, or two classes whose names
            differ by case or Unicode normal form only.
    """
    root = _stepped_into(folder)
    found = _Finder(root)
    entries = found.listed(root)
    folders = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
    images = list(found.images(entry for entry in entries if entry not in folders))
    labelled = bool(folders) and (labels_required or not images)
    if not labelled and labels_required:
        raise DataError(
            f"Expected one folder for each class in {shown(root)}; found "
            f"{_count(len(images), 'image')} and no folders. Sort the images into folders "
            "named after their classes, or give a CSV with the columns image,label."
        )
    if not labelled:
        found.take(images, None, "")
        for entry in folders:
            found.take(found.below(entry.path), None, "")
    elif _is_parted(found, folders, images):
        for entry in folders:
            part = PARTS.get(entry.name.lower())
            if part is None:
                found.leave(entry.path, "it stands beside train and test but is neither")
            else:
                found.classes_in(Path(entry.path), part)
        found.leave_all(images, "it is not in a class folder")
    else:
        found.classes_in(root, "")
    if labelled:
        check_class_names({one.label for one in found.candidates if one.label is not None}, root)
    name = folder.name or folder.resolve().name or "images"
    candidates = tuple(sorted(found.candidates, key=lambda one: one.key))
    return Layout(name, root, candidates, tuple(found.set_aside), labelled)


def check_class_names(names: Iterable[str], source: Path) -> None:
    """Refuse classes that a person or another file system would take for one.

    Raises:
        DataError: two names differ by case or Unicode normal form only.
    """
    seen: dict[str, str] = {}
    for name in sorted(names):
        plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        other = seen.setdefault(plain, name)
        if other != name:
            raise DataError(
                f"Two classes of {shown(source)} differ by case or Unicode form only: "
                f"{shown(other)} ({other!a}) and {shown(name)} ({name!a}). Merge them "
                "or rename one."
            )


def key_of(path: Path, root: Path) -> str:
    """Give a path relative to the root of its set, with forward slashes on every system."""
    # Plain text: pathlib's own comparison takes seconds over 70,000 names.
    text, start = os.fspath(path), os.path.join(os.fspath(root), "")  # noqa: PTH118
    relative = text[len(start) :] if text.startswith(start) else os.path.relpath(text, start)
    return relative.replace(os.sep, "/")


def is_image_name(path: Path) -> bool:
    """Tell whether a file is named as an image, in a format that is read or not."""
    return path.suffix.lower() in PICTURE_SUFFIXES


class _Finder:
    """Walk a folder, and note what is left aside on the way."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.candidates: list[Candidate] = []
        self.set_aside: list[SetAside] = []

    def classes_in(self, folder: Path, part: str) -> None:
        for entry in self.listed(folder):
            if not entry.is_dir(follow_symlinks=False):
                self.leave_all(self.images([entry]), "it is not in a class folder")
            elif not self.take(self.below(entry.path), entry.name, part):
                self.leave(entry.path, "the folder holds no images")

    def below(self, folder: str | Path) -> Iterator[Path]:
        waiting = [folder]
        while waiting:
            for entry in self.listed(waiting.pop()):
                if entry.is_dir(follow_symlinks=False):
                    if is_image_name(Path(entry.name)):
                        self.leave(entry.path, "it is a folder, not an image")
                    waiting.append(entry.path)
                else:
                    yield from self.images([entry])

    def listed(self, folder: str | Path) -> list["os.DirEntry[str]"]:
        try:
            with os.scandir(folder) as entries:
                seen = [entry for entry in entries if not _is_tolerated(entry.name)]
        except OSError as error:
            self.leave(folder, f"the folder cannot be opened: {error.strerror or error}")
            return []
        return sorted(seen, key=lambda entry: entry.name)

    def images(self, entries: Iterable["os.DirEntry[str]"]) -> Iterator[Path]:
        for entry in entries:
            path = Path(entry.path)
            reason = _obstacle(path, linked=entry.is_symlink())
            if reason is None and (is_image_name(path) or _starts_as_image(path)):
                yield path
            elif reason is not None and (is_image_name(path) or entry.is_symlink()):
                self.leave(path, reason)

    def take(self, paths: Iterable[Path], label: str | None, part: str) -> int:
        """Take images into a class; tell how many files were met that should be images."""
        before = len(self.candidates) + len(self.set_aside)
        for path in paths:
            key = self.key(path)
            if _is_text(key):
                self.candidates.append(Candidate(path, key, label, part))
            else:
                self.leave(path, "its name is not valid text: rename it")
        return len(self.candidates) + len(self.set_aside) - before

    def leave(self, path: str | Path, reason: str) -> None:
        key = self.key(path)
        readable = key if _is_text(key) else key.encode("utf-8", "backslashreplace").decode()
        self.set_aside.append(SetAside(readable, reason))

    def leave_all(self, paths: Iterable[Path], reason: str) -> None:
        for path in paths:
            self.leave(path, reason)

    def key(self, path: str | Path) -> str:
        return key_of(Path(path), self.root)


def _stepped_into(folder: Path) -> Path:
    """Step through folders that hold one folder of folders and nothing else that counts."""
    root = folder
    for _ in range(8):
        finder = _Finder(root)
        entries = finder.listed(root)
        inner = [entry for entry in entries if entry.is_dir(follow_symlinks=False)]
        if len(inner) != 1 or list(finder.images(one for one in entries if one not in inner)):
            return root
        below = _Finder(Path(inner[0].path)).listed(inner[0].path)
        if not any(entry.is_dir(follow_symlinks=False) for entry in below):
            return root
        root = Path(inner[0].path)
    return root


def _is_parted(found: _Finder, folders: list["os.DirEntry[str]"], images: list[Path]) -> bool:
    """Tell train/test folders from classes that happen to be called so."""
    train = [entry for entry in folders if PARTS.get(entry.name.lower()) == "train"]
    if len(train) != 1 or images:
        return False
    inside = _Finder(found.root)
    entries = inside.listed(train[0].path)
    return any(entry.is_dir(follow_symlinks=False) for entry in entries) and not list(
        inside.images(entry for entry in entries if not entry.is_dir(follow_symlinks=False))
    )


def _obstacle(path: Path, *, linked: bool) -> str | None:
    """Say why a path must not be opened, without opening it."""
    try:
        mode = path.stat().st_mode
    except OSError as error:
        broken = "a link that leads nowhere or in a circle" if linked else "not to be read"
        return f"it is {broken}: {error.strerror or error}"
    if stat.S_ISREG(mode):
        return None
    if stat.S_ISDIR(mode):
        return "it is a link to a folder: links to folders are not followed"
    return "it is not a regular file"


def _starts_as_image(path: Path) -> bool:
    """Look into a file that has no extension at all."""
    if path.suffix:
        return False
    try:
        with path.open("rb") as stream:
            return stream.read(12).startswith(_STARTS)
    except OSError:
        return False


def _is_tolerated(name: str) -> bool:
    return name.startswith(".") or name.lower() in _TOLERATED


def _is_text(key: str) -> bool:
    try:
        key.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number or 'no'} {noun}s"
