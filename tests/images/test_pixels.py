"""The decoded images on disk: whole or not there, and never in the way."""

import os
import threading
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peu.errors import DataError
from peu.images import pixels as pixels_module
from peu.images.cache import cache_folder, make_room
from peu.images.pixels import Row, stream_rows
from peu.images.workers import in_order

SIZE = (8, 10)
COUNT = 20


class Source:
    """Makes images that are all one number, and counts them."""

    def __init__(self) -> None:
        self.decoded: list[int] = []

    def __call__(self, index: int) -> Row:
        self.decoded.append(index)
        return np.full((*SIZE, 3), index, np.uint8)


def rows(source: Source, indices: list[int], key: str = "set") -> list[int]:
    stream = stream_rows(key, COUNT, np.array(indices, np.int64), SIZE, "pad", source)
    return [int(row[3, 4, 1]) for row in stream]


def cached() -> Path:
    return next((cache_folder() / "pixels").iterdir())


def test_a_set_is_decoded_once() -> None:
    source = Source()

    assert rows(source, list(range(COUNT))) == list(range(COUNT))
    assert sorted(source.decoded) == list(range(COUNT))
    assert rows(source, [7, 3, 3, 19]) == [7, 3, 3, 19]
    assert len(source.decoded) == COUNT


def test_a_few_images_do_not_cost_the_whole_set() -> None:
    source = Source()

    assert rows(source, [5, 1]) == [5, 1]
    assert sorted(source.decoded) == [1, 5]
    assert not (cache_folder() / "pixels").exists()


def test_the_file_is_plain_numpy() -> None:
    rows(Source(), list(range(COUNT)))

    stored = np.load(cached(), allow_pickle=False)

    assert stored.shape == (COUNT, *SIZE, 3)
    assert stored[:, 0, 0, 0].tolist() == list(range(COUNT))


def test_key_size_and_fit_have_files_of_their_own() -> None:
    for key, fit in (("a", "pad"), ("b", "pad"), ("a", "crop")):
        list(stream_rows(key, COUNT, np.arange(COUNT), SIZE, fit, Source()))  # type: ignore[arg-type]

    assert len(list((cache_folder() / "pixels").iterdir())) == 3


@given(cut=st.integers(1, COUNT * 244))
@settings(deadline=None, max_examples=30)
def test_a_cut_file_is_made_again(cut: int) -> None:
    rows(Source(), list(range(COUNT)), key="cut")
    path = cached()
    path.write_bytes(path.read_bytes()[:-cut])

    assert rows(Source(), list(range(COUNT)), key="cut") == list(range(COUNT))


@given(at=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=50)
def test_a_flipped_bit_never_reaches_an_image(at: int, bit: int) -> None:
    rows(Source(), list(range(COUNT)), key="flip")
    path = cached()
    content = bytearray(path.read_bytes())
    content[at % len(content)] ^= 1 << bit
    path.write_bytes(content)

    stream = stream_rows("flip", COUNT, np.arange(COUNT), SIZE, "pad", Source())
    assert all((row == index).all() for index, row in enumerate(stream))
    path.unlink()


def test_an_image_that_fails_leaves_no_file() -> None:
    def fail(index: int) -> Row:
        if index == 11:
            raise DataError("gone")
        return Source()(index)

    with pytest.raises(DataError, match="gone"):
        list(stream_rows("set", COUNT, np.arange(COUNT), SIZE, "pad", fail))
    assert list((cache_folder() / "pixels").iterdir()) == []


def test_a_set_too_large_for_the_cache_is_decoded_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pixels_module, "MAX_CACHE_BYTES", 100)
    source = Source()

    assert rows(source, list(range(COUNT))) == list(range(COUNT))
    assert rows(source, list(range(COUNT))) == list(range(COUNT))
    assert len(source.decoded) == 2 * COUNT


def test_a_large_set_streams_in_little_memory() -> None:
    count, size = 400, (128, 128)

    def decode(index: int) -> Row:
        return np.full((*size, 3), index % 256, np.uint8)

    def peak() -> int:
        tracemalloc.start()
        for _ in stream_rows("large", count, np.arange(count), size, "pad", decode):
            pass
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak() < count * 128 * 128 * 3 / 4
    assert peak() < 1 << 20


def test_the_cache_forgets_what_was_used_least_lately(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1000 - age, 1000 - age))

    make_room(tmp_path, 250)
    make_room(tmp_path / "missing", 250)

    assert {one.name for one in tmp_path.iterdir()} == {"new", "middle"}


def test_the_cache_is_where_the_user_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PEU_CACHE", str(tmp_path / "mine"))
    assert cache_folder() == tmp_path / "mine"
    monkeypatch.delenv("PEU_CACHE")
    assert cache_folder().name == "peu"


def test_workers_keep_the_order_and_work_only_a_little_ahead() -> None:
    started = 0
    lock = threading.Lock()

    def work(item: int) -> int:
        nonlocal started
        with lock:
            started += 1
        return item

    results = in_order(work, range(10_000))
    assert [next(results) for _ in range(5)] == [0, 1, 2, 3, 4]
    results.close()  # type: ignore[attr-defined]
    assert started < 100
