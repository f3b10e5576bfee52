"""Transfer learning: a backbone runs once, a head learns, and both make one predictor."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from eager_steps import untraced
from peu.backbones.sized_features import SizedFeatures
from peu.classifiers.transfer import Transfer
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.splits import make_splits
from peu.models.saved import load
from peu.seeds import child_seed
from small_set import QUICK, fit_half, halves

pytestmark = untraced


def _recipe(backbone: Path, **settings: Any) -> Transfer:
    settings = {"backbone_preprocessing": "tf", **settings}
    return Transfer(backbone=str(backbone), hidden_units=5, training=QUICK, **settings)


@pytest.mark.parametrize(
    ("head", "pooling", "width"),
    [("logistic", "average", 6), ("logistic", "flatten", 294), ("mlp", "average", 6)],
)
def test_the_saved_model_answers_as_the_fitted_recipe_does(
    dataset: ImageDataset, backbone: Path, tmp_path: Path, head: str, pooling: str, width: int
) -> None:
    _, test = halves(dataset)
    fitted = fit_half(_recipe(backbone, head=head, pooling=pooling), dataset)
    expected = fitted.predict_proba(test)
    assert expected.shape == (16, 4)
    np.testing.assert_allclose(expected.sum(axis=1), 1)
    fitted.save(tmp_path / "model")
    images = [test.read(index) for index in range(len(test))]
    for predictor in (fitted.predictor(), load(tmp_path / "model")):
        assert predictor.image_size == (32, 32)
        np.testing.assert_allclose(predictor.predict_proba(images), expected, atol=1e-5)
    own = (width + 1) * 4 if head == "logistic" else (width + 1) * 5 + 6 * 4
    assert fitted.n_trainable_parameters_ == own
    assert fitted.n_parameters_ == own + 5 * 5 * 3 * 6 + 6


@pytest.mark.parametrize("head", ["logistic", "mlp"])
def test_only_a_head_with_a_hidden_layer_has_training_curves(
    dataset: ImageDataset, backbone: Path, head: str
) -> None:
    fitted = fit_half(_recipe(backbone, head=head), dataset)
    metrics = fitted.history_.metrics
    assert fitted.trains_network == bool(metrics) == (head == "mlp")
    assert ("val_loss" in metrics) == (head == "mlp")


def test_inner_folds_hold_out_every_training_image_once(
    dataset: ImageDataset, backbone: Path
) -> None:
    train, _ = halves(dataset)
    fitted = fit_half(_recipe(backbone), dataset)
    assert fitted.held_out_ is not None
    assert sorted(fitted.held_out_.indices.tolist()) == list(range(len(train)))
    np.testing.assert_allclose(fitted.held_out_.probabilities.sum(axis=1), 1)
    assert "Inner folds chose C" in fitted.notes_[0]


def test_the_backbone_runs_once_for_all_fits(
    dataset: ImageDataset, backbone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = fit_half(_recipe(backbone), dataset).predict_proba(dataset)

    def refuse(*_: object) -> None:
        raise AssertionError("the backbone ran again")

    monkeypatch.setattr(SizedFeatures, "__call__", refuse)
    again = fit_half(_recipe(backbone), dataset).predict_proba(dataset)
    np.testing.assert_array_equal(first, again)
    with pytest.raises(AssertionError, match="ran again"):
        fit_half(_recipe(backbone, backbone_preprocessing="none"), dataset)


def test_a_head_with_a_hidden_layer_follows_its_seed(dataset: ImageDataset, backbone: Path) -> None:
    recipe = _recipe(backbone, head="mlp")
    first, again, other = (
        fit_half(recipe, dataset, seed=seed).predict_proba(dataset[:4]) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


def test_no_image_gives_no_prediction(dataset: ImageDataset, backbone: Path) -> None:
    assert fit_half(_recipe(backbone), dataset).predict_proba(dataset[[]]).shape == (0, 4)


def test_a_file_must_say_how_its_pixels_are_scaled(dataset: ImageDataset, backbone: Path) -> None:
    with pytest.raises(RecipeError, match="backbone_preprocessing"):
        fit_half(_recipe(backbone, backbone_preprocessing="auto"), dataset)


def test_real_images_are_recognised(peu_data: Path) -> None:
    recipe = Transfer(
        backbone="mobilenet:0.25",
        backbone_weights=str(peu_data / "weights" / "mobilenet_2_5_224_tf_no_top.h5"),
    )
    caltech = load_images(peu_data / "caltech4")
    scores = [
        clone(recipe)
        .set_params(seed=child_seed(split.seed, "transfer"))
        .fit(caltech[split.train])
        .score(caltech[split.test])
        for split in make_splits(caltech, folds=3, repeats=1, seed=0)
    ]
    assert np.mean(scores) >= 0.97
