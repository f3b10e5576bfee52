"""Frozen features: a backbone runs once, a head learns, and both make one classifier."""

from pathlib import Path

import numpy as np
import pytest

from peu.classifiers import frozen
from peu.classifiers.frozen import fit_frozen
from peu.comparison.compare import compare
from peu.errors import RecipeError
from peu.images.catalog import open_dataset
from peu.images.dataset import ImageDataset
from peu.recipes.frozen import Head, Pooling, Preprocessing, Transfer
from small_set import QUICK, half_of


def _recipe(
    backbone: Path,
    *,
    head: Head = "logistic",
    pooling: Pooling = "average",
    preprocessing: Preprocessing = "tf",
) -> Transfer:
    return Transfer(
        backbone=str(backbone),
        backbone_preprocessing=preprocessing,
        head=head,
        pooling=pooling,
        hidden_units=5,
        training=QUICK,
    )


@pytest.mark.parametrize(
    ("head", "pooling", "width"),
    [("logistic", "average", 6), ("logistic", "flatten", 294), ("mlp", "average", 6)],
)
def test_the_classifier_answers_as_the_fit_did(
    dataset: ImageDataset, backbone: Path, head: Head, pooling: Pooling, width: int
) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    fitted = fit_frozen(_recipe(backbone, head=head, pooling=pooling), dataset, part)
    answers = fitted.predict_indices(part.watched)
    assert answers.shape == (16, 4)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    classifier = fitted.assemble()
    assert classifier.image_size == (32, 32)
    images = [dataset.read(index) for index in part.watched]
    np.testing.assert_allclose(classifier.predict_proba(images), answers, atol=1e-5)
    own = (width + 1) * 4 if head == "logistic" else (width + 1) * 5 + 6 * 4
    assert fitted.trainable_parameters == own
    assert fitted.parameters == own + 5 * 5 * 3 * 6 + 6
    assert bool(fitted.history.metrics) == (head == "mlp")


def test_the_backbone_runs_once_for_all_fits(
    dataset: ImageDataset, backbone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fit_frozen(_recipe(backbone), dataset, half_of(dataset))
    monkeypatch.setattr(frozen, "run_network", _must_not_run)
    again = fit_frozen(_recipe(backbone), dataset, half_of(dataset))
    every = np.arange(len(dataset))
    np.testing.assert_array_equal(first.predict_indices(every), again.predict_indices(every))
    with pytest.raises(AssertionError, match="ran again"):
        fit_frozen(_recipe(backbone, preprocessing="none"), dataset, half_of(dataset))


def _must_not_run(*_: object) -> None:
    raise AssertionError("the backbone ran again")


def test_a_head_with_a_hidden_layer_follows_its_seed(dataset: ImageDataset, backbone: Path) -> None:
    recipe = _recipe(backbone, head="mlp")
    first, again, other = (
        fit_frozen(recipe, dataset, half_of(dataset, seed=seed)).predict_indices(np.arange(4))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_a_file_must_say_how_its_pixels_are_scaled(dataset: ImageDataset, backbone: Path) -> None:
    with pytest.raises(RecipeError, match="backbone_preprocessing"):
        fit_frozen(_recipe(backbone, preprocessing="auto"), dataset, half_of(dataset))


def test_real_images_are_recognised(peu_data: Path) -> None:
    recipe = Transfer(
        backbone="mobilenet:0.25",
        backbone_weights=str(peu_data / "weights" / "mobilenet_2_5_224_tf_no_top.h5"),
    )
    comparison = compare(open_dataset(peu_data / "caltech4"), [recipe], folds=3, repeats=1)
    assert comparison.summaries[0].accuracy.mean >= 0.97
