"""Callbacks report progress, and end a training that diverged, ran out of time or collapsed."""

import math
from types import SimpleNamespace

import pytest

from peu.errors import RecipeError
from peu.networks import callbacks
from peu.networks.callbacks import (
    CallAfterEpoch,
    ReportProgress,
    StopInTime,
    StopWhenCollapsed,
    TerminateOnDivergence,
)
from recorded_progress import recorded_progress


def test_progress_goes_from_nothing_to_all() -> None:
    report = ReportProgress("Training", 2)
    with recorded_progress() as recorded:
        report.on_train_begin()
        report.on_epoch_end(0)
        report.on_epoch_end(1)
    assert recorded.phases == [("Training", 0, 2), ("Training", 1, 2), ("Training", 2, 2)]


def test_figures_of_every_epoch_are_passed_on() -> None:
    seen: list[tuple[int, dict[str, float]]] = []
    callback = CallAfterEpoch(lambda epoch, figures: seen.append((epoch, dict(figures))))
    callback.on_epoch_end(0, {"loss": 1.0})
    callback.on_epoch_end(1, {"loss": 0.5, "val_loss": 0.7})
    assert seen == [(1, {"loss": 1.0}), (2, {"loss": 0.5, "val_loss": 0.7})]


@pytest.mark.parametrize("loss", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_no_number_ends_the_training(loss: float) -> None:
    callback = TerminateOnDivergence(4, 0.5)
    callback.on_train_batch_end(0, {"loss": 1.0})
    with pytest.raises(RecipeError) as caught:
        callback.on_train_batch_end(1, {"loss": loss})
    assert "in batch 2" in str(caught.value)
    assert "Lower `learning_rate` (it is 0.5)" in str(caught.value)
    assert "\n" not in str(caught.value)


def _step(callback: TerminateOnDivergence, times: int) -> None:
    for batch in range(times):
        callback.on_train_batch_end(batch, {"loss": 1.0})


def test_a_loss_may_overshoot_in_its_first_steps() -> None:
    callback = TerminateOnDivergence(1.4, 0.001)
    for epoch, loss in enumerate((18.6, 28.7, 40.0)):
        _step(callback, 6)
        callback.on_epoch_end(epoch, {"loss": loss})
    _step(callback, 6)
    with pytest.raises(RecipeError, match="must fall"):
        callback.on_epoch_end(3, {"loss": 41.0})


@pytest.mark.parametrize("class_count", [2, 4, 83])
def test_a_loss_that_grows_far_above_the_baseline_ends_the_training(class_count: int) -> None:
    baseline = math.log(class_count)
    callback = TerminateOnDivergence(baseline, 0.5)
    _step(callback, 20)
    callback.on_epoch_end(0, {"loss": 2 * baseline})
    callback.on_epoch_end(1, {"loss": 9 * baseline})
    with pytest.raises(RecipeError, match=r"must fall.*epoch 3.*Lower `learning_rate`"):
        callback.on_epoch_end(2, {"loss": 11 * baseline})


def test_a_loss_that_falls_from_a_bad_beginning_may_go_on() -> None:
    callback = TerminateOnDivergence(2, 0.5)
    for epoch, loss in enumerate((5000.0, 50.0, 20.0)):
        callback.on_epoch_end(epoch, {"loss": loss})


def test_time_runs_out_at_the_end_of_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(callbacks, "time", SimpleNamespace(monotonic=lambda: now))
    timer = StopInTime(10)
    model = SimpleNamespace(stop_training=False)
    timer.set_model(model)
    now = 109.9
    timer.on_epoch_end(0)
    assert not model.stop_training
    assert timer.stopped_after is None
    now = 110.0
    timer.on_epoch_end(1)
    assert model.stop_training
    assert timer.stopped_after == 2


def _collapsed(callback: StopWhenCollapsed, losses: list[float], steps: int) -> bool:
    model = SimpleNamespace(stop_training=False)
    callback.set_model(model)
    callback.set_params({"steps": steps})
    for epoch, loss in enumerate(losses):
        callback.on_epoch_end(epoch, {"loss": loss})
    assert model.stop_training == callback.collapsed
    return callback.collapsed


def test_a_collapse_is_a_loss_no_better_than_the_mean_after_long_enough() -> None:
    assert _collapsed(StopWhenCollapsed(0.1, 9), [0.2, 0.11], 150)
    assert _collapsed(StopWhenCollapsed(0.1, 9), [0.0995], 400)
    assert not _collapsed(StopWhenCollapsed(0.1, 9), [0.2, 0.11], 149)
    assert not _collapsed(StopWhenCollapsed(0.1, 9), [0.2, 0.09, 0.05], 150)


def test_a_short_training_is_judged_at_its_end() -> None:
    assert _collapsed(StopWhenCollapsed(0.1, 2), [0.2, 0.11], 5)
    assert not _collapsed(StopWhenCollapsed(0.1, 2), [0.2, 0.05], 5)
