"""A saved model: a folder with a manifest that vouches for every file in it."""

import tempfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from peu.errors import BundleError, ResourceError
from peu.files import read_json, sha256_of_file, write_json

FORMAT = 1
MANIFEST = "manifest.json"


def write_bundle(
    folder: Path,
    manifest: dict[str, Any],
    write_files: Callable[[Path], None],
    *,
    overwrite: bool = False,
) -> None:
    """Write a bundle whole, or not at all.

    Args:
        folder: where it goes; it must not exist unless `overwrite` is set.
        manifest: what to say of the model; format and file hashes are added.
        write_files: writes the model's files into the folder that it is given.
        overwrite: replace a bundle that is there. Only a bundle is ever replaced.

    Raises:
        ResourceError: the folder exists, or the disk is full.
    """
    check_destination(folder, overwrite=overwrite)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".peu-", dir=folder.parent) as workplace:
            draft = Path(workplace) / "new"
            draft.mkdir()
            write_files(draft)
            hashes = {
                path.relative_to(draft).as_posix(): sha256_of_file(path)
                for path in sorted(draft.rglob("*"))
                if path.is_file()
            }
            write_json(draft / MANIFEST, {**manifest, "format": FORMAT, "files": hashes})
            _put_in_place(draft, folder, Path(workplace) / "old")
    except OSError as error:
        raise ResourceError(
            f"`{folder}` could not be written: {error.strerror or error}. Free some disk space or "
            "choose another folder."
        ) from error


def check_destination(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that must not be written to, before any work is done for it.

    Raises:
        ResourceError: it exists and is not to be replaced, or is no bundle.
    """
    if not folder.exists():
        return
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if not overwrite:
        raise ResourceError(
            f"`{folder}` must not exist yet: nothing is overwritten unasked. Choose another folder "
            "with --output, or say --overwrite."
        )
    files = _files_of_bundle(folder)
    if files is None:
        raise ResourceError(
            f"`{folder}` must be a model of peu to be overwritten; it has no {MANIFEST} of one. "
            "Choose another folder with --output."
        )
    known = {*files, *(str(parent) for name in files for parent in PurePosixPath(name).parents)}
    found = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    others = sorted(found - known)
    if others:
        raise ResourceError(
            f"`{folder}` must hold a model of peu and nothing else to be overwritten. It also "
            f"holds `{others[0]}`. Move that away, or choose another folder with --output."
        )


def read_manifest(folder: Path, kind: str) -> dict[str, Any]:
    """Read a bundle's manifest once every file is what the manifest says.

    Args:
        folder: the bundle.
        kind: what it must hold, "classifier" for one.

    Returns:
        The manifest.

    Raises:
        BundleError: no bundle, of a newer format, of another kind, or damaged.
    """
    if not folder.is_dir():
        raise BundleError(
            f"`{folder}` must be the folder of a saved model. Received: "
            f"{'a file' if folder.exists() else 'a path where nothing is'}. Name the folder that "
            "`peu train --output` wrote."
        )
    try:
        manifest = read_json(folder / MANIFEST)
    except (OSError, ValueError, RecursionError) as error:
        raise BundleError(
            f"`{folder}` must hold a readable {MANIFEST}. It could not be read: {error}. Name a "
            "folder that `peu train --output` wrote."
        ) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise BundleError(
            f"`{folder / MANIFEST}` must be a manifest of peu. Received something else. Name a "
            "folder that `peu train --output` wrote."
        )
    if manifest.get("format") != FORMAT:
        raise BundleError(
            f"`{folder}` must have format {FORMAT}. Received: {manifest.get('format')!r}. Update "
            "peu, or train the model again."
        )
    if manifest.get("kind") != kind:
        raise BundleError(
            f"`{folder}` must hold a {kind}. Received: {manifest.get('kind')!r}. "
            "Name another model."
        )
    _check_hashes(folder, manifest["files"])
    return manifest


def _put_in_place(draft: Path, folder: Path, aside: Path) -> None:
    """Replace a folder; the old one is put back where the new one cannot take its place."""
    if not folder.exists():
        draft.replace(folder)
        return
    folder.replace(aside)
    try:
        draft.replace(folder)
    except BaseException:
        aside.replace(folder)
        raise


def _files_of_bundle(folder: Path) -> set[str] | None:
    try:
        manifest = read_json(folder / MANIFEST)
        if not isinstance(manifest["kind"], str) or not isinstance(manifest["format"], int):
            return None
        return {MANIFEST, *dict(manifest["files"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _lies_inside(name: str) -> bool:
    """Tell whether a name from a manifest leads nowhere but into the bundle, on any system."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not any(
        part in ("..", "/") or "\\" in part or ":" in part for part in parts
    )


def _check_hashes(folder: Path, hashes: dict[str, Any]) -> None:
    for name, expected in hashes.items():
        path = folder / name
        if not _lies_inside(name) or not path.is_file():
            raise BundleError(
                f"`{folder}` must hold `{name}`, which its manifest lists. It does not. Copy the "
                "whole folder, or train the model again."
            )
        if sha256_of_file(path) != expected:
            raise BundleError(
                f"`{path}` must be as it was saved. Its content has changed: it is damaged or was "
                "edited. Copy it again, or train the model again."
            )
