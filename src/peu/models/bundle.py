"""Bundles: saved models as folders, with a manifest that lists every file and its hash."""

from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

from peu.errors import BundleError
from peu.files import read_json, sha256_of_file, with_checksum, without_checksum, write_json
from peu.output_folder import OutputFolder, restore

FORMAT = 1
_MOST_BYTES = 2 << 30  # no ONNX file may have more
MANIFEST = "manifest.json"


def write_bundle(
    folder: Path,
    manifest: dict[str, Any],
    write_files: Callable[[Path], None],
    *,
    overwrite: bool = False,
) -> None:
    """Write a whole bundle, or nothing if anything fails.

    Args:
        folder: must not exist, unless `overwrite` is set.
        manifest: description of the model; format and file hashes are added.
        write_files: writes the model's files into a given folder.
        overwrite: replace an existing bundle. Nothing but a bundle is ever replaced.

    Raises:
        ResourceError: the folder exists, or the disk is full.
    """
    with output_folder(folder, overwrite=overwrite).replace() as draft:
        write_files(draft)
        hashes = {
            path.relative_to(draft).as_posix(): sha256_of_file(path)
            for path in sorted(draft.rglob("*"))
            if path.is_file()
        }
        whole = {**manifest, "format": FORMAT, "files": hashes}
        write_json(draft / MANIFEST, with_checksum(whole))
        for name in hashes:
            if name.endswith(".keras"):
                from peu.networks.limited_opening import trust

                trust(draft / name)


def output_folder(folder: Path, *, overwrite: bool) -> OutputFolder:
    """The folder that a bundle goes to; `check` it before any work is done for it."""
    return OutputFolder(
        path=folder, kind="model", marker=MANIFEST, overwrite=overwrite, listing=_files_of_bundle
    )


def read_manifest(folder: Path, kind: str) -> dict[str, Any]:
    """Read a bundle's manifest and check every file against it.

    Args:
        folder: the bundle.
        kind: the expected kind, for example "classifier".

    Returns:
        The manifest.

    Raises:
        BundleError: not a bundle, of another format or kind, or damaged.
    """
    restore(folder)
    if not folder.is_dir():
        raise BundleError(
            f"`{folder}` must be the folder of a saved model. Received: "
            f"{'a file' if folder.exists() else 'a path that does not exist'}. Name the folder "
            "that `peu train --output` wrote."
        )
    try:
        manifest = read_json(folder / MANIFEST)
    except (OSError, ValueError) as error:
        raise BundleError(
            f"`{folder}` must contain a readable {MANIFEST}. It could not be read: {error}. Name "
            "the folder that `peu train --output` wrote."
        ) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("files"), dict):
        raise BundleError(
            f"`{folder / MANIFEST}` must be a manifest of peu. Received something else. Name the "
            "folder that `peu train --output` wrote."
        )
    if manifest.get("format") != FORMAT:
        raise BundleError(
            f"`{folder}` must have format {FORMAT}. Received: {manifest.get('format')!r}. Update "
            "peu, or train the model again."
        )
    if manifest.get("kind") != kind:
        raise BundleError(
            f"`{folder}` must contain a {kind}. Received: {manifest.get('kind')!r}. "
            "Name another model."
        )
    try:
        manifest = without_checksum(manifest)
    except ValueError as error:
        raise BundleError(
            f"`{folder / MANIFEST}` must be as it was saved. Received a file that was changed or "
            f"damaged: {error}. Copy the folder again, or train the model again."
        ) from error
    _check_hashes(folder, manifest["files"])
    return manifest


def _files_of_bundle(folder: Path) -> set[str] | None:
    """Names of the files of a bundle; None for a folder that is not one."""
    try:
        manifest = read_json(folder / MANIFEST)
        if not isinstance(manifest["kind"], str) or not isinstance(manifest["format"], int):
            return None
        files = {MANIFEST, *dict(manifest["files"])}
        return {*files, *(str(parent) for name in files for parent in PurePosixPath(name).parents)}
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _lies_inside(name: str) -> bool:
    """Whether a file name from a manifest stays inside the bundle, on any system."""
    parts = PurePosixPath(name).parts
    return bool(parts) and not any(
        part in ("..", "/") or "\\" in part or ":" in part for part in parts
    )


def _check_hashes(folder: Path, hashes: dict[str, Any]) -> None:
    for name, expected in hashes.items():
        path = folder / name
        if not _lies_inside(name) or not path.is_file():
            raise BundleError(
                f"`{folder}` must contain `{name}`, which its manifest lists. It does not. Copy "
                "the whole folder, or train the model again."
            )
        try:
            found = sha256_of_file(path, most_bytes=_MOST_BYTES)
        except (OSError, ValueError) as error:
            raise BundleError(
                f"`{path}` must be readable. It is not: {error}. Copy the whole "
                "folder again, or train the model again."
            ) from error
        if found != expected:
            raise BundleError(
                f"`{path}` must be as it was saved. Its content has changed: it is damaged or was "
                "edited. Copy it again, or train the model again."
            )
