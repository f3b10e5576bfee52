"""A dataset as scikit-learn sees it: slices, labels, groups."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.model_selection import StratifiedGroupKFold, cross_val_score, train_test_split

from broken_images import drawing, write_image
from peu.errors import DataError
from peu.images import dataset as dataset_module
from peu.images.dataset import ImageDataset
from peu.images.duplicates import duplicate_groups
from peu.images.loading import load_images


@dataclass
class Dummy(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Answers with the class whose mean colour is nearest."""

    def fit(self, images: ImageDataset, y: NDArray[np.str_]) -> "Dummy":
        assert isinstance(images, ImageDataset)
        self.classes_ = np.unique(y)
        colours = self._colours(images)
        self.means_ = np.stack([colours[y == name].mean(axis=0) for name in self.classes_])
        return self

    def predict(self, images: ImageDataset) -> NDArray[np.str_]:
        distances = np.abs(self._colours(images)[:, None] - self.means_).sum(axis=2)
        return np.asarray(self.classes_[distances.argmin(axis=1)])

    def _colours(self, images: ImageDataset) -> NDArray[np.float64]:
        return np.asarray(images.pixels((8, 8), "stretch").mean(axis=(1, 2)))


def test_scikit_learn_cuts_a_set_into_folds(root: Path) -> None:
    for number in range(4):
        for name, colour in (("cat", (200, 9, 9)), ("dog", (9, 9, 200))):
            image = drawing(seed=number) // 8 + np.array(colour, np.uint8)
            Image.fromarray(image).save(root / name / f"{number}.png")
    images = load_images(root)

    scores = cross_val_score(
        Dummy(), images, images.y, groups=images.groups, cv=StratifiedGroupKFold(2)
    )
    assert scores.tolist() == [1, 1]
    assert cross_val_score(Dummy(), images, images.y, cv=2).tolist() == [1, 1]
    train, test = train_test_split(images, test_size=3, random_state=0)
    assert sorted(train.keys + test.keys) == sorted(images.keys)


@pytest.mark.parametrize(
    "indices",
    [
        [1, 3],
        (1, 3),
        np.array([1, 3]),
        np.array([False, True, False, True, False]),
        [False, True, False, True, False],
        slice(1, 5, 2),
        range(1, 5, 2),
        (np.array([1, 3]), ...),
        [-4, -2],
    ],
)
def test_a_set_is_indexed_like_an_array(root: Path, indices: Any) -> None:
    images = load_images(root)

    assert images[indices].keys == (images.keys[1], images.keys[3])
    assert images[indices].shape == (2,)


def test_y_names_the_class_of_each_image(root: Path) -> None:
    images = load_images(root)

    assert images.y.tolist() == ["cat"] * 3 + ["dog"] * 2
    assert images[[4, 0]].y.tolist() == ["dog", "cat"]
    with pytest.raises(DataError, match="labels"):
        _ = replace(images, labels=None).y


def test_groups_are_found_once_for_a_set_and_its_slices(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.open(root / "cat" / "0.png").save(root / "dog" / "copy.webp", quality=95)
    images = load_images(root)
    found: list[int] = []

    def counted(dataset: ImageDataset) -> NDArray[np.int64]:
        found.append(len(dataset))
        return duplicate_groups(dataset)

    monkeypatch.setattr(dataset_module, "duplicate_groups", counted)
    part = images[[5, 1]][[1, 0]]

    assert part.groups.tolist() == images.groups[[1, 5]].tolist()
    assert images[::2].groups.tolist() == images.groups[::2].tolist()
    assert found == [6]


def test_a_set_shows_itself_briefly(root: Path) -> None:
    (root / "cat" / "broken.png").write_bytes(b"no image")
    (root / ("<b>" + "x" * 200)).mkdir()
    write_image(root / ("<b>" + "x" * 200) / "0.png")
    write_image(root / ("<b>" + "x" * 200) / "1.png", 7)
    images = load_images(root)
    (root / "dog" / "0.png").unlink()

    assert len(repr(images)) < 500
    assert "7 images" in repr(images)
    assert "1 set aside" in repr(images)
    page = images._repr_html_()
    assert page.count("data:image/jpeg;base64,") == 2
    assert "<td>3</td>" in page
    assert "<b>x" not in page
    assert len(page) < 20_000
    assert len(repr(images[[]])) < 500
    assert replace(images, labels=None)._repr_html_().count("data:") == 5
