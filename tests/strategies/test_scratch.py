"""A small network from nothing: what is saved is what was measured, and the seed decides."""

import numpy as np

from peu.data.dataset import ImageDataset
from peu.strategies.scratch import fit_scratch
from small_set import TINY, half_of


def test_the_classifier_answers_as_the_fit_did(dataset: ImageDataset) -> None:
    part = half_of(dataset)
    assert part.watched is not None
    fitted = fit_scratch(TINY, dataset, part)
    answers = fitted.predict_indices(part.watched)
    np.testing.assert_allclose(answers.sum(axis=1), 1)
    classifier = fitted.assemble()
    pictures = [dataset.read(index) for index in part.watched]
    np.testing.assert_allclose(classifier.predict_proba(pictures), answers, atol=1e-6)
    assert classifier.image_size == (32, 32)
    assert classifier.class_names == dataset.class_names
    # A convolution of 4 filters, 16 x 16 maps into 8 units, 4 classes; biases with each.
    count = (27 * 4 + 4) + (16 * 16 * 4 * 8 + 8) + (8 * 4 + 4)
    assert fitted.parameters == fitted.trainable_parameters == count
    history = fitted.history.metrics
    assert set(history) == {"loss", "accuracy", "watched_loss", "watched_accuracy"}
    assert all(len(values) == 2 for values in history.values())


def test_the_seed_alone_decides(dataset: ImageDataset) -> None:
    first, again, other = (
        fit_scratch(TINY, dataset, half_of(dataset, seed=seed)).predict_indices(np.arange(4))
        for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
