"""Fisher vectors: the same as a predictor, learnt from the training images alone."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from peu.classifiers import fisher as fisher_module
from peu.classifiers.fisher import FisherVectors
from peu.errors import RecipeError, ResourceError
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.models.patches import PatchGrid, describe_patches
from peu.models.saved import load
from small_set import CLASSES, fit_half, halves

SMALL = FisherVectors(image_size=(32, 32), scales=(1.0, 2.0), radius=5, components=6, dimensions=12)


def _fit(images: ImageDataset) -> FisherVectors:
    return SMALL.__sklearn_clone__().fit(images, groups=np.arange(len(images)))


def test_the_saved_model_answers_as_the_fitted_recipe_does(
    dataset: ImageDataset, tmp_path: Path
) -> None:
    _, test = halves(dataset)
    fitted = fit_half(SMALL, dataset)
    expected = fitted.predict_proba(test)
    assert expected.shape == (16, 4)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    fitted.save(tmp_path / "model")
    loaded = load(tmp_path / "model")
    assert loaded.recipe == SMALL.to_dict()
    images = [test.read(index) for index in range(len(test))]
    np.testing.assert_allclose(loaded.predict_proba(images), expected, atol=1e-6)
    assert fitted.n_parameters_ == fitted.n_trainable_parameters_ > 0


def test_validation_images_are_not_even_looked_at(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    pixels = ImageDataset.pixels

    def recorded(self: ImageDataset, *rest: Any) -> Any:
        read.extend(self.hashes)
        return pixels(self, *rest)

    monkeypatch.setattr(ImageDataset, "pixels", recorded)
    train, _ = halves(dataset)
    fitted = fit_half(SMALL, dataset)
    assert set(read) == set(train.hashes)
    assert fitted.held_out_ is not None
    assert sorted(fitted.held_out_.indices) == list(range(len(train)))


@pytest.mark.parametrize("classes", [(0, 1), (0, 1, 2)])
def test_two_and_three_classes_are_ordered_rightly(
    dataset: ImageDataset, classes: tuple[int, ...]
) -> None:
    few = dataset[np.isin(dataset.y, [CLASSES[number] for number in classes])]
    fitted = _fit(few)
    assert tuple(fitted.classes_) == tuple(CLASSES[number] for number in classes)
    assert fitted.score(few) == 1


def test_the_seed_alone_decides(dataset: ImageDataset) -> None:
    first, again, other = (
        fit_half(SMALL, dataset, seed=seed).predict_proba(dataset) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_an_image_is_described_once_in_its_life(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    described: list[bytes] = []

    def recorded(image: NDArray[np.uint8], grid: PatchGrid) -> NDArray[np.uint8]:
        described.append(image.tobytes())
        return describe_patches(image, grid)

    monkeypatch.setattr(fisher_module, "describe_patches", recorded)
    first = fit_half(SMALL, dataset).predict_proba(dataset)
    again = fit_half(SMALL, dataset).predict_proba(dataset)
    assert len(described) == len(set(described)) == len(dataset)
    np.testing.assert_array_equal(again, first)


def test_few_of_many_images_teach_the_patches(
    dataset: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fisher_module, "_CODEBOOK_IMAGES", 3)
    train, _ = halves(dataset)
    assert fit_half(SMALL, dataset).score(train) > 0.9


def test_a_class_with_one_image_works(dataset: ImageDataset) -> None:
    lone = np.flatnonzero(dataset.labels == 3)[0]
    fitted = _fit(dataset[np.append(np.flatnonzero(dataset.labels != 3), lone)])
    assert fitted.held_out_ is None
    assert fitted.predict(dataset[[lone]]).tolist() == [CLASSES[3]]


def test_images_of_one_colour_do_no_harm(tmp_path: Path) -> None:
    for name, colours in {"dark": (10, 20, 30), "light": (200, 210, 220)}.items():
        (tmp_path / name).mkdir()
        for colour in colours:
            Image.new("RGB", (40, 40), (colour,) * 3).save(tmp_path / name / f"{colour}.png")
    plain = load_images(tmp_path)
    assert np.isfinite(_fit(plain).predict_proba(plain)).all()


def test_no_image_gives_no_prediction(dataset: ImageDataset) -> None:
    assert fit_half(SMALL, dataset).predict_proba(dataset[[]]).shape == (0, 4)


def test_real_images_are_recognised(peu_data: Path) -> None:
    """From half of them, near-copies on one side; gradient histograms have 0.87 there."""
    caltech = load_images(peu_data / "caltech4")
    fitted = FisherVectors().fit(caltech[caltech.groups % 2 == 0])
    assert fitted.score(caltech[caltech.groups % 2 == 1]) >= 0.92


def test_more_images_than_fit_into_memory_are_refused_before_any_work() -> None:
    too_many: Any = type("TooMany", (), {"__len__": lambda _: 5001})()
    with pytest.raises(ResourceError, match=r"at most 5,000 .* Received: 5,001") as caught:
        FisherVectors()._fit(too_many)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"radius": 0}, "radius"),
        ({"radius": 1}, "radius"),
        ({"step": 0}, "step"),
        ({"step": 1.5}, "step"),
        ({"dimensions": 137}, "dimensions"),
        ({"components": 2000}, "components"),
        ({"scales": ()}, "scales"),
        ({"scales": (1.0,) * 11}, "scales"),
        ({"scales": (0.5,)}, "scales"),
        ({"scales": (float("nan"),)}, "scales"),
        ({"scales": (float("inf"),)}, "scales"),
        ({"scales": (8.0,)}, "scales"),
        ({"image_size": (32, 96)}, "scales"),
        ({"position_weight": -1.0}, "position_weight"),
        ({"C": 0.0}, "C"),
    ],
)
def test_what_cannot_work_is_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(RecipeError, match=f"`{named}` must .* Received: ") as caught:
        FisherVectors(**settings)
    assert "\n" not in str(caught.value)


def test_patches_may_just_fit() -> None:
    assert FisherVectors(image_size=(13, 39), scales=(1,)).scales == (1,)
