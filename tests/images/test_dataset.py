"""The set of images: metadata remembered, changes noticed, fingerprints that travel."""

import errno
import os
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from broken_images import BROKEN, drawing, encoded, write_classes, write_image
from peu.errors import DataError, RecipeError
from peu.images import metadata as metadata_module
from peu.images.colours import UnreadableImage
from peu.images.dataset import ImageDataset
from peu.images.decoding import DecodedImage, decode_image, resize_image
from peu.images.loading import load_images
from recorded_progress import recorded_progress


def no_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise AssertionError("decoded again")

    monkeypatch.setattr(metadata_module, "decode_image", fail)


def same(first: ImageDataset, second: ImageDataset) -> bool:
    return (
        first.fingerprint == second.fingerprint
        and first.metadata == second.metadata
        and first.set_aside == second.set_aside
    )


def test_metadata_describes_the_upright_image(tmp_path: Path) -> None:
    root = write_classes(tmp_path, {"cat": 2, "dog": 2})
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = Image.fromarray(drawing(40, 30)).convert("L")
    turned.save(root / "cat" / "a.jpg", exif=exif)

    dataset = load_images(root)

    metadata = dataset.metadata[dataset.keys.index("cat/a.jpg")]
    assert (metadata.width, metadata.height) == (30, 40)
    assert (metadata.mode, metadata.format, metadata.notes) == ("L", "JPEG", ())
    thumbnail = np.frombuffer(metadata.thumbnail, np.uint8).reshape(32, 32)
    expected = turned.transpose(Image.Transpose.ROTATE_270).resize((32, 32))
    assert np.abs(thumbnail.astype(int) - np.asarray(expected)).mean() < 8


def test_every_broken_image_is_set_aside_and_the_rest_goes_on(root: Path) -> None:
    for number, (content, _) in enumerate(BROKEN.values()):
        (root / "cat" / f"broken{number:02d}.jpg").write_bytes(content)

    dataset = load_images(root)

    assert len(dataset) == 5
    assert len(dataset.set_aside) == len(BROKEN)
    for one, (_, word) in zip(dataset.set_aside, BROKEN.values(), strict=True):
        assert word in one.reason


def test_a_second_run_decodes_nothing(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (root / "cat" / "misnamed.jpg").write_bytes(encoded(Image.fromarray(drawing(seed=99))))
    (root / "cat" / "broken.jpg").write_bytes(b"GIF89a")
    first = load_images(root)
    no_decoding(monkeypatch)

    second = load_images(root)

    assert same(first, second)
    assert any(
        note == "named .jpg but holds PNG: read by its content"
        for metadata in second.metadata
        for note in metadata.notes
    )


def test_a_folder_that_grows_costs_only_what_is_new(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    load_images(root)
    decoded: list[bytes] = []

    def noted(content: bytes, *, shorter: int | None = None) -> DecodedImage:
        decoded.append(content)
        return decode_image(content, shorter=shorter)

    monkeypatch.setattr(metadata_module, "decode_image", noted)
    new = write_image(root / "dog" / "new.png", 77)
    (root / "dog" / "0.png").rename(root / "cat" / "moved.png")

    assert len(load_images(root)) == 6
    assert decoded == [new.read_bytes()]


@pytest.mark.parametrize("damage", ["cut", "garbage", "flipped", "folder"])
def test_a_damaged_index_is_made_again(root: Path, private_cache: Path, damage: str) -> None:
    first = load_images(root)
    (index,) = (private_cache / "arrays").iterdir()
    content = bytearray(index.read_bytes())
    if damage == "cut":
        index.write_bytes(content[: len(content) // 2])
    elif damage == "garbage":
        index.write_bytes(b"\x80\x04garbage")
    elif damage == "flipped":
        content[len(content) // 2] ^= 16
        index.write_bytes(content)
    else:
        index.unlink()
        index.mkdir()

    assert same(first, load_images(root))


def test_a_cache_that_cannot_be_written_is_done_without(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = load_images(root)
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PEU_CACHE", str(tmp_path / "file"))

    dataset = load_images(root)

    assert same(expected, dataset)
    assert dataset[range(5)].pixels((16, 16), "pad").shape == (5, 16, 16, 3)


def test_a_full_disk_is_done_without(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sqlite3, "connect", full)

    dataset = load_images(root)

    assert dataset[range(5)].pixels((16, 16), "pad").shape == (5, 16, 16, 3)


def test_the_fingerprint_travels_with_the_folder(root: Path, tmp_path: Path) -> None:
    first = load_images(root).fingerprint
    moved = shutil.copytree(root, tmp_path / "elsewhere" / "images")

    assert load_images(moved).fingerprint == first
    assert len(first) == 64


@pytest.mark.parametrize("change", ["name", "label", "content", "class"])
def test_the_fingerprint_notices_every_change(root: Path, change: str) -> None:
    first = load_images(root).fingerprint
    if change == "name":
        (root / "cat" / "0.png").rename(root / "cat" / "9.png")
    elif change == "label":
        (root / "cat" / "0.png").rename(root / "dog" / "9.png")
    elif change == "content":
        write_image(root / "cat" / "0.png", 55)
    else:
        (root / "cat").rename(root / "cats")

    assert load_images(root).fingerprint != first


def test_pixels_are_the_resized_images(root: Path) -> None:
    dataset = load_images(root)

    pixels = dataset[np.array([4, 0, 4])].pixels((24, 32), "pad")

    assert pixels.dtype == np.uint8
    for row, index in zip(pixels, (4, 0, 4), strict=True):
        expected = resize_image(dataset.read(index), (24, 32), "pad")
        assert np.array_equal(row, expected)
    assert dataset[[]].pixels((24, 32), "pad").shape == (0, 24, 32, 3)


def test_batches_are_the_same_pixels_in_pieces(root: Path) -> None:
    dataset = load_images(root)
    order = [3, 1, 4, 0, 2]

    batches = list(dataset[order].batches((16, 16), "crop", 2))

    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert np.array_equal(np.concatenate(batches), dataset[order].pixels((16, 16), "crop"))


def test_impossible_settings_and_indices_are_refused(root: Path) -> None:
    dataset = load_images(root)

    with pytest.raises(RecipeError, match="image_size"):
        dataset[[0]].pixels((0, 5), "pad")
    with pytest.raises(RecipeError, match="batch_size"):
        next(dataset[[0]].batches((8, 8), "pad", 0))
    with pytest.raises(IndexError):
        dataset[[5]].pixels((8, 8), "pad")


@pytest.mark.parametrize("cached", [True, False])
@pytest.mark.parametrize("change", ["content", "deleted", "same size", "folder"])
def test_a_file_that_changed_since_stops_the_run_by_name(
    root: Path, change: str, *, cached: bool
) -> None:
    dataset = load_images(root)
    if cached:
        dataset[range(5)].pixels((16, 16), "pad")
    path = root / "cat" / "1.png"
    content = path.read_bytes()
    path.unlink()
    if change == "content":
        write_image(path, 1234)
    elif change == "same size":
        path.write_bytes(content[:-20] + bytes(20))
    elif change == "folder":
        path.mkdir()

    for use in (
        lambda: dataset[[0, 1]].pixels((16, 16), "pad"),
        lambda: next(dataset[[1]].batches((16, 16), "pad", 1)),
        lambda: dataset.read(1),
    ):
        with pytest.raises(DataError, match=r"`cat/1\.png`") as caught:
            use()
        assert not isinstance(caught.value, UnreadableImage)
        assert "\n" not in str(caught.value)
    assert dataset[[0, 2]].pixels((16, 16), "pad").shape == (2, 16, 16, 3)


def test_a_new_time_of_change_alone_is_no_change(root: Path) -> None:
    dataset = load_images(root)
    os.utime(root / "cat" / "1.png", (1, 1))

    assert dataset[[1]].pixels((16, 16), "pad").shape == (1, 16, 16, 3)


def test_a_subset_shares_pixels_metadata_and_classes(root: Path) -> None:
    dataset = load_images(root)
    part = dataset[[4, 1]][[1, 0]]

    assert part.keys == (dataset.keys[1], dataset.keys[4])
    assert part.labels is not None
    assert part.labels.tolist() == [0, 1]
    assert part.class_names == dataset.class_names
    assert part.metadata == (dataset.metadata[1], dataset.metadata[4])
    assert part.fingerprint != dataset.fingerprint
    expected = dataset[[1, 4]].pixels((16, 16), "pad")
    assert np.array_equal(part[[0, 1]].pixels((16, 16), "pad"), expected)
    assert np.array_equal(np.asarray(part.read(1)), np.asarray(dataset.read(4)))
    mask = np.arange(5) < 2
    assert dataset[mask].keys == dataset.keys[:2]


def test_a_subset_of_arrays_is_a_subset(tmp_path: Path) -> None:
    x = np.arange(6 * 64, dtype=np.uint8).reshape(6, 8, 8)
    np.savez(tmp_path / "x.npz", x=x, y=[0, 1] * 3)
    part = load_images(tmp_path / "x.npz")[[5, 2]]

    assert np.array_equal(part[[1]].pixels((8, 8), "pad")[0, :, :, 0], x[2])


def test_progress_counts_every_image(root: Path) -> None:
    with recorded_progress() as told:
        load_images(root).pixels((16, 16), "pad")
    seen = told.phases

    assert ("Reading images", 0, 5) in seen
    assert ("Reading images", 5, 5) in seen
    assert ("Decoding images", 5, 5) in seen
    assert all(0 <= done <= (total or 0) for _, done, total in seen)


def test_another_process_reads_the_same_pixels(root: Path) -> None:
    code = (
        "import sys, hashlib, numpy as np; from peu.images.loading import load_images;"
        "d = load_images(sys.argv[1]);"
        "print(hashlib.sha256(d[np.array([2, 0])].pixels((16, 16), 'pad')).hexdigest())"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    ]

    assert len(outputs[0]) == 65
    assert outputs[0] == outputs[1]


def test_the_sheets_images_load_whole(peu_data: Path) -> None:
    dataset = load_images(peu_data / "caltech4")

    assert len(dataset) == 177
    assert dataset.labels is not None
    assert np.bincount(dataset.labels).tolist() == [55, 42, 47, 33]
    assert dataset.set_aside == ()
    assert {metadata.mode for metadata in dataset.metadata} == {"RGB", "L"}
    assert dataset[range(177)].pixels((64, 64), "pad").std() > 30


@pytest.mark.parametrize("left", ["manifest.json", "report.json"])
def test_a_folder_that_peu_wrote_is_told_from_images(tmp_path: Path, left: str) -> None:
    (tmp_path / left).write_text("{}")
    with pytest.raises(DataError, match="a folder that peu wrote: give the images instead"):
        load_images(tmp_path, labels_required=False)


def test_what_is_expected_depends_on_whether_labels_are_required(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"Expected an image, a folder of images"):
        load_images(tmp_path / "nowhere.jpg", labels_required=False)
    with pytest.raises(DataError, match=r"Expected a folder of class folders"):
        load_images(tmp_path / "nowhere.jpg")


def test_images_to_be_measured_on_may_be_of_one_class_and_one_each(tmp_path: Path) -> None:
    """Learning needs two of two; measuring a finished model does not."""
    (tmp_path / "anchor").mkdir()
    Image.new("RGB", (40, 30), "navy").save(tmp_path / "anchor" / "new.png")
    dataset = load_images(tmp_path, to_learn=False)
    assert dataset.class_names == ("anchor",)
    assert len(dataset) == 1
    with pytest.raises(DataError, match="at least 2 classes"):
        load_images(tmp_path)
