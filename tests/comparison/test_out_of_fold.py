"""Out-of-fold predictions: from trials, run folders and inner folds."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from peu.comparison.compare import compare
from peu.comparison.out_of_fold import find_out_of_fold, from_inner_folds, out_of_fold
from peu.comparison.trust import trusted_predictor
from peu.images.dataset import ImageDataset
from peu.reports.comparison_report import write_report
from small_set import PLAIN, TINY
from undrawn_pages import undrawn_pages


@pytest.fixture(scope="module")
def run(dataset: ImageDataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "one"
    compared = compare(dataset, [PLAIN], folds=2, repeats=2, run_folder=folder)
    with undrawn_pages():
        write_report(compared, folder)
    return folder


def test_every_prediction_of_every_repeat_is_there(dataset: ImageDataset, run: Path) -> None:
    trials = compare(dataset, [PLAIN], folds=2, repeats=2, run_folder=run).trials
    rows = out_of_fold(trials, dataset.groups)
    assert len(rows) == 2 * len(dataset)
    assert rows.image_count == len(dataset)
    for part in np.unique(rows.parts):
        inside = rows.parts == part
        assert not set(rows.images[inside]) & set(rows.images[~inside])
    np.testing.assert_array_equal(rows.labels, np.asarray(dataset.labels)[rows.images])


def test_a_run_is_found_by_its_images_and_its_recipe(dataset: ImageDataset, run: Path) -> None:
    renamed = clone(PLAIN).set_params(name="other", seed=7)
    found = find_out_of_fold(run.parent, dataset, renamed)
    assert found is not None
    assert found.image_count == len(dataset)
    assert find_out_of_fold(run.parent, dataset, clone(PLAIN).set_params(C=3.0)) is None
    assert find_out_of_fold(run.parent, dataset, TINY) is None
    assert find_out_of_fold(run.parent, dataset[::2], PLAIN) is None
    assert find_out_of_fold(run.parent / "nowhere", dataset, PLAIN) is None


def test_inner_folds_stand_in_for_a_run(dataset: ImageDataset) -> None:
    fitted = clone(PLAIN).fit(dataset)
    rows = from_inner_folds(fitted, dataset)
    assert rows is not None
    assert rows.image_count == len(dataset)
    np.testing.assert_array_equal(rows.labels, np.asarray(dataset.labels)[rows.images])
    predictor = trusted_predictor(fitted, dataset)
    assert predictor.trust.sets is not None
    assert predictor.trust.sets.images == len(dataset)
    assert predictor.trust.novelty is not None
