"""Arrays by image: computed once, shared by whoever has the image, never a condition."""

import errno
import os
import sqlite3
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broken_images import write_classes
from peu.cache_folder import cache_folder
from peu.images import cache as cache_module
from peu.images.array_store import ArrayStore
from peu.images.cache import cached, remove_least_used
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.workers import in_order
from peu.progress import report
from recorded_progress import recorded_progress


class Means:
    """Describes an image by the mean of each channel, and counts the images described."""

    def __init__(self, dtype: type = np.float32) -> None:
        self.dtype = dtype
        self.seen: list[str] = []

    def __call__(self, images: ImageDataset) -> NDArray[Any]:
        self.seen += images.keys
        report("a phase inside", 0, 1)
        pixels = images.pixels((16, 16), "stretch")
        return np.asarray(pixels.mean(axis=(1, 2)), self.dtype)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_classes(tmp_path / "photos", {"cat": 4, "dog": 3})


@pytest.fixture
def images(root: Path) -> ImageDataset:
    return load_images(root)


def means_of(images: ImageDataset, means: Means, key: str = "means", **more: int) -> NDArray[Any]:
    return cached(images, (key, (16, 16), 1.5), means, phase="Describing", **more)


def files() -> list[Path]:
    return sorted((cache_folder() / "arrays").glob("*.sqlite"), key=lambda one: one.stat().st_size)


def test_arrays_are_computed_once_and_in_order(images: ImageDataset) -> None:
    means = Means()

    first = means_of(images, means, batch_size=2)

    expected = images.pixels((16, 16), "stretch").mean(axis=(1, 2)).astype(np.float32)
    np.testing.assert_array_equal(first, expected)
    assert first.dtype == np.float32
    assert means.seen == list(images.keys)
    np.testing.assert_array_equal(means_of(images, means), first)
    np.testing.assert_array_equal(means_of(images[[5, 1, 5]], means), first[[5, 1, 5]])
    assert len(means.seen) == 7


def test_a_folder_that_grows_costs_only_what_is_new(root: Path, images: ImageDataset) -> None:
    means = Means()
    means_of(images, means)
    write_classes(root, {"eel": 9})
    (root / "cat" / "0.png").rename(root / "eel" / "moved.png")
    grown = load_images(root)

    found = means_of(grown, means)

    np.testing.assert_array_equal(found, means_of(grown, Means(), key="afresh"))
    assert all(key.startswith("eel/") for key in means.seen[7:])
    assert len(means.seen) == len(set(images.hashes) | set(grown.hashes))


def test_images_with_the_same_bytes_are_computed_once(root: Path) -> None:
    (root / "dog" / "copy.png").write_bytes((root / "cat" / "2.png").read_bytes())
    images = load_images(root)
    means = Means()

    found = means_of(images, means)

    assert len(means.seen) == 7
    cat, dog = (images.keys.index(key) for key in ("cat/2.png", "dog/copy.png"))
    np.testing.assert_array_equal(found[cat], found[dog])
    np.testing.assert_array_equal(found, means_of(images, means))


def test_whatever_changes_the_numbers_has_a_file_of_its_own(
    images: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    means = Means()
    means_of(images, means)
    means_of(images, means, key="other")
    monkeypatch.setattr(cache_module, "DECODING", "other rules")
    means_of(images, means)

    assert len(means.seen) == 3 * len(images)


def test_stored_rows_of_another_kind_are_computed_again(images: ImageDataset) -> None:
    means_of(images[:3], Means(np.float64))

    found = means_of(images, Means())

    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, means_of(images, Means(), key="afresh"))
    np.testing.assert_array_equal(found, means_of(images, Means()))


def test_a_row_of_another_kind_than_its_fellows_is_computed_again(images: ImageDataset) -> None:
    means = Means()
    first = means_of(images, means)
    store = ArrayStore(files()[0])
    store.write({images.hashes[0]: np.zeros((3, 3))})

    np.testing.assert_array_equal(means_of(images, means), first)
    assert means_of(images, means).shape == first.shape


def test_progress_counts_what_is_computed_and_nothing_inside(images: ImageDataset) -> None:
    means_of(images[:2], Means())
    with recorded_progress() as shown:
        means_of(images, Means(), batch_size=4)
        means_of(images, Means())

    assert shown.phases == [("Describing", 0, 5), ("Describing", 4, 5), ("Describing", 5, 5)]


def test_a_failure_keeps_what_was_computed_before(images: ImageDataset) -> None:
    class Fails(Means):
        def __call__(self, images: ImageDataset) -> NDArray[Any]:
            if len(self.seen) >= 4:
                raise OSError("gone")
            return super().__call__(images)

    with pytest.raises(OSError, match="gone"):
        means_of(images, Fails(), batch_size=2)

    means = Means()
    means_of(images, means)
    assert len(means.seen) == 3


def test_a_set_too_large_is_computed_each_time(
    images: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache_module, "MAX_CACHE_BYTES", 50)
    means = Means()

    np.testing.assert_array_equal(means_of(images, means), means_of(images, means))
    assert len(means.seen) == 14
    assert [len(batch) for batch in images.batches((16, 16), "pad", 4)] == [4, 3]


def test_a_file_that_would_grow_too_large_begins_anew(
    images: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    means_of(images[:4], Means())
    size = files()[0].stat().st_size
    monkeypatch.setattr(cache_module, "MAX_CACHE_BYTES", size)
    means = Means()
    means_of(images, means)
    assert len(means.seen) == 3
    means_of(images, means)
    assert len(means.seen) == 7


def test_a_folder_that_cannot_be_written_is_no_error(
    images: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PEU_CACHE", str(tmp_path / "file" / "cache"))
    means = Means()

    np.testing.assert_array_equal(means_of(images, means), means_of(images, means))
    assert len(means.seen) == 14


@pytest.mark.parametrize(
    "fault", [OSError(errno.ENOSPC, "No space left"), sqlite3.OperationalError("disk is full")]
)
def test_a_full_disk_is_no_error(
    images: ImageDataset, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    def full(*_: object, **__: object) -> None:
        raise fault

    monkeypatch.setattr(sqlite3, "connect", full)
    means = Means()

    np.testing.assert_array_equal(means_of(images, means), means_of(images, means))
    assert len(means.seen) == 14


def test_threads_share_a_file(images: ImageDataset) -> None:
    expected = means_of(images, Means(), key="alone")

    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: means_of(images, Means(), batch_size=1), range(8)))

    assert all(np.array_equal(one, expected) for one in found)
    means = Means()
    means_of(images, means)
    assert means.seen == []


def test_processes_share_a_file(root: Path) -> None:
    code = (
        "import sys, hashlib; from peu.images.loading import load_images;"
        "images = load_images(sys.argv[1]);"
        "print(hashlib.sha256(images.pixels((64, 64), 'pad')).hexdigest())"
    )
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(root)], stdout=subprocess.PIPE)
        for _ in range(3)
    ]
    found = {process.communicate()[0] for process in running}

    assert len(found) == 1
    assert len(found.pop()) == 65
    assert [process.returncode for process in running] == [0, 0, 0]


def test_the_cache_forgets_what_was_used_least_lately(tmp_path: Path) -> None:
    for age, name in enumerate(("new", "middle", "old")):
        (tmp_path / name).write_bytes(bytes(100))
        os.utime(tmp_path / name, (1000 - age, 1000 - age))

    remove_least_used(tmp_path, 250)
    remove_least_used(tmp_path / "missing", 250)

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
