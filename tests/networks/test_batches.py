"""Each epoch gives each image once, in an order of its own that the seed decides."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.networks.batches import ShuffledBatches, blend


def _epochs(count: int, batch_size: int, seed: int, epochs: int) -> list[list[int]]:
    batches = ShuffledBatches(np.arange(count) * 10, np.arange(count), batch_size, seed=seed)
    orders = []
    for _ in range(epochs):
        order: list[int] = []
        for index in range(len(batches)):
            inputs, labels = batches[index]
            np.testing.assert_array_equal(inputs, labels * 10)
            assert len(labels) == batch_size or index == len(batches) - 1
            order.extend(labels.tolist())
        orders.append(order)
        batches.on_epoch_end()
    return orders


@given(st.integers(1, 50), st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_every_image_comes_once_an_epoch(count: int, batch_size: int, seed: int) -> None:
    for order in _epochs(count, batch_size, seed, 2):
        assert sorted(order) == list(range(count))


def test_the_seed_alone_decides_the_order() -> None:
    np.random.seed(1)  # noqa: NPY002 - the global state that must not matter
    first = _epochs(50, 8, 3, 2)
    np.random.seed(2)  # noqa: NPY002
    assert _epochs(50, 8, 3, 2) == first
    assert _epochs(50, 8, 4, 2) != first
    assert first[0] != first[1]


def test_the_last_batch_is_what_is_left() -> None:
    batches = ShuffledBatches(np.arange(10), np.arange(10), 4, seed=0)
    assert [len(batches[index][0]) for index in range(len(batches))] == [4, 4, 2]
    with pytest.raises(IndexError):
        _ = batches[3][0][0]


def test_inputs_are_prepared_anew_in_every_epoch_from_the_seed() -> None:
    def shifted(inputs: Any, generator: np.random.Generator) -> Any:
        return inputs + generator.normal(size=inputs.shape)

    def epochs(seed: int) -> list[Any]:
        batches = ShuffledBatches(np.zeros(8), np.arange(8), 4, seed=seed, prepare=shifted)
        drawn = []
        for _ in range(2):
            drawn += [batches[0][0], batches[1][0]]
            np.testing.assert_array_equal(batches[0][0], drawn[-2])
            batches.on_epoch_end()
        return drawn

    first, again, other = epochs(0), epochs(0), epochs(1)
    np.testing.assert_array_equal(first, again)
    values = np.concatenate([*first, *other])
    assert len(np.unique(values)) == values.size


@given(st.integers(1, 200), st.integers(1, 60))
def test_even_batches_differ_by_one_image_at_most(count: int, batch_size: int) -> None:
    batches = ShuffledBatches(np.arange(count), np.arange(count), batch_size, seed=0, even=True)
    sizes = [len(batches[index][0]) for index in range(len(batches))]
    assert sum(sizes) == count
    assert max(sizes) <= batch_size
    assert max(sizes) - min(sizes) <= 1


def test_mixup_blends_images_and_labels_in_the_same_shares() -> None:
    labels = np.eye(3, dtype=np.float32)[np.arange(30) % 3]
    # Each image is its own label, so that blends of both must agree.
    pixels = np.rint(200 * labels).astype(np.uint8)
    batches = ShuffledBatches(pixels, labels, 16, seed=0, mixup=1.0)
    inputs, shares = batches[0]
    assert inputs.dtype == np.uint8
    assert shares.dtype == np.float32
    np.testing.assert_allclose(inputs / 200, shares, atol=0.003)
    np.testing.assert_allclose(shares.sum(axis=1), 1, rtol=1e-6)
    assert ((shares > 0.05) & (shares < 0.95)).any()
    first, again = (batches[1][1], batches[1][1])
    np.testing.assert_array_equal(first, again)
    batches.on_epoch_end()
    assert not np.array_equal(np.sort(batches[1][1], axis=0), np.sort(first, axis=0))


def test_a_whole_share_blends_nothing() -> None:
    rows = np.arange(12, dtype=np.uint8).reshape(4, 3)
    partner = np.asarray([1, 2, 3, 0])
    np.testing.assert_array_equal(blend(rows, partner, np.ones(4, np.float32)), rows)
    np.testing.assert_array_equal(blend(rows, partner, np.zeros(4, np.float32)), rows[partner])
