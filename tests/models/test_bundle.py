"""A bundle is written whole or not at all, and checked file by file when it is read."""

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from forged_manifests import forge_manifest
from peu.errors import BundleError, ResourceError
from peu.files import sha256_of_file
from peu.models.bundle import output_folder, read_manifest, write_bundle


def _write(folder: Path, text: str = "weights", *, overwrite: bool = False) -> None:
    def write_files(draft: Path) -> None:
        (draft / "model.bin").write_text(text)

    write_bundle(folder, {"kind": "toy"}, write_files, overwrite=overwrite)


def test_a_manifest_lists_every_file_with_its_hash(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "model"
    _write(folder)
    assert read_manifest(folder, "toy") == {
        "kind": "toy",
        "format": 1,
        "files": {"model.bin": sha256_of_file(folder / "model.bin")},
    }
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_nothing_is_overwritten_unless_asked(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    _write(folder, "old")
    with pytest.raises(ResourceError, match="--overwrite"):
        _write(folder, "new")
    assert (folder / "model.bin").read_text() == "old"
    _write(folder, "new", overwrite=True)
    assert (folder / "model.bin").read_text() == "new"
    assert list(tmp_path.iterdir()) == [folder]


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        "no json",
        "[]",
        '{"files": {"photo.jpg": ""}}',
        '{"kind": 1, "format": 1, "files": {}}',
    ],
)
def test_only_a_model_is_ever_replaced(tmp_path: Path, manifest: str | None) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / "photo.jpg").write_text("dear")
    if manifest is not None:
        (folder / "manifest.json").write_text(manifest)
    with pytest.raises(ResourceError, match="a model of peu"):
        _write(folder, overwrite=True)
    assert (folder / "photo.jpg").read_text() == "dear"


def test_a_model_with_other_files_beside_it_is_not_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    _write(folder, "old")
    (folder / "notes.txt").write_text("dear")
    with pytest.raises(ResourceError, match=r"holds `notes\.txt`"):
        _write(folder, "new", overwrite=True)
    assert (folder / "notes.txt").read_text() == "dear"
    assert (folder / "model.bin").read_text() == "old"


def test_a_file_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "model").write_text("dear")
    for overwrite in (False, True):
        with pytest.raises(ResourceError):
            output_folder(tmp_path / "model", overwrite=overwrite).check()
    assert (tmp_path / "model").read_text() == "dear"


@pytest.mark.parametrize("failing", [1, 2])
def test_a_new_model_that_cannot_take_its_place_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    folder = tmp_path / "model"
    _write(folder, "old")
    real, moves = Path.replace, 0

    def replace(path: Path, target: Path) -> Path:
        nonlocal moves
        moves += folder in (path, target)
        if folder in (path, target) and moves == failing:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(path, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(ResourceError, match="Input/output error"):
        _write(folder, "new", overwrite=True)
    monkeypatch.undo()
    assert (folder / "model.bin").read_text() == "old"
    assert list(tmp_path.iterdir()) == [folder]
    read_manifest(folder, "toy")


def test_a_writer_that_fails_leaves_nothing(tmp_path: Path) -> None:
    def full(draft: Path) -> None:
        (draft / "model.bin").write_text("half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(ResourceError, match="No space left") as caught:
        write_bundle(tmp_path / "model", {"kind": "toy"}, full)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "Received: 2. Update peu"),
        ({"format": None}, "must have format 1"),
        ({"kind": "autoencoder"}, "must contain a toy. Received: 'autoencoder'"),
        ({"files": ["model.bin"]}, "must be a manifest of peu"),
        ({"files": None}, "must be a manifest of peu"),
        ({"files": {"model.bin": "0" * 64}}, "Its content has changed"),
        ({"files": {"model.bin": None}}, "Its content has changed"),
        ({"files": {"missing.bin": ""}}, "must contain `missing.bin`"),
        ({"files": {"../secret": "of"}}, "must contain `../secret`"),
        ({"files": {"deep/model.bin": ""}}, "must contain `deep/model.bin`"),
        ({"files": {"..": ""}}, "must contain `..`"),
        ({"files": {"": ""}}, "must contain ``"),
        ({"files": {"a\0b": ""}}, "must contain"),
    ],
)
def test_a_manifest_that_does_not_match_its_files_is_refused(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    folder = tmp_path / "model"
    _write(folder)
    (tmp_path / "secret").write_text("of another")
    forge_manifest(folder, lambda manifest: manifest.update(changes))
    with pytest.raises(BundleError) as caught:
        read_manifest(folder, "toy")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_absolute_path_is_refused_even_with_its_hash(tmp_path: Path) -> None:
    folder = tmp_path / "model"
    _write(folder)
    secret = tmp_path / "secret"
    secret.write_text("of another")
    files = {str(secret): sha256_of_file(secret)}
    forge_manifest(folder, lambda manifest: manifest.update(files=files))
    with pytest.raises(BundleError, match="must contain"):
        read_manifest(folder, "toy")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[]", b"3", b'{"files": 3}']
)
def test_an_unreadable_manifest_is_refused(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "model"
    _write(folder)
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(BundleError, match=r"manifest") as caught:
        read_manifest(folder, "toy")
    assert "\n" not in str(caught.value)


def test_a_path_without_a_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "photos").mkdir()
    for name, said in (
        ("file", "Received: a file"),
        ("missing", "does not exist"),
        ("photos", "must contain a readable manifest.json"),
    ):
        with pytest.raises(BundleError) as caught:
            read_manifest(tmp_path / name, "toy")
        assert said in str(caught.value)


def test_a_file_that_cannot_be_a_model_is_not_read_to_its_end(tmp_path: Path) -> None:
    _write(tmp_path / "model")
    with (tmp_path / "model" / "model.bin").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(BundleError, match="bytes"):
        read_manifest(tmp_path / "model", "toy")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs such a file")
def test_a_file_that_fails_to_be_read_is_a_damaged_model(tmp_path: Path) -> None:
    _write(tmp_path / "model")
    (tmp_path / "model" / "model.bin").unlink()
    (tmp_path / "model" / "model.bin").symlink_to("/proc/self/mem")
    with pytest.raises(BundleError, match="readable"):
        read_manifest(tmp_path / "model", "toy")
