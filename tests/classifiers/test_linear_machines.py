"""Machines found in the span of the images are those of the whole space."""

import numpy as np
import pytest

from peu.classifiers import linear_machines
from peu.classifiers.linear_machines import fit_linear_machines


@pytest.mark.parametrize("classes", [2, 3])
def test_turned_features_give_the_same_machines(
    classes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(60) % classes
    vectors = rng.normal(size=(60, 200)) + labels[:, None] * rng.normal(size=200)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    parts = [np.arange(60), np.arange(40)]
    turned = fit_linear_machines(vectors.astype(np.float32), labels, parts, 1.0)
    monkeypatch.setattr(linear_machines, "_MOST_TURNED", 0)
    direct = fit_linear_machines(vectors.astype(np.float32), labels, parts, 1.0)
    for (weights, intercepts), (expected, offsets) in zip(turned, direct, strict=True):
        assert weights.shape == (classes, 200)
        np.testing.assert_allclose(weights, expected, atol=2e-3)
        np.testing.assert_allclose(intercepts, offsets, atol=2e-3)


def test_machines_are_the_same_to_the_last_digit() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(240) % 4
    vectors = (rng.normal(size=(240, 1000)) + labels[:, None]).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    parts = [np.flatnonzero(np.arange(240) % 5 != fold) for fold in range(5)]
    first, again = (fit_linear_machines(vectors, labels, parts, 10.0) for _ in range(2))
    for (weights, intercepts), (expected, offsets) in zip(again, first, strict=True):
        np.testing.assert_array_equal(weights, expected)
        np.testing.assert_array_equal(intercepts, offsets)
