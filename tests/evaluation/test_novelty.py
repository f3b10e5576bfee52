"""The threshold of 'none of these'."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from peu.backbones.feature_file import small_features
from peu.comparison.trust import extract
from peu.evaluation.novelty import Others, fit_novelty, refusal_threshold
from peu.images.loading import load_images
from peu.models.novelty import Features, similarity, unit_length


def _blobs(count: int, classes: int, seed: int = 0) -> tuple[Features, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    centres = np.random.default_rng(9).normal(size=(10, 20))
    found = centres[labels] + 0.5 * rng.normal(size=(count, 20))
    return found.astype(np.float32), labels, np.arange(count)


def test_so_many_images_of_the_classes_are_refused() -> None:
    fresh, _, _ = _blobs(4000, 3, seed=5)
    shares = []
    for seed in range(10):
        found = fit_novelty(*_blobs(200, 3, seed=seed))
        assert found is not None
        shares.append(found.refuses(fresh).mean())
    assert np.mean(shares) == pytest.approx(0.05, abs=0.015)
    assert refusal_threshold(np.arange(99.0), 0.05) == 4


def test_images_of_something_else_are_refused() -> None:
    found = fit_novelty(*_blobs(200, 3))
    assert found is not None
    other = _blobs(300, 10)[0][np.arange(300) % 10 >= 3]
    assert found.refuses(other).mean() > 0.95
    assert found.auroc > 0.95


def test_an_image_is_compared_with_neither_itself_nor_its_copies() -> None:
    features, labels, groups = _blobs(60, 3)
    doubled = [np.concatenate([each, each]) for each in (features, labels, groups)]
    once, twice = fit_novelty(features, labels, groups), fit_novelty(*doubled)
    assert once is not None
    assert twice is not None
    unit = unit_length(features)
    own = similarity(unit, unit, unit[:0], not_known=np.eye(60, dtype=np.bool_))
    assert once.threshold == pytest.approx(np.sort(own)[2], abs=1e-3)
    # Copies of the others count as neighbours, its own do not: it is no higher than among them.
    assert twice.threshold < 0.99


def test_with_too_few_images_there_is_no_threshold() -> None:
    assert fit_novelty(*_blobs(18, 3)) is None
    assert fit_novelty(*_blobs(19, 3)) is not None


def test_images_of_something_else_sharpen_it() -> None:
    features, labels, groups = _blobs(200, 3)
    near = features + np.float32(0.5) * np.random.default_rng(3).normal(size=20).astype(np.float32)
    learnt, fresh = near[:100], near[100:]
    plain = fit_novelty(features[:100], labels[:100], groups[:100])
    sharp = fit_novelty(
        features[:100], labels[:100], groups[:100], others=Others(learnt, np.arange(100))
    )
    assert plain is not None
    assert sharp is not None
    assert sharp.refuses(fresh).mean() > plain.refuses(fresh).mean()


def test_real_images_of_no_class_are_told_from_those_of_the_classes(peu_data: Path) -> None:
    known = load_images(peu_data / "caltech4")[::2]
    other = load_images(peu_data / "background", labels_required=False)[::4]
    extractor = small_features()
    features, others = (extract(extractor, each) for each in (known, other))
    found = fit_novelty(features, np.asarray(known.labels), known.groups)
    assert found is not None
    assert found.refuses(others).mean() > 0.9
    same = known.groups[:, None] == known.groups[None]
    own = similarity(unit_length(features), found.known, found.others, not_known=same)
    truth = np.repeat([1, 0], [len(known), len(other)])
    scores = np.concatenate([own, found.similarities(others)])
    assert roc_auc_score(truth, scores) > 0.97
