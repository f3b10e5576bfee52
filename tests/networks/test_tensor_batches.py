"""Batches cut by TensorFlow are those that Python cuts, and a training ends the same."""

from typing import Any

import numpy as np
import pytest

from peu.networks import fit, tensor_batches
from peu.networks.backend import keras
from peu.networks.batches import ShuffledBatches
from peu.networks.tensor_batches import TensorBatches, can_be_tensors, in_order
from peu.networks.training_settings import TrainingSettings


@pytest.mark.parametrize(
    ("count", "batch_size", "even"), [(10, 4, False), (8, 4, False), (10, 4, True), (3, 8, False)]
)
def test_each_epoch_has_the_batches_that_python_cuts(
    count: int, batch_size: int, even: bool
) -> None:
    images = np.arange(count * 6, dtype=np.uint8).reshape(count, 2, 3)
    labels = np.arange(count, dtype=np.int64)
    wanted, given = (
        ShuffledBatches(images, labels, batch_size, seed=3, even=even) for _ in range(2)
    )
    cut = TensorBatches(given, epochs=3)
    all_epochs = iter(cut.all_epochs().as_numpy_iterator())
    this_epoch = cut.this_epoch()
    assert int(this_epoch.cardinality()) == len(wanted)
    for epoch in range(3):
        cut.on_epoch_begin(epoch, None)
        wanted.on_epoch_end()
        found = list(this_epoch.as_numpy_iterator())
        assert len(found) == len(wanted)
        for index, batch in enumerate(found):
            expected = wanted[index]
            for one, same, other in zip(batch, next(all_epochs), expected, strict=True):
                np.testing.assert_array_equal(one, other)
                np.testing.assert_array_equal(same, other)
                assert one.dtype == same.dtype == other.dtype


def test_held_out_images_keep_their_order() -> None:
    batches = list(in_order(np.arange(10) * 2, np.arange(10), 4).as_numpy_iterator())
    assert [len(labels) for _, labels in batches] == [4, 4, 2]
    np.testing.assert_array_equal(np.concatenate([labels for _, labels in batches]), range(10))
    np.testing.assert_array_equal(
        np.concatenate([inputs for inputs, _ in batches]), np.arange(0, 20, 2)
    )


def test_what_is_prepared_or_blended_is_left_to_python() -> None:
    images, labels = np.zeros((4, 2)), np.zeros((4, 2))
    assert ShuffledBatches(images, labels, 2, seed=0).unchanged
    assert not ShuffledBatches(images, labels, 2, seed=0, mixup=1.0).unchanged
    assert not ShuffledBatches(images, labels, 2, seed=0, prepare=lambda some, _: some).unchanged


def test_large_arrays_are_not_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tensor_batches, "_MOST_BYTES", 64)
    assert can_be_tensors(np.zeros(4), np.zeros(4))
    assert not can_be_tensors(np.zeros(4), np.zeros(5))
    assert not can_be_tensors(np.zeros(4), np.zeros(3), orders=2)


@pytest.mark.parametrize("steps_at_once", [1, 2])
def test_a_training_ends_as_with_batches_from_python(
    steps_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def train() -> Any:
        keras.utils.set_random_seed(0)
        network = keras.Sequential([keras.Input((6,)), keras.layers.Dense(3, "softmax")])
        drawn = np.random.default_rng(0)
        inputs, labels = drawn.random((30, 6), dtype=np.float32), drawn.integers(0, 3, 30)
        history = fit.fit_network(
            network,
            inputs[:20],
            labels[:20],
            TrainingSettings(epochs=4, batch_size=8, validate_every=2),
            seed=1,
            steps_at_once=steps_at_once,
            validation=(inputs[20:], labels[20:]),
        )
        return history.metrics

    cut_by_tensorflow = train()
    monkeypatch.setattr(fit, "can_be_tensors", lambda *_, **__: False)
    cut_by_python = train()
    assert cut_by_tensorflow.keys() == cut_by_python.keys() >= {"loss", "val_loss"}
    for name, values in cut_by_python.items():
        assert cut_by_tensorflow[name] == pytest.approx(values, rel=1e-6)
