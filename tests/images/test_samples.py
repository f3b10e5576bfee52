"""The built-in images: the same for a seed, varied, and hard enough to tell recipes apart."""

import hashlib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from peu.errors import DataError, ResourceError
from peu.images import samples
from peu.images.samples import SAMPLE_COUNTS, draw_samples, sample_set
from recorded_progress import recorded_progress

CLASSES = ["accordion", "anchor", "barrel", "binocular"]


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_samples(tmp_path_factory.mktemp("samples") / "set")


def _contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.jpg"))
    }


def _grey(folder: Path, side: int) -> NDArray[np.float64]:
    size = (side, side)
    return np.array(
        [
            np.asarray(Image.open(path).convert("L").resize(size, Image.Resampling.BOX)) / 255
            for path in sorted(folder.rglob("*.jpg"))
        ]
    )


def _labels(folder: Path) -> NDArray[np.int64]:
    return np.array([CLASSES.index(path.parent.name) for path in sorted(folder.rglob("*.jpg"))])


def test_the_default_set_has_the_four_classes_in_unequal_numbers(drawn: Path) -> None:
    counts = Counter(path.parent.name for path in drawn.rglob("*.jpg"))
    assert counts == dict(SAMPLE_COUNTS)
    assert sorted(counts) == CLASSES
    assert len(set(counts.values())) == 4
    assert sorted(entry.name for entry in drawn.iterdir()) == CLASSES


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    first = _contents(draw_samples(tmp_path / "first", per_class=2, seed=3))
    second = _contents(draw_samples(tmp_path / "second", per_class=2, seed=3))
    assert first == second


def test_another_seed_gives_other_images(tmp_path: Path) -> None:
    first = _contents(draw_samples(tmp_path / "first", per_class=2, seed=0))
    second = _contents(draw_samples(tmp_path / "second", per_class=2, seed=1))
    assert first.keys() == second.keys()
    assert not set(first.values()) & set(second.values())


def test_more_images_leave_the_first_ones_as_they_were(tmp_path: Path, drawn: Path) -> None:
    few = _contents(draw_samples(tmp_path / "few", per_class={"barrel": 3}))
    assert list(few) == [f"barrel/image_{number:04d}.jpg" for number in (1, 2, 3)]
    assert few.items() <= _contents(drawn).items()


def test_images_are_rgb_of_varied_size_about_300_by_200(drawn: Path) -> None:
    sizes = []
    for path in drawn.rglob("*.jpg"):
        with Image.open(path) as image:
            image.load()
            assert (image.mode, image.format) == ("RGB", "JPEG")
            sizes.append(image.size)
    assert all(240 <= max(size) <= 320 and min(size) >= 130 for size in sizes)
    assert len(set(sizes)) > 100
    wide = sum(width > height for width, height in sizes)
    assert 0.2 < wide / len(sizes) < 0.8


@pytest.mark.parametrize("flip", [False, True])
def test_no_two_images_are_nearly_the_same(drawn: Path, flip: bool) -> None:
    images = _grey(drawn, 32)
    others = images[:, :, ::-1] if flip else images
    first, second = (
        (each - each.mean(axis=1, keepdims=True)).reshape(len(each), -1)
        for each in (images, others)
    )
    likeness = (first / np.linalg.norm(first, axis=1, keepdims=True)) @ (
        second / np.linalg.norm(second, axis=1, keepdims=True)
    ).T
    np.fill_diagonal(likeness, 0)
    assert likeness.max() < 0.93


def test_shapes_tell_the_classes_apart_better_than_colours_in_place(drawn: Path) -> None:
    from skimage.feature import hog
    from sklearn.model_selection import StratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    labels = _labels(drawn)
    histograms = np.array([hog(image, 9, (8, 8), (2, 2)) for image in _grey(drawn, 64)])
    colours = np.array(
        [
            np.asarray(Image.open(path).resize((8, 8), Image.Resampling.BOX)).ravel() / 255
            for path in sorted(drawn.rglob("*.jpg"))
        ]
    )
    folds = StratifiedKFold(5, shuffle=True, random_state=0)
    by_shape = cross_val_score(SVC(C=10), histograms, labels, cv=folds).mean()
    by_colour = cross_val_score(SVC(C=10), colours, labels, cv=folds).mean()
    assert 0.6 < by_shape < 0.97
    assert by_colour < by_shape - 0.15


def test_an_empty_folder_is_filled_and_a_full_one_is_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    draw_samples(folder, per_class=1)
    before = _contents(folder)
    assert len(before) == 4
    with pytest.raises(DataError, match="new or empty folder"):
        draw_samples(folder, per_class=2)
    assert _contents(folder) == before


@pytest.mark.parametrize(
    ("per_class", "words"),
    [
        (0, "at least 1 image"),
        ({"barrel": -1}, "at least 1 image"),
        ({"banana": 3}, "`banana`"),
        ({}, "at least one class"),
    ],
)
def test_wrong_counts_are_refused_before_anything_is_drawn(
    tmp_path: Path, per_class: int | dict[str, int], words: str
) -> None:
    with pytest.raises(DataError, match=words) as caught:
        draw_samples(tmp_path / "set", per_class=per_class)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_progress_is_told_of_each_image(tmp_path: Path) -> None:
    with recorded_progress() as told:
        draw_samples(tmp_path / "set", per_class=2)
    assert told.phases == [("drawing images", done, 8) for done in range(1, 9)]


def test_a_set_broken_off_leaves_nothing(tmp_path: Path) -> None:
    def stop(stage: str, done: int, total: int | None) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), recorded_progress(stop):
        draw_samples(tmp_path / "set", per_class=2)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_resource_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ResourceError, match="could not be written"):
        draw_samples(tmp_path / "file" / "set", per_class=1)


def test_the_cached_set_is_drawn_once_for_each_seed(
    private_cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(samples, "SAMPLE_COUNTS", {"anchor": 1})
    calls: list[int] = []
    drawing = draw_samples

    def counting(folder: Path, *, seed: int) -> Path:
        calls.append(seed)
        return drawing(folder, per_class=1, seed=seed)

    monkeypatch.setattr(samples, "draw_samples", counting)
    first = sample_set()
    assert sample_set(0) == first
    assert first.parent == private_cache
    assert sample_set(1) != first
    assert calls == [0, 1]


def test_two_that_want_the_set_at_once_draw_it_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[Path] = []
    drawing = draw_samples

    def counting(folder: Path, *, seed: int) -> Path:
        calls.append(folder)
        return drawing(folder, per_class=1, seed=seed)

    monkeypatch.setattr(samples, "draw_samples", counting)
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: sample_set(), range(2))
    assert first == second
    assert len(_contents(first)) == 4
    assert len(calls) == 1
