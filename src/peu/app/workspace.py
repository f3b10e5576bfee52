"""The folder that the page works in: images in class folders, what undo needs, runs, a model."""

import shutil
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from peu.app.aside import AsideList
from peu.app.changes import Changes
from peu.app.history import Action, What
from peu.app.listing import Listing, WorkspaceImage, identity_of
from peu.app.marker import open_folder
from peu.app.names import class_folder_name, image_file_name, same_name
from peu.errors import DataError, ResourceError
from peu.files import (
    cannot_write,
    canonical_json,
    sha256_of_text,
    write_bytes,
)
from peu.images.records import SetAside
from peu.wording import quoted


class Workspace:
    """A folder with everything that the page does, which the command line opens too.

    `images/` holds a folder for each class, `removed/` what was taken away, `runs/` comparisons,
    `model/` the trained model, `jobs/` what runs, `history.jsonl` what undo takes back. Threads may
    share it.

    Args:
        root: the folder; it is made where there is none.

    Raises:
        ResourceError: the folder holds something else, or cannot be written.
        DataError: it was written by another version.

    Example:
        >>> workspace = Workspace("mine/")  # doctest: +SKIP
        >>> workspace.new_class("anchor")  # doctest: +SKIP
        'anchor'
    """

    def __init__(self, root: str | Path) -> None:
        self.root = Path(root).expanduser().absolute()
        self._lock = threading.RLock()
        self._version = 0
        self._model: Path | None = None
        self._digest = -1, ""
        open_folder(self.root)
        self._changes = Changes(self.root)
        self._aside = AsideList(self.root / "set-aside.jsonl")
        self._listing = Listing(self.images_folder)
        self._listing.refresh()

    @property
    def images_folder(self) -> Path:
        """The folder of class folders: what `peu compare` takes."""
        return self.root / "images"

    @property
    def runs_folder(self) -> Path:
        """Comparisons, where `peu train` looks for them beside the images."""
        return self.root / "runs"

    @property
    def model_folder(self) -> Path:
        """The model that is tried and taken away: the trained one, or one that was named."""
        return self._model or self.root / "model"

    def use_model(self, folder: str | Path | None) -> None:
        """Name a model that lies elsewhere; None is the workspace's own again."""
        self._model = None if folder is None else Path(folder).absolute()

    @property
    def jobs_folder(self) -> Path:
        """What runs, or ran."""
        return self.root / "jobs"

    @property
    def version(self) -> int:
        """A number that grows whenever the images change: what shows them compares it."""
        return self._version

    @property
    def changed(self) -> float:
        """When an image was last added, moved or removed, in seconds since 1970."""
        folders = (self.images_folder, *(self.images_folder / name for name in self.classes()))
        return max(folder.stat().st_mtime for folder in folders if folder.is_dir())

    def refresh(self) -> None:
        """Look again where folders were changed from outside."""
        with self._lock:
            if self._listing.refresh():
                self._version += 1

    def classes(self) -> dict[str, int]:
        """Names of all classes, the empty ones too, with their number of images."""
        with self._lock:
            return self._listing.classes()

    def images(self, class_name: str | None = None) -> Sequence[WorkspaceImage]:
        """The images of a class, or all, by class and name."""
        with self._lock:
            return self._listing.images(class_name)

    def image(self, identity: str) -> WorkspaceImage | None:
        """The image that the page calls so; None where there is none."""
        with self._lock:
            return self._listing.image(identity)

    def image_of_key(self, key: str) -> WorkspaceImage | None:
        """The image that a report names by `key`; None where it is gone."""
        return self.image(identity_of(key))

    def digest(self) -> str:
        """A short text that is another one when any image is another, or of another class."""
        with self._lock:
            if self._digest[0] != self._version:
                content = canonical_json([[one.key, one.stamp] for one in self.images()])
                self._digest = self._version, sha256_of_text(content)[:16]
            return self._digest[1]

    def new_class(self, name: str) -> str:
        """Make an empty class.

        Returns:
            Its name, as it was made safe.

        Raises:
            DataError: the name cannot be one, or is taken.
            ResourceError: the disk is full or cannot be written.
        """
        with self._lock:
            own = class_folder_name(name)
            if any(same_name(own, other) for other in self.classes()):
                raise DataError(f"There is a class {quoted(own)} already. Choose another name.")
            self._do(Action("new_class", made=(f"images/{own}",), name=own))
            return own

    def add(
        self,
        class_name: str,
        name: str,
        content: bytes,
        *,
        format_name: str = "JPEG",
        batch: str = "",
    ) -> WorkspaceImage:
        """Add an image that was decoded and found sound.

        Args:
            class_name: of an existing class, or of one to be made.
            name: what the file was called where it came from.
            content: of the file.
            format_name: Pillow's name of its format.
            batch: what is added under one text is undone at once.

        Returns:
            The new image.

        Raises:
            DataError: the class's name cannot be one.
            ResourceError: the disk is full or cannot be written.
        """
        with self._lock:
            place = self._new_place(class_name, name, format_name, batch)
            write_bytes(place, content)
            return self._note(place)

    def link_all(self, images: Iterable[tuple[str, Path]]) -> int:
        """Add image files that lie on this machine, without reading them; undone at once.

        The workspace shares their content with the originals where the file system can do that,
        and has copies otherwise; it never writes into them.

        Args:
            images: the class and the file of each.

        Returns:
            How many.

        Raises:
            DataError: a class's name cannot be one.
            ResourceError: a file cannot be read, or the disk cannot be written.
        """
        with self._lock:
            sources: dict[str, Path] = {}
            taken: dict[str, set[str]] = {}
            called: dict[str, str] = {}
            for class_name, source in images:
                if class_name not in called:
                    called[class_name] = self._class_called(class_name)
                own = called[class_name]
                names = taken.setdefault(own, set(self._listing.names(own)))
                name = image_file_name(source.name, "JPEG", names)
                names.add(name.lower())
                sources[f"images/{own}/{name}"] = source
            made = tuple(folder for own in taken for folder in self._missing(f"images/{own}"))
            moves = tuple(("", target) for target in sources)
            self._changes.note(Action("add", moves, made))
            for target, source in sources.items():
                _link(source, self.root / target)
            self.refresh()
            return len(sources)

    def move(self, identities: Iterable[str], class_name: str) -> int:
        """Move images to another class; return how many.

        Raises:
            DataError: the class's name cannot be one.
            ResourceError: the disk cannot be written.
        """
        with self._lock:
            own = self._class_called(class_name)
            chosen = [one for one in self._chosen(identities) if one.class_name != own]
            taken = set(self._listing.names(own))
            moves = []
            for one in chosen:
                name = image_file_name(one.path.name, "JPEG", taken)
                taken.add(name.lower())
                moves.append((f"images/{one.key}", f"images/{own}/{name}"))
            if moves:
                self._do(Action("move", tuple(moves), self._missing(f"images/{own}"), name=own))
            return len(moves)

    def remove(self, identities: Iterable[str]) -> int:
        """Take images away, into `removed/`; return how many."""
        with self._lock:
            chosen = self._chosen(identities)
            if chosen:
                self._remove(chosen, "remove", chosen[0].class_name)
            return len(chosen)

    def remove_class(self, name: str) -> None:
        """Take a class away with all of its images."""
        with self._lock:
            if name in self.classes():
                self._remove(self.images(name), "remove_class", name)

    def rename_class(self, old: str, new: str) -> str:
        """Rename a class; with the name of another one, both become one.

        Returns:
            The name that it has now.

        Raises:
            DataError: the name cannot be one.
            ResourceError: the disk cannot be written.
        """
        with self._lock:
            own = class_folder_name(new)
            if old not in self.classes() or own == old:
                return old
            others = [name for name in self.classes() if name != old and same_name(name, own)]
            if others:
                self.move([one.id for one in self.images(old)], others[0])
                return others[0]
            move = (f"images/{old}", f"images/{own}")
            self._do(Action("rename_class", (move,), name=own))
            return own

    def set_aside(self, items: Iterable[SetAside]) -> None:
        """Note what was not taken, and why."""
        with self._lock:
            self._aside.add(items)
            self._version += 1

    def what_is_aside(self) -> tuple[SetAside, ...]:
        """What was not taken, the latest last."""
        return self._aside.all()

    def forget_aside(self) -> None:
        """Clear the list of what was not taken."""
        with self._lock:
            self._aside.clear()
            self._version += 1

    def last_action(self) -> Action | None:
        """What `undo` takes back, with all moves of its batch; None where there is nothing."""
        with self._lock:
            return self._changes.last()

    def undo(self) -> Action | None:
        """Take back the last action, or the last batch; return it, or None where there is none.

        Raises:
            ResourceError: a file cannot be moved back.
        """
        with self._lock:
            action = self._changes.undo()
            self.refresh()
            return action

    def _class_called(self, name: str) -> str:
        own = class_folder_name(name)
        return next((other for other in self.classes() if same_name(other, own)), own)

    def _new_place(self, class_name: str, name: str, format_name: str, batch: str) -> Path:
        """A free place for a new image, written down in the history."""
        own = self._class_called(class_name)
        made = self._missing(f"images/{own}")
        file = image_file_name(name, format_name, self._listing.names(own))
        action = Action("add", (("", f"images/{own}/{file}"),), made, batch, own)
        self._changes.note(action)
        return self.images_folder / own / file

    def _note(self, place: Path) -> WorkspaceImage:
        found = self._listing.note(place)
        if found is None:
            raise ResourceError(f"{quoted(place)} could not be read. Check the disk.")
        self._version += 1
        return found

    def _missing(self, folder: str) -> tuple[str, ...]:
        return () if (self.root / folder).is_dir() else (folder,)

    def _chosen(self, identities: Iterable[str]) -> list[WorkspaceImage]:
        found = (self._listing.image(one) for one in dict.fromkeys(identities))
        return [one for one in found if one is not None]

    def _remove(self, images: Sequence[WorkspaceImage], what: What, name: str) -> None:
        sources = [f"images/{one.key}" for one in images]
        if what == "remove_class":
            # The folder goes too, with what else lies in it.
            sources.append(f"images/{name}")
        moves: dict[str, str] = {}
        taken: set[str] = set()
        for source in sources:
            moves[source] = self._changes.free_place(source, taken)
            taken.add(moves[source])
        self._do(Action(what, tuple(moves.items()), name=name))

    def _do(self, action: Action) -> None:
        self._changes.do(action)
        self.refresh()


def _link(source: Path, place: Path) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            place.hardlink_to(source.resolve(strict=True))
        except OSError:
            shutil.copyfile(source, place)
    except OSError as error:
        raise cannot_write(place, error) from error
