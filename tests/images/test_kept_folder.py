"""Folders in the cache: as they were made, or made again."""

import random
import shutil
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from broken_images import grey_png, png
from failing_files import BROKEN, FULL, Faults
from peu.errors import DataError, DiskError
from peu.files import read_json, write_json
from peu.images import samples
from peu.images.archives import extract_zip
from peu.images.kept_folder import LISTING, is_as_made, kept_folder
from peu.images.loading import load_images
from peu.images.samples import draw_samples


def zipped(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


class Filling:
    """Fills a folder with three files, and counts how often."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, folder: Path) -> None:
        self.times += 1
        (folder / "a").mkdir()
        for name in ("a/1.png", "a/2.png", "b.txt"):
            (folder / name).write_bytes(name.encode())


def _listed(folder: Path) -> None:
    listing = read_json(folder / LISTING)
    del listing["files"]["a/1.png"]
    write_json(folder / LISTING, listing)


CHANGES: dict[str, Callable[[Path], object]] = {
    "deleted": lambda folder: (folder / "a" / "2.png").unlink(),
    "altered, of the same size": lambda folder: (folder / "a" / "2.png").write_bytes(b"a/3.png"),
    "added": lambda folder: (folder / "a" / "3.png").write_bytes(b"x"),
    "a link": lambda folder: (folder / "a" / "3.png").symlink_to(folder / "b.txt"),
    "no listing": lambda folder: (folder / LISTING).unlink(),
    "another listing": _listed,
    "no JSON": lambda folder: (folder / LISTING).write_bytes(b"\xff"),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_folder_that_was_altered_is_made_again(tmp_path: Path, name: str) -> None:
    fill, folder = Filling(), tmp_path / "kept"
    assert kept_folder(folder, fill) == kept_folder(folder, fill) == folder
    assert fill.times == 1
    CHANGES[name](folder)
    assert not is_as_made(folder)
    kept_folder(folder, fill)
    assert fill.times == 2
    assert is_as_made(folder)
    names = sorted(one.name for one in folder.rglob("*"))
    assert names == [LISTING, "1.png", "2.png", "a", "b.txt"]
    assert [one.name for one in tmp_path.iterdir()] == ["kept"]


def test_what_the_system_leaves_in_a_folder_is_no_change(tmp_path: Path) -> None:
    fill, folder = Filling(), tmp_path / "kept"
    kept_folder(folder, fill)
    for name in (".DS_Store", "a/Thumbs.db"):
        (folder / name).write_bytes(b"x")
    kept_folder(folder, fill)
    assert fill.times == 1


def test_two_that_want_a_folder_at_once_fill_it_once(tmp_path: Path) -> None:
    fill, folder = Filling(), tmp_path / "kept"
    threads = [threading.Thread(target=kept_folder, args=(folder, fill)) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert fill.times == 1
    assert is_as_made(folder)


def test_samples_that_were_swept_are_drawn_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def few(folder: Path, *, seed: int) -> Path:
        return draw_samples(folder, per_class=2, seed=seed)

    monkeypatch.setattr(samples, "draw_samples", few)
    folder = samples.sample_set()
    images = sorted(folder.rglob("*.jpg"))
    before = [one.read_bytes() for one in images]
    for one in images[::3]:
        one.unlink()
    images[1].write_bytes(before[2])
    assert len(load_images("samples")) == 8
    assert [one.read_bytes() for one in images] == before


def test_an_unpacked_zip_is_checked_by_content(tmp_path: Path) -> None:
    names = ("a/1.png", "a/2.png", "b/1.png", "b/2.png")
    archive = zipped(
        tmp_path / "photos.zip",
        {name: png(20, 20, bytes([0, *[shade] * 20]) * 20) for shade, name in enumerate(names)},
    )
    before = load_images(archive).fingerprint
    folder = extract_zip(archive)
    (folder / "a" / "1.png").write_bytes((folder / "b" / "1.png").read_bytes())
    assert load_images(archive).fingerprint == before


@pytest.mark.parametrize("size", [2_000, 200_000], ids=["at the end", "on the way"])
def test_a_full_cache_is_not_the_zips_fault(tmp_path: Path, private_cache: Path, size: int) -> None:
    resource = pytest.importorskip("resource")
    archive = zipped(tmp_path / "photos.zip", {"a/1.png": random.Random(0).randbytes(size)})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000, before[1]))
    try:
        with pytest.raises(DiskError, match="File too large") as caught:
            extract_zip(archive)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert "photos.zip" in str(caught.value)
    assert "PEU_CACHE" in str(caught.value)
    assert [one for one in private_cache.rglob("*") if one.is_file()] == []


@pytest.mark.parametrize("error", [FULL, BROKEN, KeyboardInterrupt()])
def test_wherever_unpacking_is_broken_off_the_next_one_is_whole(
    tmp_path: Path, private_cache: Path, error: BaseException
) -> None:
    entries = {"a/1.png": b"x" * 3000, "b/1.png": b"y"}
    counting = Faults((private_cache,), error)
    with counting.here():
        folder = extract_zip(zipped(tmp_path / "photos.zip", entries))
    assert len(counting.calls) > 15
    for at in range(1, len(counting.calls) + 1):
        shutil.rmtree(folder)
        with Faults((private_cache,), error, at=at).here():
            try:
                extract_zip(tmp_path / "photos.zip")
            except (DiskError, KeyboardInterrupt) as raised:
                told = str(raised)
                assert not told or "photos.zip" in told
        assert extract_zip(tmp_path / "photos.zip") == folder
        assert {name: (folder / name).read_bytes() for name in entries} == entries
        assert [one.name for one in folder.parent.iterdir()] == [folder.name]


def test_faults_of_a_zip_name_the_zip(tmp_path: Path, private_cache: Path) -> None:
    for name, entries in {
        "flat.zip": {"1.png": grey_png()},
        "case.zip": {"a/1.png": grey_png(), "A/1.png": grey_png()},
        "table.zip": {"t.csv": b"image,label\n1.png,a\n1.png,b\n", "1.png": grey_png()},
        "empty.zip": {"a/x.txt": b"x", "b/x.txt": b"x"},
    }.items():
        archive = zipped(tmp_path / name, entries)
        with pytest.raises(DataError) as caught:
            load_images(archive)
        assert name in str(caught.value)
        assert str(private_cache) not in str(caught.value)
