"""What comes in from outside: uploads, archives and folders, each image decoded under limits."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from peu.app.names import class_folder_name
from peu.app.workspace import Workspace
from peu.errors import DataError
from peu.images.archives import extract_zip
from peu.images.colours import UnreadableImage
from peu.images.decoding import decode_image, read_content
from peu.images.layouts import Candidate, find_in_folder, is_tolerated
from peu.images.loading import find_candidates
from peu.images.records import SetAside
from peu.wording import one_line, quoted


@dataclass(frozen=True)
class Taken:
    """What became of what came in.

    Attributes:
        added: number of images.
        aside: what was not taken, with the reasons.
    """

    added: int = 0
    aside: tuple[SetAside, ...] = ()


def take_image(
    workspace: Workspace, class_name: str, name: str, content: bytes, batch: str
) -> Taken:
    """Add an uploaded image, once it was decoded whole.

    Args:
        workspace: where it goes.
        class_name: its class.
        name: what it was called; a path is taken for its last part.
        content: of the file.
        batch: what is undone together.

    Raises:
        DataError: the class's name cannot be one.
        ResourceError: the disk is full or cannot be written.
    """
    class_folder_name(class_name)
    shown = one_line(name.replace("\\", "/").rsplit("/", 1)[-1])
    if is_tolerated(shown):
        return Taken()
    try:
        decoded = decode_image(content)
    except UnreadableImage as error:
        return _set_aside(workspace, [SetAside(shown, str(error))])
    workspace.add(class_name, name, content, format_name=decoded.format, batch=batch)
    return Taken(1)


def take_archive(
    workspace: Workspace, archive: Path, name: str, class_name: str, batch: str
) -> Taken:
    """Add the images of an uploaded zip file: of class folders, or all of one class.

    Args:
        workspace: where they go.
        archive: the file.
        name: what it was called.
        class_name: of the images that lie in no folder; "" takes the archive's name.
        batch: what is undone together.

    Raises:
        DataError: the archive is refused, or holds no images.
        ResourceError: the disk is full or cannot be written.
    """
    try:
        folder = extract_zip(archive)
    except DataError as error:
        # The person knows the name that it had, not where it lies now.
        raise DataError(str(error).replace(quoted(archive), quoted(name), 1)) from error
    layout = find_in_folder(folder, labels_required=False)
    loose = class_name or PurePosixPath(name).stem
    chosen, aside = _to_learn_from(layout.candidates)
    added = 0
    for one in chosen:
        label = one.label or PurePosixPath(one.key).parent.name or loose
        try:
            content = read_content(one.path)
        except UnreadableImage as error:
            aside.append(SetAside(one.key, str(error)))
            continue
        taken = take_image(workspace, label, one.path.name, content, batch)
        added += taken.added
        aside += taken.aside
    if not chosen:
        raise DataError(f"Expected images in {quoted(name)}; found none. Choose another file.")
    return Taken(added, (*layout.set_aside, *aside))


def take_folder(workspace: Workspace, source: Path) -> Taken:
    """Add the images of a folder, a CSV or a zip on this machine, without decoding them.

    Of `train/`, `val/` and `test/` only the first is taken: the others are to test with.

    Args:
        workspace: where they go.
        source: as `peu compare` takes it.

    Raises:
        DataError: it holds no images in class folders.
        ResourceError: a file cannot be read, or the disk cannot be written.
    """
    layout = find_candidates(source.absolute(), labels_required=True)
    chosen, aside = _to_learn_from(layout.candidates)
    workspace.link_all((one.label or layout.name, one.path) for one in chosen)
    _set_aside(workspace, [*layout.set_aside, *aside])
    return Taken(len(chosen), (*layout.set_aside, *aside))


def _to_learn_from(candidates: Iterable[Candidate]) -> tuple[list[Candidate], list[SetAside]]:
    """Those that may be learnt from, and a word on those that are to test with."""
    candidates = list(candidates)
    chosen = [one for one in candidates if one.part in ("", "train")]
    kept = len(candidates) - len(chosen)
    reason = f"{kept} images are left out: keep them to test with, by `peu evaluate`"
    return chosen, [SetAside("val/, test/", reason)] if kept else []


def _set_aside(workspace: Workspace, items: list[SetAside]) -> Taken:
    workspace.set_aside(items)
    return Taken(aside=tuple(items))
