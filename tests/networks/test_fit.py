"""The one training loop learns, repeats itself, and says what went wrong."""

import gc
import math
import random
import weakref
from typing import Any

import numpy as np
import pytest

from peu.errors import RecipeError
from peu.networks import callbacks
from peu.networks.backend import keras
from peu.networks.fit import fit_network
from peu.networks.heads import mlp_head
from peu.networks.history import History
from peu.networks.small_cnn import small_cnn
from peu.networks.training_settings import Optimizer, TrainingSettings
from recorded_progress import recorded_progress

TINY: dict[str, Any] = {"image_size": (16, 16), "filters": (4,), "dense_units": 8}


def _images(count: int, seed: int) -> tuple[Any, Any]:
    """Draw noise that is bright in the left or the right half."""
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    pixels = rng.integers(0, 100, (count, 16, 16, 3), dtype=np.uint8)
    for image, label in zip(pixels, labels, strict=True):
        image[:, 8 * label : 8 * label + 8] += 120
    return pixels, labels


PIXELS, LABELS = _images(32, 0)


def _settings(
    epochs: int = 3, *, optimizer: Optimizer = "sgd", **settings: Any
) -> TrainingSettings:
    """Plain steps, which are traced sooner, where no other optimizer is asked for."""
    return TrainingSettings(epochs=epochs, batch_size=8, optimizer=optimizer, **settings)


def _train(
    *,
    network_seed: int = 0,
    seed: int = 0,
    settings: TrainingSettings | None = None,
    **options: Any,
) -> tuple[Any, History]:
    model = small_cnn(**TINY, class_count=2, seed=network_seed)
    history = fit_network(model, PIXELS, LABELS, settings or _settings(), seed=seed, **options)
    return model, history


def _same_weights(first: Any, second: Any) -> bool:
    pairs = zip(first.get_weights(), second.get_weights(), strict=True)
    return all(np.array_equal(one, other) for one, other in pairs)


@pytest.fixture(scope="module")
def plain() -> tuple[Any, History]:
    """Train once for all tests that compare with a training like any other."""
    return _train()


def test_a_separable_set_is_learnt_in_time_that_is_enough() -> None:
    settings = _settings(12, optimizer="adam", learning_rate=0.01, time_limit=1000)
    model, history = _train(settings=settings)
    unseen, labels = _images(20, 1)
    answers = keras.ops.convert_to_numpy(model(unseen)).argmax(axis=1)
    assert (answers == labels).all()
    assert set(history.metrics) == {"loss", "accuracy"}
    assert len(history.metrics["loss"]) == 12
    assert history.metrics["loss"][-1] < history.metrics["loss"][0]
    assert history.metrics["accuracy"][-1] == 1
    assert history.seconds > 0
    assert history.notes == ()


def test_images_are_freed_after_training() -> None:
    pixels = PIXELS.copy()
    kept = weakref.ref(pixels)
    fit_network(small_cnn(**TINY, class_count=2, seed=0), pixels, LABELS, _settings(1), seed=0)
    del pixels
    gc.collect()
    assert kept() is None


def test_mixed_precision_learns_too() -> None:
    model = small_cnn(**TINY, class_count=2, seed=0, precision="mixed_bfloat16")
    settings = _settings(12, optimizer="adam", learning_rate=0.01)
    history = fit_network(model, PIXELS, LABELS, settings, seed=0)
    assert history.metrics["accuracy"][-1] == 1


def test_the_seed_alone_decides_whatever_else_was_drawn_or_trained(
    plain: tuple[Any, History],
) -> None:
    first, history = plain
    again = small_cnn(**TINY, class_count=2, seed=0)
    other, other_history = _train(seed=1)
    random.seed(1)
    keras.utils.set_random_seed(7)
    same_history = fit_network(again, PIXELS, LABELS, _settings(), seed=0)
    assert _same_weights(first, again)
    assert history.metrics == same_history.metrics
    assert not _same_weights(first, other)
    assert history.metrics != other_history.metrics


def test_validation_images_have_curves_and_decide_nothing(plain: tuple[Any, History]) -> None:
    network, history = plain
    unseen = _images(20, 1)
    validated, val_history = _train(validation=unseen)
    assert _same_weights(network, validated)
    assert set(val_history.metrics) == {
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
        "val_epoch",
    }
    assert val_history.metrics["loss"] == history.metrics["loss"]
    answers = keras.ops.convert_to_numpy(validated(unseen[0]))
    by_hand = -np.log(answers[np.arange(20), unseen[1]]).mean()
    assert val_history.metrics["val_loss"][-1] == pytest.approx(by_hand, rel=1e-4)
    accuracy = (answers.argmax(axis=1) == unseen[1]).mean()
    assert val_history.metrics["val_accuracy"][-1] == pytest.approx(accuracy)


def test_progress_reports_every_epoch_and_nothing_is_printed(
    capfd: pytest.CaptureFixture[str],
) -> None:
    with recorded_progress() as recorded:
        _train(phase="Training mine")
    assert recorded.phases == [("Training mine", done, 3) for done in range(4)]
    assert capfd.readouterr() == ("", "")


def test_a_loss_that_is_no_number_is_explained() -> None:
    inputs = np.ones((8, 5), np.float32)
    inputs[3, 2] = np.inf
    with pytest.raises(RecipeError, match="Lower `learning_rate`") as caught:
        fit_network(mlp_head(5, 4, 2, seed=0), inputs, np.arange(8) % 2, _settings(1), seed=0)
    assert "\n" not in str(caught.value)


def test_a_diverging_training_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    # Adam's steps are bounded: plain steps, far too long, diverge as the message says.
    class FarTooLong(keras.optimizers.SGD):  # type: ignore[misc]
        def __init__(self, rate: float) -> None:
            super().__init__(100 * rate, momentum=0.99)

    monkeypatch.setattr(keras.optimizers, "Adam", FarTooLong)
    linear = keras.layers.Dense(2, activation="softmax", kernel_initializer="zeros")
    inputs = np.random.default_rng(0).normal(size=(32, 5)).astype(np.float32)
    labels = np.random.default_rng(1).integers(0, 2, 32)
    with pytest.raises(RecipeError, match=r"(must fall|finite).*Lower `learning_rate` \(it is 1\)"):
        fit_network(
            keras.Sequential([keras.Input((5,)), linear]),
            inputs,
            labels,
            _settings(30, optimizer="adam", learning_rate=1.0),
            seed=0,
        )


def test_far_too_long_steps_learn_nothing_and_it_is_said() -> None:
    _, history = _train(settings=_settings(4, optimizer="adam", learning_rate=10.0))
    assert min(history.metrics["loss"]) > 0.98 * math.log(2)
    assert len(history.notes) == 1
    assert "learnt nothing" in history.notes[0]
    assert "Lower `learning_rate` (it is 10)" in history.notes[0]


def test_time_that_runs_out_ends_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = iter(range(0, 1000, 10))
    monkeypatch.setattr(callbacks, "time", type("Clock", (), {"monotonic": lambda: next(ticks)}))
    _, history = _train(settings=_settings(9, time_limit=15))
    assert len(history.metrics["loss"]) == 2
    assert "Stopped by the time limit of 15 s after 2 of 9 epochs." in history.notes


def test_patience_ends_a_training_that_stands_still() -> None:
    same = np.ones((8, 5), np.float32)
    head = mlp_head(5, 4, 2, seed=0)
    settings = _settings(40, optimizer="adam", patience=2, learning_rate=0.1)
    history = fit_network(head, same, np.arange(8) % 2, settings, seed=0)
    epochs = len(history.metrics["loss"])
    assert epochs < 40
    best = int(np.argmin(history.metrics["loss"]))
    assert epochs == best + 1 + 2
    said = f"Stopped after {epochs} of 40 epochs: the training loss had not fallen for 2."
    assert said in history.notes


@pytest.mark.parametrize("steps_at_once", [1, 4])
def test_a_training_step_is_traced_once(
    steps_at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    traced = []
    step = keras.Model.train_step

    def counted(model: Any, batch: Any) -> Any:
        traced.append(model)
        return step(model, batch)

    monkeypatch.setattr(keras.Model, "train_step", counted)
    _train(steps_at_once=steps_at_once, settings=_settings(epochs=1))
    assert len(traced) == 1
