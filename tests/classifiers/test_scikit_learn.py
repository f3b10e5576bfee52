"""Recipes are scikit-learn estimators: its tools take them, with images as X."""

import pickle
from pathlib import Path
from typing import Any, Self

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.base import clone, is_classifier
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score
from sklearn.model_selection import (
    GridSearchCV,
    StratifiedGroupKFold,
    cross_val_score,
    cross_validate,
)
from sklearn.pipeline import Pipeline
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import estimator_checks_generator
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from eager_steps import untraced
from peu.classifiers.base import ImageClassifier
from peu.classifiers.hog import HogSVM
from peu.classifiers.registry import recipe_class, recipe_kinds
from peu.errors import DataError, RecipeError
from peu.images.dataset import ImageDataset
from peu.images.image_size import ImageSize
from peu.settings import settings
from small_set import CLASSES, PLAIN, TINY

pytestmark = untraced

QUICK: tuple[ImageClassifier, ...] = (PLAIN, TINY)
EVERY = [recipe_class(kind)() for kind in recipe_kinds()]


def _named(recipe: ImageClassifier) -> str:
    return recipe.kind


@pytest.fixture(scope="module", params=QUICK, ids=_named)
def half_fitted(request: pytest.FixtureRequest, dataset: ImageDataset) -> ImageClassifier:
    """Return a recipe that learnt from every second image."""
    recipe: ImageClassifier = clone(request.param)
    return recipe.fit(dataset[::2])


@pytest.mark.parametrize("recipe", EVERY, ids=_named)
def test_clone_copies_settings_and_nothing_learnt(recipe: ImageClassifier) -> None:
    recipe = clone(recipe)
    recipe.classes_ = np.array(["a", "b"])
    copy = clone(recipe)
    assert copy == recipe
    assert copy is not recipe
    assert not hasattr(copy, "classes_")


@pytest.mark.parametrize("recipe", EVERY, ids=_named)
def test_parameters_are_the_settings_and_come_back(recipe: ImageClassifier) -> None:
    params = recipe.get_params(deep=False)
    assert {"name", "seed"} <= set(params)
    assert type(recipe)(**params) == recipe
    assert clone(recipe).set_params(seed=7).seed == 7
    with pytest.raises(RecipeError):
        clone(recipe).set_params(no_such_setting=1)


@pytest.mark.parametrize("recipe", EVERY, ids=_named)
def test_before_fit_nothing_is_predicted(recipe: ImageClassifier, dataset: ImageDataset) -> None:
    unfitted = clone(recipe)
    with pytest.raises(NotFittedError):
        check_is_fitted(unfitted)
    for method in (unfitted.predict, unfitted.predict_proba):
        with pytest.raises(NotFittedError):
            method(dataset)


@pytest.mark.parametrize("recipe", EVERY, ids=_named)
def test_an_interrupted_or_unfinished_fit_is_not_fitted(recipe: ImageClassifier) -> None:
    unfitted = clone(recipe)
    unfitted.classes_ = np.array(["a", "b"])
    with pytest.raises(NotFittedError):
        check_is_fitted(unfitted)
    with pytest.raises(NotFittedError):
        unfitted.predictor()


@pytest.mark.parametrize("recipe", EVERY, ids=_named)
def test_tags_say_that_the_input_is_no_matrix(recipe: ImageClassifier) -> None:
    tags = get_tags(recipe)
    assert is_classifier(recipe)
    assert not tags.input_tags.two_d_array


def test_class_names_are_predicted_in_the_order_of_classes(
    half_fitted: ImageClassifier, dataset: ImageDataset
) -> None:
    fitted = half_fitted
    assert tuple(fitted.classes_) == CLASSES
    probabilities = fitted.predict_proba(dataset)
    assert probabilities.shape == (32, 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    predicted = fitted.predict(dataset)
    assert predicted.tolist() == fitted.classes_[probabilities.argmax(axis=1)].tolist()
    assert fitted.score(dataset) == np.mean(predicted == dataset.y)
    assert fitted.score(dataset, dataset.y) == fitted.score(dataset)


def test_fit_takes_a_folder_paths_and_arrays(dataset: ImageDataset, photos: Path) -> None:
    expected = clone(PLAIN).fit(dataset).predict_proba(dataset)
    arrays = [np.asarray(dataset.read(index)) for index in range(len(dataset))]
    for images in (photos, list(dataset.paths), arrays):
        fitted = clone(PLAIN).fit(images, dataset.y, groups=dataset.groups)
        np.testing.assert_allclose(fitted.predict_proba(arrays), expected, atol=1e-9)


def test_labels_may_be_integers(dataset: ImageDataset) -> None:
    fitted = clone(PLAIN).fit(dataset, dataset.labels)
    assert fitted.classes_.tolist() == [0, 1, 2, 3]
    assert fitted.predict(dataset).dtype == np.int64
    assert fitted.predictor().class_names == ("0", "1", "2", "3")


def test_cross_validation_keeps_groups_together(dataset: ImageDataset) -> None:
    folds = StratifiedGroupKFold(2, shuffle=True, random_state=0)
    scores = cross_val_score(PLAIN, dataset, dataset.y, groups=dataset.groups, cv=folds)
    assert scores.shape == (2,)
    assert scores.mean() > 0.5
    found = cross_validate(
        PLAIN, dataset, dataset.y, groups=dataset.groups, cv=folds, return_estimator=True
    )
    np.testing.assert_array_equal(found["test_score"], scores)
    assert [len(each.provenance_["image_hashes"]) for each in found["estimator"]] == [16, 16]


def test_grid_search_goes_over_a_setting_and_a_nested_one(dataset: ImageDataset) -> None:
    search = GridSearchCV(PLAIN, {"C": [1e-8, 10.0]}, cv=2).fit(dataset, dataset.y)
    assert search.best_params_ == {"C": 10.0}
    assert search.predict(dataset).shape == (32,)
    nested = GridSearchCV(TINY, {"training__epochs": [1, 2]}, cv=2, refit=False)
    nested.fit(dataset, dataset.y)
    assert len(nested.cv_results_["params"]) == 2


def test_calibration_and_a_pipeline_take_a_recipe(dataset: ImageDataset) -> None:
    calibrated = CalibratedClassifierCV(PLAIN, cv=2).fit(dataset, dataset.y)
    np.testing.assert_allclose(calibrated.predict_proba(dataset).sum(axis=1), 1)
    # A pipeline fits its last step itself, not a copy.
    pipeline = Pipeline([("hog", clone(PLAIN))]).fit(dataset, dataset.y)
    assert pipeline.score(dataset, dataset.y) > 0.5


def test_labels_that_are_no_classes_are_refused(dataset: ImageDataset) -> None:
    for wrong in (np.linspace(0, 1, 32), np.full(32, np.nan), np.array(["a", None] * 16)):
        with pytest.raises(DataError, match="`y`") as caught:
            clone(PLAIN).fit(dataset, wrong)
        assert "\n" not in str(caught.value)


def test_fitting_changes_neither_the_images_nor_the_settings(dataset: ImageDataset) -> None:
    arrays = [np.asarray(dataset.read(index)) for index in range(len(dataset))]
    before = [array.copy() for array in arrays]
    for array in arrays:
        array.setflags(write=False)
    recipe = clone(PLAIN)
    y = dataset.y.copy()
    settings_before = recipe.get_params()
    assert recipe.fit(arrays, y, groups=dataset.groups) is recipe
    recipe.predict_proba(arrays)
    assert recipe.get_params() == settings_before
    np.testing.assert_array_equal(y, dataset.y)
    for array, same in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(array, same)


def test_an_image_is_predicted_alike_alone_among_others_and_in_any_order(
    half_fitted: ImageClassifier, dataset: ImageDataset
) -> None:
    fitted = half_fitted
    whole = fitted.predict_proba(dataset)
    order = np.random.default_rng(0).permutation(len(dataset))
    np.testing.assert_allclose(fitted.predict_proba(dataset[order]), whole[order], atol=1e-6)
    alone = [fitted.predict_proba(dataset[[index]])[0] for index in range(4)]
    np.testing.assert_allclose(alone, whole[:4], atol=1e-6)


def test_fitting_twice_is_fitting_once(half_fitted: ImageClassifier, dataset: ImageDataset) -> None:
    first = half_fitted.predict_proba(dataset)
    again = half_fitted.fit(dataset[::2])
    np.testing.assert_array_equal(again.predict_proba(dataset), first)


def test_a_fitted_recipe_can_be_pickled(dataset: ImageDataset) -> None:
    """For joblib's processes; a saved model is a bundle, and never a pickle."""
    fitted = clone(PLAIN).fit(dataset[::2])
    again = pickle.loads(pickle.dumps(fitted))
    np.testing.assert_array_equal(again.predict_proba(dataset), fitted.predict_proba(dataset))
    unfitted = pickle.loads(pickle.dumps(clone(TINY)))
    assert unfitted == TINY


def test_a_wrong_setting_is_refused_where_it_is_given(dataset: ImageDataset) -> None:
    """scikit-learn would have `fit` refuse it, after images were read."""
    recipe = clone(PLAIN)
    with pytest.raises(RecipeError):
        recipe.set_params(C=-1.0)
    with pytest.raises(RecipeError):
        HogSVM(C=-1.0)
    assert recipe == PLAIN
    search = GridSearchCV(PLAIN, {"C": [10.0, -1.0]}, cv=2)
    with pytest.raises(RecipeError):
        search.fit(dataset, dataset.y)


@settings()
class OnRows(HogSVM):
    """HOG on a matrix, whose rows are drawn as images: a bar for each number.

    scikit-learn's checks generate matrices. With this, all that they ask of an estimator is asked
    of recipes too; what they ask of a matrix (shapes, NaN, sparse) is answered by scikit-learn's
    own `validate_data`, since none of it can be wrong with images.
    """

    image_size: ImageSize = (16, 16)

    def fit(self, X: Any, y: Any) -> Self:  # type: ignore[override]  # noqa: N803
        X, y = validate_data(self, X, y)  # noqa: N806
        check_classification_targets(y)
        return super().fit(_drawn(X), y, groups=np.arange(len(X)))

    def predict_proba(self, X: Any) -> Any:  # noqa: N803
        check_is_fitted(self)
        return super().predict_proba(_drawn(validate_data(self, X, reset=False)))

    def score(  # type: ignore[override]
        self,
        X: Any,  # noqa: N803
        y: Any,
        sample_weight: Any = None,
    ) -> float:
        return float(accuracy_score(y, self.predict(X), sample_weight=sample_weight))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = True
        tags.input_tags.one_d_array = tags.input_tags.string = False
        return tags


def _drawn(rows: NDArray[Any]) -> NDArray[np.uint8]:
    """Rows (n, d) as images (n, 16, 16 or more), 30 grey levels for 1."""
    shades = np.clip(128 + 30 * np.asarray(rows, np.float64), 0, 255).astype(np.uint8)
    width = -(-16 // shades.shape[1])
    return np.repeat(np.repeat(shades[:, None], 16, axis=1), width, axis=2)


# Every check of scikit-learn stands in one of two lists; a new one fails the test below until it
# is put into one.
HOLD = {
    "check_classifier_data_not_an_array",
    "check_classifiers_classes",
    "check_classifiers_one_label_sample_weights",
    "check_classifiers_regression_target",
    "check_classifiers_train",
    "check_complex_data",
    "check_decision_proba_consistency",
    "check_dict_unchanged",
    "check_dont_overwrite_parameters",
    "check_dtype_object",
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_sparse_array",
    "check_estimator_sparse_matrix",
    "check_estimator_sparse_tag",
    "check_estimator_tags_renamed",
    "check_estimators_dtypes",
    "check_estimators_empty_data_messages",
    "check_estimators_fit_returns_self",
    "check_estimators_nan_inf",
    "check_estimators_overwrite_params",
    "check_estimators_partial_fit_n_features",
    "check_estimators_pickle",
    "check_estimators_unfitted",
    "check_f_contiguous_array_estimator",
    "check_fit1d",
    "check_fit2d_1feature",
    "check_fit2d_predict1d",
    "check_fit_check_is_fitted",
    "check_fit_idempotent",
    "check_fit_score_takes_y",
    "check_get_params_invariance",
    "check_methods_sample_order_invariance",
    "check_methods_subset_invariance",
    "check_mixin_order",
    "check_n_features_in",
    "check_n_features_in_after_fitting",
    "check_no_attributes_set_in_init",
    "check_non_transformer_estimators_n_iter",
    "check_parameters_default_constructible",
    "check_pipeline_consistency",
    "check_positive_only_tag_during_fit",
    "check_readonly_memmap_input",
    "check_requires_y_none",
    "check_supervised_y_2d",
    "check_supervised_y_no_nan",
    "check_valid_tag_types",
}
LEFT_OUT = {
    "check_array_api_input": "needs SCIPY_ARRAY_API, and images are no arrays of another library",
    "check_classifiers_one_label": "one class is refused: it cannot be measured on test images",
    "check_do_not_raise_errors_in_init_or_set_params": "wrong settings are refused where they are "
    "given, so that `--set` and JSON are refused before any image is read",
    "check_fit2d_1sample": "one image is refused with DataError, which has its exit code, and is "
    "no ValueError",
    "check_set_params": "`image_size=64` is (64, 64) when read back",
}
CHECKS = list(estimator_checks_generator(OnRows(colour="always")))


def _check_name(check: Any) -> str:
    return str(getattr(check, "func", check).__name__)


def test_every_check_of_scikit_learn_holds_or_is_left_out_for_a_reason() -> None:
    assert {_check_name(check) for _, check in CHECKS} == HOLD | set(LEFT_OUT)
    assert not HOLD & set(LEFT_OUT)


@pytest.mark.parametrize(
    ("estimator", "check"),
    [
        pytest.param(estimator, check, id=_check_name(check))
        for estimator, check in CHECKS
        if _check_name(check) not in LEFT_OUT
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_scikit_learns_own_checks_hold(estimator: Any, check: Any) -> None:
    check(estimator)
