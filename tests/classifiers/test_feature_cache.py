"""Features on disk: computed once, never believed when damaged, never a condition."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.classifiers.feature_cache import cached_features
from peu.images.dataset import ImageDataset
from peu.recipes.checks import ResizeMode
from recorded_progress import recorded_progress


class _Means:
    """Describe an image by the mean of each channel, and count how many were described."""

    def __init__(self) -> None:
        self.seen = 0

    def __call__(self, pixels: NDArray[np.uint8]) -> NDArray[np.float32]:
        self.seen += len(pixels)
        return np.asarray(pixels.mean(axis=(1, 2)), np.float32)


def _features(
    dataset: ImageDataset,
    means: _Means,
    *,
    identity: str = "means",
    image_size: tuple[int, int] = (16, 16),
    resize_mode: ResizeMode = "stretch",
) -> NDArray[np.float32]:
    return cached_features(dataset, image_size, resize_mode, identity=identity, compute=means)


def _file(cache: Path) -> Path:
    (file,) = (cache / "features").glob("*.npy")
    return file


def test_features_are_those_of_the_pixels_and_computed_once(
    dataset: ImageDataset, private_cache: Path
) -> None:
    means = _Means()
    first = _features(dataset, means)
    pixels = dataset.pixels((16, 16), "stretch")
    np.testing.assert_array_equal(first, pixels.mean(axis=(1, 2)).astype(np.float32))
    np.testing.assert_array_equal(_features(dataset, means), first)
    assert means.seen == len(dataset)
    assert _file(private_cache).is_file()


def test_whatever_changes_the_numbers_has_a_file_of_its_own(dataset: ImageDataset) -> None:
    means = _Means()
    _features(dataset, means)
    _features(dataset, means, identity="other")
    _features(dataset, means, image_size=(16, 24))
    _features(dataset, means, resize_mode="pad")
    assert means.seen == 4 * len(dataset)
    _features(dataset[np.arange(10)], means)
    assert means.seen == 4 * len(dataset) + 10


@pytest.mark.parametrize(
    "damage",
    [
        lambda _: b"",
        lambda content: content[: len(content) // 2],
        lambda _: b"no array at all",
    ],
    ids=["emptied", "truncated", "foreign"],
)
def test_a_damaged_file_is_computed_again(
    dataset: ImageDataset, private_cache: Path, damage: Callable[[bytes], bytes]
) -> None:
    means = _Means()
    first = _features(dataset, means)
    file = _file(private_cache)
    file.write_bytes(damage(file.read_bytes()))
    np.testing.assert_array_equal(_features(dataset, means), first)
    assert means.seen == 2 * len(dataset)
    _features(dataset, means)
    assert means.seen == 2 * len(dataset)


def test_a_file_of_other_images_is_computed_again(
    dataset: ImageDataset, private_cache: Path
) -> None:
    means = _Means()
    first = _features(dataset, means)
    np.save(_file(private_cache), first[:-1])
    np.testing.assert_array_equal(_features(dataset, means), first)


def test_a_cache_that_cannot_be_written_is_no_error(
    dataset: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("PEU_CACHE", str(tmp_path / "file" / "cache"))
    means = _Means()
    np.testing.assert_array_equal(_features(dataset, means), _features(dataset, means))
    assert means.seen == 2 * len(dataset)


def test_progress_runs_from_nothing_to_everything(dataset: ImageDataset) -> None:
    with recorded_progress() as told:
        cached_features(
            dataset, (16, 16), "stretch", identity="means", compute=_Means(), stage="Describing"
        )
    steps = [step for step in told.phases if step[0] == "Describing"]
    assert steps[0] == ("Describing", 0, len(dataset))
    assert steps[-1] == ("Describing", len(dataset), len(dataset))
