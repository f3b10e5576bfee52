import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mislabelled_photos import MOVED, mislabelled_photos
from peu.comparison.corrected_labels import write_corrected_labels
from peu.comparison.label_errors import find_label_errors, label_errors_in_predictions
from peu.errors import DataError
from peu.images.loading import load_images


@pytest.fixture
def mislabelled(peu_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return mislabelled_photos(peu_data, tmp_path_factory)


def test_a_mislabelled_image_is_found_with_its_class_and_its_like(mislabelled: Path) -> None:
    images = load_images(mislabelled)
    found = find_label_errors(images)
    (one,), (near,) = found.suspects, found.nearest
    assert images.keys[one.image] == MOVED
    assert images.class_names[one.suggested] == "anchor"
    assert one.image not in near
    assert len(near) == 3
    assert found.to_dict()["suspects"][0]["given"] == "barrel"
    assert len(repr(found)) < 500


def test_corrected_labels_load_and_rename_nothing(mislabelled: Path, tmp_path: Path) -> None:
    images = load_images(mislabelled)
    table = tmp_path / "labels.csv"
    write_corrected_labels(images, {MOVED: "anchor"}, table)
    corrected = load_images(table)
    assert set(corrected.paths) == set(images.paths)
    at = [path.name for path in corrected.paths].index("moved.jpg")
    assert corrected.y[at] == "anchor"
    with table.open(encoding="utf-8") as stream:
        changed = [row for row in csv.DictReader(stream) if row["label"] != row["given_label"]]
    assert len(changed) == 1


def test_labels_at_random_name_no_image(dataset_at_random: Path) -> None:
    found = find_label_errors(load_images(dataset_at_random))
    assert found.suspects == ()
    assert "chance" in found.sentence()


def test_one_class_is_refused(tmp_path: Path) -> None:
    _squares(tmp_path, {"only": 3})
    with pytest.raises(DataError, match="two classes"):
        find_label_errors(load_images(tmp_path, to_learn=False))


def test_without_features_predictions_tell_and_no_neighbours_are_named(tmp_path: Path) -> None:
    _squares(tmp_path, {"a": 10, "b": 10})
    images = load_images(tmp_path)
    probabilities = np.where(np.asarray(images.labels)[:, None] == [0, 1], 0.9, 0.1)
    probabilities[3] = [0.02, 0.98]
    found = label_errors_in_predictions(images, np.arange(20), probabilities, recipe="hog")
    assert [one.image for one in found.suspects] == [3]
    assert found.nearest == ((),)
    assert "hog" in found.method


def test_images_of_an_array_cannot_be_named_in_a_table(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 16, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "set.npz", x=pixels, y=np.array(["a", "b"] * 4))
    with pytest.raises(DataError, match="Unpack"):
        write_corrected_labels(load_images(tmp_path / "set.npz"), {}, tmp_path / "labels.csv")


@pytest.fixture
def dataset_at_random(tmp_path: Path) -> Path:
    _squares(tmp_path, {"a": 8, "b": 8})
    return tmp_path


def _squares(root: Path, counts: dict[str, int]) -> None:
    """Images of noise, the same in every class."""
    rng = np.random.default_rng(0)
    for name, count in counts.items():
        (root / name).mkdir()
        for number in range(count):
            pixels = rng.integers(0, 256, (70, 70, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number}.png")
