"""Zip files: unpacked once, or refused whole."""

import io
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from broken_images import grey_png, write_classes
from peu.errors import DataError, ResourceError
from peu.images import archives
from peu.images.archives import extract_zip
from peu.images.loading import load_images

PNG = grey_png()


def zipped(path: Path, entries: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def with_mode(path: Path, kind: int) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("a/special.png")
        entry.create_system = 3
        entry.external_attr = (kind | 0o644) << 16
        archive.writestr(entry, "/etc/passwd")
    return path


def encrypted(path: Path) -> Path:
    zipped(path, {"a/1.png": PNG}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    for start, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(start) + flags_at] |= 1
    path.write_bytes(content)
    return path


def overlapping(path: Path, *, same_start: bool) -> Path:
    """Two entries whose data is the same bytes, as the smallest and largest of bombs are made."""
    zipped(path, {"a/1.png": PNG, "a/2.png": PNG}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    first = content.index(b"PK\x01\x02")
    second = content.index(b"PK\x01\x02", first + 4)
    if same_start:
        struct.pack_into("<L", content, second + 42, 0)
    else:
        struct.pack_into("<LL", content, first + 20, len(PNG) + 60, len(PNG) + 60)
    path.write_bytes(content)
    return path


def many(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for number in range(archives.MAX_ENTRIES + 1):
            archive.writestr(zipfile.ZipInfo(f"{number}"), b"")
    return path


def flipped(path: Path) -> Path:
    zipped(path, {"a/1.png": PNG}, zipfile.ZIP_STORED)
    content = bytearray(path.read_bytes())
    content[content.index(b"IDAT") + 6] ^= 4
    path.write_bytes(content)
    return path


def inner_zip() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("x", "x")
    return stream.getvalue()


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


# It takes seconds to write so many entries; a lower limit is tried in a test of its own.
SLOW = pytest.mark.slow

UNSAFE: dict[str, tuple[Callable[[Path], Path], str]] = {
    "parent": (lambda p: zipped(p, {"a/1.png": PNG, "a/../../x": b"x"}), "outside"),
    "absolute": (lambda p: zipped(p, {"/etc/x": b"x"}), "outside"),
    "drive": (lambda p: zipped(p, {"C:\\x.png": b"x"}), "outside"),
    "backslash parent": (lambda p: zipped(p, {"a\\..\\..\\x": b"x"}), "outside"),
    "link": (lambda p: with_mode(p, stat.S_IFLNK), "link or a device"),
    "device": (lambda p: with_mode(p, stat.S_IFCHR), "link or a device"),
    "fifo": (lambda p: with_mode(p, stat.S_IFIFO), "link or a device"),
    "1000:1": (lambda p: zipped(p, {"a/1.bmp": bytes(5 << 20)}), "grows more than"),
    "nested by name": (lambda p: zipped(p, {"a/1.png": PNG, "b.tar.gz": b"x"}), "archive"),
    "nested by content": (lambda p: zipped(p, {"a/1.png": inner_zip()}), "archive"),
    "encrypted": (encrypted, "encrypted"),
    "overlapping": (lambda p: overlapping(p, same_start=False), "overlap"),
    "one start": (lambda p: overlapping(p, same_start=True), "overlap"),
    "many": (many, "more than 100,000"),
    "bzip2": (lambda p: zipped(p, {"a/1": b"x"}, zipfile.ZIP_BZIP2), "unusual"),
    "file and folder": (lambda p: zipped(p, {"a": b"x", "a/1.png": PNG}), "both"),
    "no zip": (lambda p: written(p, b"hello"), "no zip file"),
    "empty file": (lambda p: written(p, b""), "no zip file"),
    "flipped bit": (flipped, "damaged"),
    "cut": (lambda p: written(p, zipped(p, {"a/1.png": PNG}).read_bytes()[:-30]), "no zip"),
}


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=SLOW if name == "many" else ()) for name in UNSAFE]
)
def test_an_unsafe_zip_is_refused_whole(name: str, tmp_path: Path, private_cache: Path) -> None:
    make, word = UNSAFE[name]
    archive = make(tmp_path / "images.zip")

    with pytest.raises(DataError, match=word) as caught:
        extract_zip(archive)

    assert "images.zip" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert [one for one in private_cache.rglob("*") if one.is_file()] == []
    assert [one.name for one in tmp_path.iterdir()] == ["images.zip"]


def test_a_zip_of_too_many_entries_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = zipped(tmp_path / "images.zip", {f"a/{number}.png": PNG for number in range(3)})
    assert archives.MAX_ENTRIES == 100_000
    monkeypatch.setattr(archives, "MAX_ENTRIES", 2)
    with pytest.raises(DataError, match="more than 2 entries"):
        extract_zip(archive)


def test_two_entries_of_one_name_are_refused(tmp_path: Path) -> None:
    archive = tmp_path / "images.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("a/1.png", PNG)
        opened.writestr("a/./1.png", PNG)

    with pytest.raises(DataError, match="two entries"):
        extract_zip(archive)


def test_a_zip_too_large_in_total_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "MAX_TOTAL_BYTES", 10)

    with pytest.raises(DataError, match="grow"):
        extract_zip(zipped(tmp_path / "images.zip", {"a/1.png": PNG}))


def test_a_list_of_entries_too_large_to_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "_MAX_DIRECTORY_BYTES", 10)

    with pytest.raises(DataError, match="more than 100,000"):
        extract_zip(zipped(tmp_path / "images.zip", {"a/1.png": PNG}))


def test_a_zip_is_unpacked_once_for_each_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    entries = {"a/1.png": PNG, "b\\2.png": PNG, "__MACOSX/._1.png": b"x"}
    folder = extract_zip(zipped(tmp_path / "one.zip", entries))
    assert (folder / "a" / "1.png").read_bytes() == PNG
    assert (folder / "b" / "2.png").read_bytes() == PNG

    def fail(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(archives, "_unpack", fail)
    (tmp_path / "copy.zip").write_bytes((tmp_path / "one.zip").read_bytes())

    assert extract_zip(tmp_path / "copy.zip") == folder


def test_an_unpacked_zip_that_lost_a_file_is_unpacked_again(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "one.zip", {"a/1.png": PNG, "a/2.png": PNG})
    folder = extract_zip(archive)
    (folder / "a" / "2.png").unlink()

    assert (extract_zip(archive) / "a" / "2.png").read_bytes() == PNG


def test_a_cache_that_cannot_be_written_is_a_resource_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PEU_CACHE", str(tmp_path / "file"))

    with pytest.raises(ResourceError, match="PEU_CACHE"):
        extract_zip(zipped(tmp_path / "one.zip", {"a/1.png": PNG}))


def test_a_zip_of_class_folders_is_the_same_set_as_the_folders(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "photos", {"cat": 3, "dog": 2})
    files = {one.relative_to(root).as_posix(): one for one in root.rglob("*.png")}
    contents = {name: path.read_bytes() for name, path in files.items()}
    flat = zipped(tmp_path / "flat.zip", contents)
    nested = zipped(tmp_path / "nested.zip", {f"top/{k}": v for k, v in contents.items()})

    expected = load_images(root)
    assert load_images(flat).fingerprint == expected.fingerprint
    assert load_images(nested).fingerprint == expected.fingerprint
    assert load_images(nested).name == "nested"


def test_a_zip_of_a_table_is_read_and_does_not_reach_outside(tmp_path: Path) -> None:
    outside = write_classes(tmp_path / "outside", {"a": 1}) / "a" / "0.png"
    lines = "image,label\np/0.png,a\np/1.png,a\np/2.png,b\np/3.png,b\n" + f"{outside},b\n"
    images = write_classes(tmp_path / "made", {"p": 4}) / "p"
    entries = {f"p/{one.name}": one.read_bytes() for one in images.iterdir()}

    dataset = load_images(zipped(tmp_path / "t.zip", {**entries, "labels.csv": lines.encode()}))

    assert dataset.keys == ("p/0.png", "p/1.png", "p/2.png", "p/3.png")
    assert [one.reason for one in dataset.set_aside] == ["it lies outside the archive"]
