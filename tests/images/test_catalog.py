"""Sets by name: where they are looked for, what is taken out, what is said without them."""

import hashlib
import io
import tarfile
import urllib.error
import urllib.request
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from peu.errors import DataError, ResourceError
from peu.images import catalog
from peu.images.caltech import extract_classes
from peu.images.catalog import CATALOG, CatalogEntry, fetch
from peu.images.kept_folder import LISTING, kept_folder
from peu.images.loading import load_images
from peu.images.samples import draw_samples

WANTED = {"anchor": 2, "barrel": 1}


@pytest.fixture
def without_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave a test nothing but its private cache: no local copy and no network."""

    def unreachable(request: object, timeout: float) -> None:
        raise urllib.error.URLError("no network")

    monkeypatch.delenv("PEU_DATA", raising=False)
    monkeypatch.setattr(urllib.request, "urlopen", unreachable)


def _jpeg(shade: int) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (30, 20), (shade, shade, 90)).save(stream, format="JPEG")
    return stream.getvalue()


def _member(
    name: str, content: bytes = b"", kind: bytes = tarfile.REGTYPE
) -> tuple[str, bytes, bytes]:
    return f"101_ObjectCategories/{name}", content, kind


ORDINARY = [
    _member("anchor", kind=tarfile.DIRTYPE),
    _member("anchor/image_0001.jpg", _jpeg(10)),
    _member("anchor/image_0002.jpg", _jpeg(60)),
    _member("barrel/image_0001.jpg", _jpeg(120)),
    _member("wild_cat/image_0001.jpg", _jpeg(200)),
]


def _archive(path: Path, members: list[tuple[str, bytes, bytes]]) -> Path:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, content, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.size = kind, len(content)
            member.linkname = "/etc/hostname"
            tar.addfile(member, io.BytesIO(content))
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as outer:
        outer.writestr("__MACOSX/caltech-101/._101_ObjectCategories.tar.gz", b"not it")
        outer.writestr("caltech-101/101_ObjectCategories.tar.gz", packed.getvalue())
    return path


def _files(folder: Path) -> list[str]:
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if not path.is_dir() and path.name != LISTING
    )


def _entry(archive: Path) -> CatalogEntry:
    content = archive.read_bytes() if archive.exists() else b""
    return CatalogEntry(
        name="few",
        title="A few images",
        url="https://example.org/few.zip?download=1",
        checksum="md5:" + hashlib.md5(content, usedforsecurity=False).hexdigest(),
        size=max(len(content), 1),
        licence="none",
        citation="none",
        local_name="few",
        classes=WANTED,
    )


def test_the_catalogue_says_where_sets_come_from_and_what_may_be_done_with_them() -> None:
    assert list(CATALOG) == ["caltech4", "mnist"]
    lengths = {"md5": 32, "sha256": 64}
    for name, entry in CATALOG.items():
        algorithm, _, digest = entry.checksum.partition(":")
        assert entry.name == name
        assert entry.url.startswith("https://")
        assert len(digest) == lengths[algorithm]
        assert int(digest, 16) >= 0
        assert entry.size > 1_000_000
        assert entry.licence.startswith("CC BY")
        assert entry.citation
    assert CATALOG["caltech4"].file_name == "caltech-101.zip"
    assert sum(CATALOG["caltech4"].classes.values()) == 177
    assert CATALOG["mnist"].file_name == "mnist.npz"


def test_only_the_wanted_classes_are_taken_out(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "few.zip", ORDINARY)
    folder = extract_classes(archive, tmp_path / "few", WANTED)
    assert _files(folder) == [
        "anchor/image_0001.jpg",
        "anchor/image_0002.jpg",
        "barrel/image_0001.jpg",
    ]
    assert (folder / "anchor" / "image_0002.jpg").read_bytes() == _jpeg(60)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["few", "few.zip"]


@pytest.mark.parametrize(
    "foreign",
    [
        _member("anchor/../../../anchor/evil.jpg", b"x"),
        _member("anchor/image_0003.jpg", kind=tarfile.SYMTYPE),
        _member("anchor/image_0003.jpg", kind=tarfile.LNKTYPE),
        _member("anchor/image_0003.jpg", kind=tarfile.FIFOTYPE),
        _member("anchor/run.sh", b"x"),
        _member("anchor/image_0003.jpg", bytes(5 << 20)),
        ("/anchor", b"x", tarfile.REGTYPE),
    ],
    ids=["climbs", "symlink", "link", "fifo", "other name", "too large", "absolute"],
)
def test_what_does_not_belong_is_left_out(
    tmp_path: Path, foreign: tuple[str, bytes, bytes]
) -> None:
    archive = _archive(tmp_path / "in" / "few.zip", [foreign, *ORDINARY])
    folder = extract_classes(archive, tmp_path / "out" / "few", WANTED)
    assert len(_files(folder)) == 3
    assert len(_files(tmp_path)) == 4


@pytest.mark.parametrize("members", [ORDINARY[:2], [*ORDINARY, _member("barrel/image_0002.jpg")]])
def test_other_numbers_of_images_are_refused_whole(
    tmp_path: Path, members: list[tuple[str, bytes, bytes]]
) -> None:
    archive = _archive(tmp_path / "few.zip", members)
    with pytest.raises(ResourceError, match="Expected anchor 2, barrel 1 images"):
        extract_classes(archive, tmp_path / "few", WANTED)
    assert _files(tmp_path) == ["few.zip"]


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "few.zip", ORDINARY)
    (tmp_path / ".peu-few" / "new" / "anchor").mkdir(parents=True)
    extract_classes(archive, tmp_path / "few", WANTED)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["few", "few.zip"]


def test_a_repeated_name_is_refused_whole(tmp_path: Path) -> None:
    archive = _archive(tmp_path / "few.zip", [ORDINARY[1], *ORDINARY])
    with pytest.raises(ResourceError):
        extract_classes(archive, tmp_path / "few", WANTED)
    assert _files(tmp_path) == ["few.zip"]


@pytest.mark.parametrize("damage", ["empty", "half", "no tar", "bad tar"])
def test_a_damaged_archive_is_refused_whole(tmp_path: Path, damage: str) -> None:
    archive = _archive(tmp_path / "few.zip", ORDINARY)
    whole = archive.read_bytes()
    if damage == "empty":
        archive.write_bytes(b"")
    elif damage == "half":
        archive.write_bytes(whole[: len(whole) // 2])
    else:
        with zipfile.ZipFile(archive, "w") as outer:
            name = "101_ObjectCategories.tar.gz" if damage == "bad tar" else "readme.txt"
            outer.writestr(name, b"nothing of the kind")
    with pytest.raises(ResourceError) as caught:
        extract_classes(archive, tmp_path / "few", WANTED)
    assert "\n" not in str(caught.value)
    assert _files(tmp_path) == ["few.zip"]


@pytest.mark.usefixtures("without_copies")
def test_an_archive_saved_by_hand_is_checked_taken_out_once_and_removed(
    private_cache: Path,
) -> None:
    archive = _archive(private_cache / "catalog" / "few.zip", ORDINARY)
    entry = _entry(archive)
    folder = fetch(entry)
    assert len(_files(folder)) == 3
    assert folder.is_relative_to(private_cache)
    assert not archive.exists()
    assert fetch(entry) == folder


@pytest.mark.usefixtures("without_copies")
def test_peu_data_comes_before_the_cache_and_the_network(
    tmp_path: Path, private_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = kept_folder(private_cache / "catalog" / "few", lambda draft: (draft / "a").touch())
    (tmp_path / "few").mkdir()
    entry = _entry(tmp_path / "none")
    monkeypatch.setenv("PEU_DATA", str(tmp_path))
    assert fetch(entry) == (tmp_path / "few").resolve()
    (tmp_path / "few").rmdir()
    assert fetch(entry) == kept


@pytest.mark.usefixtures("without_copies")
@pytest.mark.parametrize("name", ["few", "mnist"])
def test_without_a_network_the_message_says_what_to_do(private_cache: Path, name: str) -> None:
    entry = CATALOG[name] if name in CATALOG else _entry(private_cache / "none")
    with pytest.raises(ResourceError) as caught:
        fetch(entry)
    message = str(caught.value)
    assert "\n" not in message
    for words in (
        entry.url,
        str(private_cache / "catalog" / entry.file_name),
        "PEU_DATA",
        "samples",
    ):
        assert words in message


def test_a_name_that_is_neither_path_nor_set_lists_the_sets() -> None:
    for source in ("caltech5", Path("no/such/folder"), ""):
        with pytest.raises(DataError, match="samples, digits, caltech4, mnist") as caught:
            load_images(source)
        assert "\n" not in str(caught.value)


@pytest.mark.usefixtures("without_copies")
def test_a_set_is_at_hand_where_it_needs_no_download(
    private_cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = {name: catalog.is_at_hand(name) for name in ("samples", "digits", "caltech4", "other")}
    assert found == {"samples": True, "digits": True, "caltech4": False, "other": False}
    (private_cache / "catalog" / "caltech4").mkdir(parents=True)
    assert catalog.is_at_hand("caltech4")
    monkeypatch.setenv("PEU_DATA", str(tmp_path))
    assert not catalog.is_at_hand("mnist")
    (tmp_path / "mnist.npz").touch()
    assert catalog.is_at_hand("mnist")


def test_an_existing_path_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    draw_samples(tmp_path / "mnist", per_class={"anchor": 2, "barrel": 2})
    monkeypatch.chdir(tmp_path)
    dataset = load_images("mnist")
    assert dataset.class_names == ("anchor", "barrel")


def test_samples_are_opened_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = draw_samples(tmp_path / "samples-1-0", per_class=2)
    monkeypatch.setattr(catalog, "sample_set", lambda **_: folder)
    dataset = load_images("samples")
    assert dataset.name == "samples"
    assert len(dataset) == 8
    assert dataset.class_names == ("accordion", "anchor", "barrel", "binocular")
    assert dataset.set_aside == ()


def test_the_real_images_are_opened_by_name(
    peu_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEU_DATA", str(peu_data))
    dataset = load_images("caltech4")
    assert dataset.name == "caltech4"
    assert len(dataset) == 177
    assert fetch(CATALOG["mnist"]) == peu_data / "mnist.npz"
