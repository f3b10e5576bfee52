"""By-products of a comparison, on figures made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from peu.comparison.compare import compare
from peu.comparison.comparison import Comparison, Failure
from peu.images.dataset import ImageDataset
from small_set import PLAIN


@pytest.fixture(scope="module")
def comparison(dataset: ImageDataset) -> Comparison:
    return compare(dataset, [PLAIN], folds=3, repeats=2)


def test_every_image_was_tested_once_a_repeat(comparison: Comparison) -> None:
    assert comparison.tested("hog").tolist() == list(range(32))
    tests = np.concatenate([trial.split.test for trial in comparison.trials_of("hog")])
    assert np.bincount(tests).tolist() == [2] * 32


def test_out_of_fold_is_the_mean_over_the_repeats(comparison: Comparison) -> None:
    evaluation = comparison.out_of_fold("hog")
    image = 5
    rows = [
        trial.probabilities[list(trial.split.test).index(image)]
        for trial in comparison.trials
        if image in trial.split.test
    ]
    assert len(rows) == 2
    np.testing.assert_allclose(evaluation.probabilities[image], np.mean(rows, axis=0))
    np.testing.assert_array_equal(evaluation.labels, comparison.dataset.labels)


def test_the_most_confidently_wrong_come_first(comparison: Comparison) -> None:
    evaluation = comparison.out_of_fold("hog")
    wrong = comparison.wrong("hog", 100)
    assert 0 < len(wrong) == int((evaluation.predictions != evaluation.labels).sum())
    for image, predicted, confidence in wrong:
        assert evaluation.labels[image] != predicted
        assert evaluation.probabilities[image].max() == confidence
        assert evaluation.probabilities[image, predicted] == confidence
    assert [row[2] for row in wrong] == sorted((row[2] for row in wrong), reverse=True)
    assert comparison.wrong("hog", 1) == wrong[:1]


def test_images_that_were_never_tested_are_left_out(comparison: Comparison) -> None:
    few = replace(comparison, trials=comparison.trials[:1])
    tested = few.tested("hog")
    assert tested.tolist() == comparison.trials[0].split.test.tolist()
    assert len(few.out_of_fold("hog").labels) == len(tested)
    assert {row[0] for row in few.wrong("hog", 100)} <= set(tested.tolist())


def test_a_comparison_shows_itself_briefly(comparison: Comparison) -> None:
    assert "hog" in repr(comparison)
    assert len(repr(comparison)) < 500
    many = replace(comparison, summaries=comparison.summaries * 100)
    assert len(repr(many)) < 500
    assert len(repr(comparison.trials[0])) < 500
    assert len(repr(comparison.summaries[0])) < 500


def test_a_notebook_shows_the_verdict_and_a_row_per_recipe(comparison: Comparison) -> None:
    failed = replace(comparison, failures=(Failure("<b>", "no weights"),))
    shown = failed._repr_html_()
    assert comparison.verdict in shown
    assert shown.count("<tr>") == 2
    assert f"{comparison.summaries[0].accuracy.mean:.1%}" in shown
    assert "&lt;b&gt; could not run: no weights" in shown
    assert "<b>" not in shown
