"""Heads compute what they say, and begin where their seed says."""

import numpy as np

from peu.networks.backend import keras
from peu.networks.heads import linear_head, mlp_head


def test_the_mlp_is_the_sheets() -> None:
    head = mlp_head(50, 100, 4, seed=0)
    assert head.count_params() == (50 * 100 + 100) + (100 * 4 + 4)
    x = np.random.default_rng(0).normal(size=(6, 50)).astype(np.float32)
    weights, biases, last, last_biases = head.get_weights()
    logits = np.maximum(x @ weights + biases, 0) @ last + last_biases
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(head(x)), expected, rtol=1e-4)


def test_the_seed_draws_the_mlp() -> None:
    first, again, other = (mlp_head(5, 4, 3, seed=seed).get_weights() for seed in (1, 1, 2))
    np.testing.assert_array_equal(first[0], again[0])
    np.testing.assert_array_equal(first[2], again[2])
    assert not np.array_equal(first[0], other[0])
    assert not np.array_equal(first[2], other[2])


def test_the_linear_head_is_a_softmax_of_scores_of_unit_features() -> None:
    rng = np.random.default_rng(0)
    weights, intercepts = rng.normal(size=(7, 3)), rng.normal(size=3)
    x = rng.normal(size=(6, 7)).astype(np.float32) * 50
    scores = x / np.linalg.norm(x, axis=1, keepdims=True) @ weights + intercepts
    expected = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    found = keras.ops.convert_to_numpy(linear_head(weights, intercepts)(x))
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    assert np.isfinite(keras.ops.convert_to_numpy(linear_head(weights, intercepts)(0 * x))).all()
