"""By-products of a comparison, on figures made by hand."""

from dataclasses import replace

import numpy as np
import pytest

from peu.data.dataset import ImageDataset
from peu.experiments.compare import compare
from peu.experiments.comparison import Comparison
from small_set import PLAIN


@pytest.fixture(scope="module")
def comparison(dataset: ImageDataset) -> Comparison:
    return compare(dataset, [PLAIN], folds=3, repeats=2)


def test_every_picture_was_tested_once_a_repeat(comparison: Comparison) -> None:
    assert comparison.tested("descriptors").tolist() == list(range(32))
    tests = np.concatenate([trial.split.test for trial in comparison.trials_of("descriptors")])
    assert np.bincount(tests).tolist() == [2] * 32


def test_out_of_fold_is_the_mean_over_the_repeats(comparison: Comparison) -> None:
    evaluation = comparison.out_of_fold("descriptors")
    picture = 5
    rows = [
        trial.probabilities[list(trial.split.test).index(picture)]
        for trial in comparison.trials
        if picture in trial.split.test
    ]
    assert len(rows) == 2
    np.testing.assert_allclose(evaluation.probabilities[picture], np.mean(rows, axis=0))
    np.testing.assert_array_equal(evaluation.labels, comparison.dataset.labels)


def test_the_most_confidently_wrong_come_first(comparison: Comparison) -> None:
    evaluation = comparison.out_of_fold("descriptors")
    wrong = comparison.wrong("descriptors", 100)
    assert 0 < len(wrong) == int((evaluation.predictions != evaluation.labels).sum())
    for picture, answer, sureness in wrong:
        assert evaluation.labels[picture] != answer
        assert evaluation.probabilities[picture].max() == sureness
        assert evaluation.probabilities[picture, answer] == sureness
    assert [row[2] for row in wrong] == sorted((row[2] for row in wrong), reverse=True)
    assert comparison.wrong("descriptors", 1) == wrong[:1]


def test_pictures_that_were_never_tested_are_left_out(comparison: Comparison) -> None:
    few = replace(comparison, trials=comparison.trials[:1])
    tested = few.tested("descriptors")
    assert tested.tolist() == comparison.trials[0].split.test.tolist()
    assert len(few.out_of_fold("descriptors").labels) == len(tested)
    assert {row[0] for row in few.wrong("descriptors", 100)} <= set(tested.tolist())
