"""The images that lie in a folder of class folders, known by number, name and class."""

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from peu.images.layouts import is_image_name, is_tolerated, starts_as_image


@dataclass(frozen=True)
class WorkspaceImage:
    """One image file of a workspace.

    Attributes:
        id: what the page calls it: a hash of its key.
        key: its path in the images' folder, with forward slashes, as reports name it.
        class_name: the class whose folder it lies in.
        path: where it is.
        stamp: a text that is another one when the content changes, and that a move keeps.
    """

    id: str
    key: str
    class_name: str
    path: Path
    stamp: str


class Listing:
    """What a folder of class folders holds, looked at again only where it changed.

    Args:
        folder: of the class folders.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._times: dict[str, int] = {}
        self._classes: dict[str, dict[str, WorkspaceImage]] = {}
        self._class_of: dict[str, str] = {}
        self._names: dict[str, set[str]] = {}

    def refresh(self) -> bool:
        """Look at the folders that changed; return whether any did.

        What happens in folders inside a class's folder is noticed only at the start.
        """
        found = self._class_folders()
        gone = self._classes.keys() - found.keys()
        changed = [name for name, time in found.items() if self._times.get(name) != time]
        for name in (*gone, *changed):
            self._names.pop(name, None)
            for identity in self._classes.pop(name, {}):
                if self._class_of.get(identity) == name:
                    del self._class_of[identity]
        for name in changed:
            self._classes[name] = {one.id: one for one in self._inside(self._folder / name)}
            self._class_of.update(dict.fromkeys(self._classes[name], name))
        self._classes = {name: self._classes[name] for name in sorted(found)}
        self._times = found
        return bool(gone or changed)

    def note(self, path: Path) -> WorkspaceImage | None:
        """Add a file that has just been written, without a look at all the others."""
        one = self._described(path, path.relative_to(self._folder).parts[0])
        if one is not None:
            self._classes.setdefault(one.class_name, {})[one.id] = one
            self._class_of[one.id] = one.class_name
            self.names(one.class_name).add(path.name.lower())
        return one

    def classes(self) -> dict[str, int]:
        """Names of all classes, the empty ones too, with their number of images."""
        return {name: len(images) for name, images in self._classes.items()}

    def images(self, class_name: str | None = None) -> Sequence[WorkspaceImage]:
        """The images of a class, or all, by class and name."""
        if class_name is not None:
            return tuple(self._classes.get(class_name, {}).values())
        return tuple(one for images in self._classes.values() for one in images.values())

    def image(self, identity: str) -> WorkspaceImage | None:
        """The image of an id; None where there is none."""
        return self._classes.get(self._class_of.get(identity, ""), {}).get(identity)

    def names(self, class_name: str) -> set[str]:
        """Names of a class's files, in lower case; a set that grows with the class."""
        if class_name not in self._names:
            found = self._classes.get(class_name, {}).values()
            self._names[class_name] = {one.path.name.lower() for one in found}
        return self._names[class_name]

    def _class_folders(self) -> dict[str, int]:
        with os.scandir(self._folder) as entries:
            return {
                one.name: one.stat().st_mtime_ns
                for one in entries
                if one.is_dir(follow_symlinks=False)
                and not is_tolerated(one.name)
                and _is_text(one.name)
            }

    def _inside(self, folder: Path) -> Iterator[WorkspaceImage]:
        for place, folders, names in os.walk(folder):
            folders[:] = sorted(one for one in folders if not is_tolerated(one))
            for name in sorted(names):
                path = Path(place, name)
                if is_tolerated(name) or not (is_image_name(path) or starts_as_image(path)):
                    continue
                if (found := self._described(path, folder.name)) is not None:
                    yield found

    def _described(self, path: Path, class_name: str) -> WorkspaceImage | None:
        key = path.relative_to(self._folder).as_posix()
        try:
            status = path.lstat()
        except OSError:
            return None
        if not path.is_file() or not _is_text(key):
            return None
        stamp = f"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ino:x}"
        return WorkspaceImage(identity_of(key), key, class_name, path, stamp)


def identity_of(key: str) -> str:
    """What the page calls an image: it tells nothing of where it lies.

    Example:
        >>> identity_of("anchor/a.jpg")
        'a09ef4ba5ab0ad2d'
    """
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _is_text(name: str) -> bool:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
