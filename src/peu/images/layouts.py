"""Where images and their labels are found: class folders, train and test folders, flat ones."""

import os
import re
import stat
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from peu.errors import DataError
from peu.files import open_regular
from peu.images.content import SUFFIXES
from peu.images.records import SetAside
from peu.wording import quoted

PARTS = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
}
_IMAGE_SUFFIXES = frozenset(suffix for many in SUFFIXES.values() for suffix in many)
_FOREIGN_IMAGE = re.compile(
    r"\.(svg|eps|ps|psd|jp2|j2k|jxl|tga|ico|cr2|cr3|nef|arw|dng|raw|orf|rw2|xcf|pcx)"
)
_STARTS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
_TOLERATED = frozenset({"thumbs.db", "desktop.ini", "__macosx"})


@dataclass(frozen=True)
class Candidate:
    """A file that should be an image.

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
    """What a source holds, before any image is opened.

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


def find_in_folder(folder: Path, *, labels_required: bool, shown: Path | None = None) -> Layout:
    """List the images of a folder and their labels.

    Class folders may hold further folders: their images belong to the class. A single
    folder that holds nothing but folders (as zip files often do) is stepped into.

    Args:
        folder: class folders; or `train/` with `val|valid|validation/` and `test/`, each of
            class folders; or, where no labels are required, images.
        labels_required: refuse a folder without class folders.
        shown: what messages call it: for an unpacked archive, the archive.

    Returns:
        The images by their names; none has been opened.

    Raises:
        DataError: no class folders where labels are required, or two classes whose names
            differ by case or Unicode normal form only.
    """
    root = _stepped_into(folder)
    found = _Finder(root)
    folders, images = found.inside(root)
    labelled = bool(folders) and (labels_required or not images)
    if not labelled and labels_required:
        raise DataError(
            f"Expected one folder for each class in {quoted(shown or root)}; found "
            f"{_count(len(images), 'image')} and no folders. Sort the images into folders "
            "named after their classes, or give a CSV with the columns image,label."
        )
    if not labelled:
        found.add(images, None, "")
        for entry in folders:
            found.add(found.below(entry.path), None, "")
    elif not images and _is_parted(root, folders):
        for entry in folders:
            part = PARTS.get(entry.name.lower())
            if part is None:
                found.leave(entry.path, "it stands beside train and test but is neither")
            else:
                found.add_classes(*found.inside(entry.path), part)
    else:
        found.add_classes(folders, images, "")
    if labelled:
        labels = {one.label for one in found.candidates if one.label is not None}
        check_class_names(labels, shown or root)
    name = folder.name or folder.resolve().name or "images"
    candidates = tuple(sorted(found.candidates, key=lambda one: one.key))
    return Layout(name, root, candidates, tuple(found.set_aside), labelled)


def check_class_names(names: Iterable[str], source: Path) -> None:
    """Refuse classes that a person or another file system would take for one.

    Raises:
        DataError: a name is blank or cannot be written as UTF-8, or two names differ by case or
            Unicode normal form only.
    """
    names = list(names)
    for name in names:
        if not name.strip() or not _is_text(name):
            raise DataError(
                f"Every class of {quoted(source)} must have a name that is text. Received: "
                f"{name!a}. Rename that class."
            )
    originals: dict[str, str] = {}
    for name in sorted(names):
        plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        other = originals.setdefault(plain, name)
        if other != name:
            raise DataError(
                f"Two classes of {quoted(source)} differ by case or Unicode form only: "
                f"{quoted(other)} ({other!a}) and {quoted(name)} ({name!a}). Merge them "
                "or rename one."
            )


def key_of(path: Path, root: Path) -> str:
    """A path relative to the root of its set, with forward slashes on every system."""
    # Plain text: pathlib's own comparison takes seconds over 70,000 names.
    text, start = os.fspath(path), os.path.join(os.fspath(root), "")  # noqa: PTH118
    relative = text[len(start) :] if text.startswith(start) else os.path.relpath(text, start)
    return relative.replace(os.sep, "/")


def is_image_name(path: Path) -> bool:
    """Whether a file is named as an image, in a format that is read or not."""
    suffix = path.suffix.lower()
    return suffix in _IMAGE_SUFFIXES or _FOREIGN_IMAGE.fullmatch(suffix) is not None


class _Finder:
    """The images met in a walk through a folder, and what is left aside."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.candidates: list[Candidate] = []
        self.set_aside: list[SetAside] = []

    def inside(self, folder: str | Path) -> tuple[list["os.DirEntry[str]"], list[Path]]:
        """The folders and the images directly inside a folder, by name."""
        try:
            with os.scandir(folder) as entries:
                visible = [entry for entry in entries if not is_tolerated(entry.name)]
        except OSError as error:
            self.leave(folder, f"the folder cannot be opened: {error.strerror or error}")
            return [], []
        folders, images = [], []
        for entry in sorted(visible, key=lambda entry: entry.name):
            path = Path(entry.path)
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry)
            elif reason := obstacle(path, linked=entry.is_symlink()):
                if is_image_name(path) or entry.is_symlink():
                    self.leave(path, reason)
            elif is_image_name(path) or starts_as_image(path):
                images.append(path)
        return folders, images

    def add_classes(self, folders: list["os.DirEntry[str]"], images: list[Path], part: str) -> None:
        for path in images:
            self.leave(path, "it is not in a class folder")
        for entry in folders:
            if not self.add(self.below(entry.path), entry.name, part):
                self.leave(entry.path, "the folder holds no images")

    def below(self, folder: str | Path) -> Iterator[Path]:
        waiting = [folder]
        while waiting:
            folders, images = self.inside(waiting.pop())
            yield from images
            for entry in folders:
                if is_image_name(Path(entry.name)):
                    self.leave(entry.path, "it is a folder, not an image")
                waiting.append(entry.path)

    def add(self, paths: Iterable[Path], label: str | None, part: str) -> int:
        """Add images of a class; return how many files should have been images."""
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

    def key(self, path: str | Path) -> str:
        return key_of(Path(path), self.root)


def _stepped_into(folder: Path) -> Path:
    """The innermost folder, through folders that hold nothing but one folder of folders."""
    root = folder
    for _ in range(8):
        folders, images = _Finder(root).inside(root)
        if len(folders) != 1 or images or not _Finder(root).inside(folders[0].path)[0]:
            return root
        root = Path(folders[0].path)
    return root


def _is_parted(root: Path, folders: list["os.DirEntry[str]"]) -> bool:
    """Whether these are train/test folders, not classes that happen to be called so."""
    train = [entry for entry in folders if PARTS.get(entry.name.lower()) == "train"]
    if len(train) != 1:
        return False
    classes, images = _Finder(root).inside(train[0].path)
    return bool(classes) and not images


def obstacle(path: Path, *, linked: bool) -> str | None:
    """Why a path must not be opened, found without opening it."""
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


def starts_as_image(path: Path) -> bool:
    """Whether a file without an extension starts as an image does."""
    if path.suffix:
        return False
    try:
        with open_regular(path) as stream:
            return stream.read(12).startswith(_STARTS)
    except OSError:
        return False


def is_tolerated(name: str) -> bool:
    """Whether a name is hidden or the system's, so that it is passed over in silence."""
    return name.startswith(".") or name.lower() in _TOLERATED


def _is_text(key: str) -> bool:
    try:
        key.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number or 'no'} {noun}s"
