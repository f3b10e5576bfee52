"""Finding images and their labels on disk."""

import os
import socket
import unicodedata
from pathlib import Path

import numpy as np
import pytest

from broken_images import SVG, write_classes, write_image
from loaded_sets import counts, reasons, refused
from peu.errors import DataError
from peu.images.loading import load_images


def test_class_folders_are_sorted_classes(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "photos", {"dog": 3, "cat": 2})

    dataset = load_images(root)

    assert dataset.name == "photos"
    assert dataset.class_names == ("cat", "dog")
    assert dataset.keys == ("cat/0.png", "cat/1.png", "dog/0.png", "dog/1.png", "dog/2.png")
    assert dataset.labels is not None
    assert dataset.labels.dtype == np.int64
    assert dataset.labels.tolist() == [0, 0, 1, 1, 1]
    assert dataset.parts == ("",) * 5


def test_folders_in_class_folders_belong_to_the_class(tmp_path: Path) -> None:
    root = write_classes(tmp_path, {"cat": 1, "dog": 2})
    write_image(root / "cat" / "2024" / "may" / "x.png")

    assert counts(load_images(root)) == {"cat": 2, "dog": 2}


@pytest.mark.parametrize("validation", ["val", "valid", "validation", "Val"])
def test_train_validation_and_test_are_parts(tmp_path: Path, validation: str) -> None:
    for part in ("train", validation, "test"):
        write_classes(tmp_path / part, {"cat": 2, "dog": 2})

    dataset = load_images(tmp_path)

    assert counts(dataset) == {"cat": 6, "dog": 6}
    assert sorted(set(dataset.parts)) == ["test", "train", "validation"]
    assert all(
        part == {"train": "train", "test": "test"}.get(key.split("/")[0], "validation")
        for key, part in zip(dataset.keys, dataset.parts, strict=True)
    )


def test_classes_may_be_called_train_and_test(tmp_path: Path) -> None:
    write_classes(tmp_path, {"train": 2, "test": 3})

    assert counts(load_images(tmp_path)) == {"train": 2, "test": 3}


def test_a_single_folder_around_the_classes_is_stepped_into(tmp_path: Path) -> None:
    write_classes(tmp_path / "outer" / "Data", {"cat": 2, "dog": 2})

    dataset = load_images(tmp_path / "outer")

    assert dataset.name == "outer"
    assert dataset.keys[0] == "cat/0.png"


def test_what_is_no_image_is_tolerated_in_silence(tmp_path: Path) -> None:
    root = write_classes(tmp_path, {"cat": 2, "dog": 2})
    for name in (".DS_Store", "cat/Thumbs.db", "cat/._0.png", "notes.txt", "dog/README.md"):
        (root / name).write_bytes(b"not an image")
    write_image(root / "__MACOSX" / "x.png")
    write_image(root / ".hidden" / "x.png")

    assert load_images(root).set_aside == ()


def test_what_should_be_an_image_is_set_aside_with_its_reason(tmp_path: Path) -> None:
    root = write_classes(tmp_path, {"cat": 2, "dog": 2})
    write_image(root / "stray.png")
    (root / "cat" / "drawing.jpg").write_bytes(SVG)
    (root / "cat" / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic" + bytes(50))
    (root / "notes").mkdir()

    found = reasons(load_images(root))

    assert found["stray.png"] == "it is not in a class folder"
    assert "SVG" in found["cat/drawing.jpg"]
    assert "damaged" in found["cat/phone.heic"]
    assert found["notes"] == "the folder holds no images"
    assert len(found) == 4


def test_an_image_without_an_extension_is_found(tmp_path: Path) -> None:
    root = write_classes(tmp_path, {"cat": 2, "dog": 2})
    (root / "cat" / "0.png").rename(root / "cat" / "0")

    assert counts(load_images(root)) == {"cat": 2, "dog": 2}


def test_loops_pipes_sockets_and_folders_are_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_classes(tmp_path / "p", {"cat": 2, "dog": 2})
    (root / "cat" / "loop.png").symlink_to("loop.png")
    (root / "cat" / "again").symlink_to(root, target_is_directory=True)
    (root / "cat" / "gone.png").symlink_to("nowhere")
    os.mkfifo(root / "cat" / "pipe.jpg")
    (root / "cat" / "folder.jpg").mkdir()
    monkeypatch.chdir(root / "cat")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s.png")
        dataset = load_images(root)

    found = reasons(dataset)
    assert counts(dataset) == {"cat": 2, "dog": 2}
    assert "circle" in found["cat/loop.png"]
    assert "not followed" in found["cat/again"]
    assert "nowhere" in found["cat/gone.png"]
    assert found["cat/pipe.jpg"] == found["cat/s.png"] == "it is not a regular file"
    assert found["cat/folder.jpg"] == "it is a folder, not an image"
    assert len(found) == 6


def test_a_link_to_an_image_is_read(tmp_path: Path) -> None:
    root = write_classes(tmp_path / "set", {"cat": 1, "dog": 2})
    (root / "cat" / "linked.png").symlink_to(write_image(tmp_path / "elsewhere.png", 9))

    assert counts(load_images(root)) == {"cat": 2, "dog": 2}


def test_an_unreadable_file_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write_classes(tmp_path, {"cat": 3, "dog": 2})
    real_open = os.open

    def refuse(path: object, flags: int, *rest: int) -> int:
        if str(path).endswith("cat/0.png"):
            raise PermissionError(13, "Permission denied")
        return real_open(path, flags, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", refuse)

    assert "Permission denied" in reasons(load_images(root))["cat/0.png"]


@pytest.mark.parametrize(
    "name",
    ["größe 猫 🐈.png", "two\nlines.png", "<script>alert(1)</script>.png".replace("/", "_"),
     "a" * 251 + ".png", "-rf.png", "50% & 'quotes' \"x\".png", " .png"],
)  # fmt: skip
def test_any_name_works(tmp_path: Path, name: str) -> None:
    root = write_classes(tmp_path, {"cat": 2, "dog\n<b>": 2})
    write_image(root / "cat" / "0.png").rename(root / "cat" / name)

    dataset = load_images(root)

    index = dataset.keys.index(f"cat/{name}")
    assert dataset.read(index).size == (40, 30)
    assert dataset[[index]].pixels((8, 8), "pad").shape == (1, 8, 8, 3)


def test_a_name_that_is_no_text_is_set_aside(tmp_path: Path) -> None:
    root = write_classes(tmp_path, {"cat": 3, "dog": 2})
    (root / "cat" / "0.png").rename(root / "cat" / "\udcff.png")

    found = reasons(load_images(root))

    assert found == {"cat/\\udcff.png": "its name is not valid text: rename it"}


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("cat", "Cat"),
        ("Straße", "STRASSE"),
        (unicodedata.normalize("NFC", "Vögel"), unicodedata.normalize("NFD", "Vögel")),
    ],
)
def test_classes_that_differ_by_case_or_form_only_are_refused(
    tmp_path: Path, first: str, second: str
) -> None:
    write_classes(tmp_path, {first: 2, second: 2})

    with pytest.raises(DataError, match="case or Unicode form"):
        load_images(tmp_path)


def test_classes_of_two_parts_must_agree_in_case(tmp_path: Path) -> None:
    write_classes(tmp_path / "train", {"cat": 2, "dog": 2})
    write_classes(tmp_path / "test", {"Cat": 2, "dog": 2})

    with pytest.raises(DataError, match="Merge them"):
        load_images(tmp_path)


def test_too_little_is_refused_and_says_what_is_needed(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert "one folder for each class" in refused(tmp_path / "empty")
    assert "There is no" in refused(tmp_path / "missing")
    write_image(tmp_path / "flat" / "0.png")
    assert "found 1 image and no folders" in refused(tmp_path / "flat")
    one = refused(write_classes(tmp_path / "one", {"cat": 5}))
    assert "at least 2 classes" in one
    assert "`cat`" in one
    lonely = refused(write_classes(tmp_path / "lonely", {"cat": 5, "dog": 1, "owl": 1}))
    assert "at least 2 usable images" in lonely
    assert "`dog` has 1, `owl` has 1" in lonely
    (tmp_path / "hollow" / "a").mkdir(parents=True)
    (tmp_path / "hollow" / "b").mkdir()
    assert "found none" in refused(tmp_path / "hollow")


def test_a_class_whose_images_are_all_broken_is_named_with_the_reasons(tmp_path: Path) -> None:
    root = write_classes(tmp_path, {"cat": 3, "dog": 1})
    for number in range(5):
        (root / "dog" / f"broken{number}.png").write_bytes(b"")

    message = refused(root)

    assert "`dog` has 1" in message
    assert "`dog/broken0.png`: the file is empty" in message
    assert "and 2 more" in message


def test_without_labels_a_flat_folder_and_an_image_are_taken(tmp_path: Path) -> None:
    write_image(tmp_path / "flat" / "b.png", 1)
    image = write_image(tmp_path / "flat" / "a.png", 2)

    flat = load_images(tmp_path / "flat", labels_required=False)
    single = load_images(image, labels_required=False)

    assert flat.labels is None
    assert flat.keys == ("a.png", "b.png")
    assert single.labels is None
    assert single.keys == ("a.png",)
    assert single.class_names == ()


def test_without_required_labels_class_folders_keep_theirs(tmp_path: Path) -> None:
    dataset = load_images(write_classes(tmp_path, {"cat": 1}), labels_required=False)

    assert dataset.class_names == ("cat",)
    assert dataset.labels is not None


def test_a_single_broken_image_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.jpg").write_bytes(SVG)

    with pytest.raises(DataError, match="SVG"):
        load_images(tmp_path / "x.jpg", labels_required=False)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"x")

    assert "Expected a folder of class folders" in refused(tmp_path / "model.bin")


def test_nothing_is_set_aside_twice(tmp_path: Path) -> None:
    root = write_classes(tmp_path, {"cat": 2, "dog": 2})
    (root / "nowhere.png").symlink_to(root / "missing")
    write_image(root / "lone.png")

    assert sorted(one.path for one in load_images(root).set_aside) == ["lone.png", "nowhere.png"]
