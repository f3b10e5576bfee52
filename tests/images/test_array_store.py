"""One file of arrays: whatever happens to it, no wrong number comes out of it."""

import resource
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peu.images.array_store import ArrayStore

IMAGES = [f"{at:064x}" for at in range(1, 41)]
ARRAYS = np.random.default_rng(0).integers(0, 256, (40, 6, 5, 3), dtype=np.uint8)
ROWS = dict(zip(IMAGES, ARRAYS, strict=True))


def filled(path: Path) -> ArrayStore:
    store = ArrayStore(path)
    assert store.write(ROWS)
    return store


def sound(store: ArrayStore) -> int:
    """Count the arrays that are read, all of which must be right."""
    found = dict(store.read(IMAGES))
    for image, array in found.items():
        np.testing.assert_array_equal(array, ARRAYS[IMAGES.index(image)])
        assert array.dtype == np.uint8
    return len(found)


def is_healed(store: ArrayStore) -> bool:
    store.write(ROWS)
    return sound(store) == len(IMAGES)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("store") / "a.sqlite").path


def test_what_is_written_is_read(tmp_path: Path) -> None:
    store = ArrayStore(tmp_path / "new" / "a.sqlite")
    assert list(store.read(IMAGES)) == []
    assert not store.path.parent.exists()
    assert is_healed(store)
    assert [image for image, _ in store.read([IMAGES[7], "00" * 32, IMAGES[3]])] == [
        IMAGES[7],
        IMAGES[3],
    ]
    store.write({IMAGES[0]: np.ones(0, np.float16), IMAGES[1]: np.array(2.5)})
    assert dict(store.read(IMAGES[:1]))[IMAGES[0]].shape == (0,)
    assert dict(store.read(IMAGES[1:2]))[IMAGES[1]] == 2.5


# The header, the schema, and pages of both trees: SQLite's own bytes are where a bit matters most.
@given(
    at=st.one_of(st.integers(0, 400), st.integers(65_000, 66_600), st.integers(0, 1 << 20)),
    bit=st.integers(0, 7),
)
@settings(deadline=None, max_examples=300)
def test_a_flipped_bit_never_reaches_an_array(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, at: int, bit: int
) -> None:
    path = tmp_path_factory.mktemp("flip") / whole.name
    content = bytearray(whole.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(content)

    store = ArrayStore(path)
    sound(store)
    assert is_healed(store)
    shutil.rmtree(path.parent)


@given(length=st.one_of(st.integers(0, 200), st.integers(0, 1 << 20)))
@settings(deadline=None, max_examples=40)
def test_a_cut_file_is_made_again(
    whole: Path, tmp_path_factory: pytest.TempPathFactory, length: int
) -> None:
    path = tmp_path_factory.mktemp("cut") / whole.name
    path.write_bytes(whole.read_bytes()[:length])

    store = ArrayStore(path)
    sound(store)
    assert is_healed(store)
    shutil.rmtree(path.parent)


@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\0" + bytes(5000)])
def test_a_foreign_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(content)

    assert sound(ArrayStore(path)) == 0
    assert is_healed(ArrayStore(path))


def test_a_foreign_database_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE arrays (something INTEGER)")
    connection.close()

    assert sound(ArrayStore(path)) == 0
    assert is_healed(ArrayStore(path))


def test_a_file_under_the_name_of_another_holds_nothing(whole: Path, tmp_path: Path) -> None:
    path = Path(shutil.copy(whole, tmp_path / "b.sqlite"))

    assert sound(ArrayStore(path)) == 0
    assert is_healed(ArrayStore(path))


def test_a_folder_in_the_way_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "a.sqlite").mkdir()
    store = ArrayStore(tmp_path / "a.sqlite")

    assert sound(store) == 0
    assert not store.write(ROWS)


def test_a_file_that_another_process_holds_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("peu.images.array_store._BUSY_SECONDS", 0.05)
    store = filled(tmp_path / "a.sqlite")
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")

    assert sound(store) == 0
    assert not store.write(ROWS)

    other.rollback()
    other.close()
    assert sound(store) == len(IMAGES)


def test_a_disk_that_fills_leaves_a_sound_file(tmp_path: Path) -> None:
    """The kernel refuses every byte beyond a limit, as it does on a full disk."""
    store = ArrayStore(tmp_path / "a.sqlite")
    assert store.write(dict(list(ROWS.items())[:5]))
    large = dict.fromkeys(IMAGES[5:], np.zeros(1 << 18, np.uint8))
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (store.path.stat().st_size + (1 << 20), limits[1]))
    try:
        assert not store.write(large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)

    assert sound(store) == 5
    assert is_healed(store)
