"""The one training loop: every network of every recipe is trained here."""

import gc
import math
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.networks.backend import (
    give_back_freed_memory,
    keep_freed_memory,
    keras,
    most_steps_at_once,
)
from peu.networks.batches import Prepare, ShuffledBatches
from peu.networks.callbacks import ReportProgress, StopInTime, TerminateOnDivergence
from peu.networks.history import VALIDATION_EPOCH, History, validation_epochs
from peu.networks.objective import Objective, class_objective
from peu.networks.optimizers import make_optimizer
from peu.networks.tensor_batches import TensorBatches, can_be_tensors, in_order
from peu.networks.training_settings import TrainingSettings

Validation = tuple[NDArray[Any], NDArray[Any]]


def fit_network(
    model: Any,
    inputs: NDArray[Any],
    targets: NDArray[Any],
    settings: TrainingSettings,
    *,
    seed: int,
    objective: Objective | None = None,
    prepare: Prepare | None = None,
    callbacks: Sequence[Any] = (),
    steps_at_once: int = 1,
    validation: Validation | None = None,
    even_batches: bool = False,
    mixup: float = 0.0,
    rates: Mapping[int, float] | None = None,
    epochs: int | None = None,
    phase: str = "Training",
) -> History:
    """Train a network in place, on the cross-entropy of its classes unless told otherwise.

    Args:
        model: a keras.Model from inputs to probabilities (n, k), or to what `objective` takes.
        inputs: (n, ...), in whatever dtype the model takes; uint8 pixels stay uint8.
        targets: (n,) whole numbers in [0, k), or what `objective` takes, (n, ...).
        settings: epochs, batch size, the optimizer and its step size, patience, time limit.
        seed: of the order of the batches, and of what `prepare` draws.
        objective: what is minimised; None is the cross-entropy of classes.
        prepare: changes the inputs of each batch before the network sees them.
        callbacks: further keras.callbacks.Callback objects.
        steps_at_once: batches that run before Python is asked for more, where the backend can;
            a network whose steps take milliseconds is waiting for Python otherwise. Callbacks
            hear of the last of them only.
        validation: inputs and targets that are evaluated every `validate_every` epochs for the
            curves, and decide nothing.
        even_batches: make all batches alike in size, as batch normalisation wants them.
        mixup: blend images in pairs, and their labels, as strongly as this; 0 does not.
        rates: by a variable's `id`, the share of the step size that it moves by; 1 without.
        epochs: end after so many; the step size takes its course as if all were to come.
        phase: its name in progress reports.

    Returns:
        The figures of every epoch.

    Raises:
        RecipeError: the loss is no number any more, or diverges.
    """
    # Networks trained before are freed late otherwise: each kept its weights and moments for long.
    gc.collect()
    objective = objective or class_objective(
        int(model.output_shape[-1]),
        soft=bool(settings.label_smoothing or mixup),
        label_smoothing=settings.label_smoothing,
    )
    encoded = objective.encode(targets)
    batches = ShuffledBatches(
        inputs,
        encoded,
        settings.batch_size,
        seed=seed,
        even=even_batches,
        mixup=mixup,
        prepare=prepare,
    )
    # On CPUs XLA made no epoch shorter and the first one twice as long (2 cores, TensorFlow 2.21).
    model.compile(
        optimizer=make_optimizer(settings, steps=settings.epochs * len(batches), rates=rates),
        loss=objective.loss,
        metrics=objective.metrics(),
        jit_compile=False,
        steps_per_execution=most_steps_at_once(steps_at_once),
    )
    _make_training_state(model, encoded[:1])
    epochs = epochs or settings.epochs
    evaluated = validation_epochs(epochs, settings.validate_every)
    timer = StopInTime(settings.time_limit or math.inf)
    hooks: list[Any] = [
        ReportProgress(phase, epochs),
        TerminateOnDivergence(objective.baseline, settings.learning_rate),
        timer,
        # Once the generator is being read: before, the setting would be undone.
        keras.callbacks.LambdaCallback(on_epoch_begin=lambda *_: keep_freed_memory()),
        *callbacks,
    ]
    read: dict[str, Any] = {"x": batches}
    if batches.unchanged and can_be_tensors(inputs, encoded, orders=epochs * len(inputs)):
        cut = TensorBatches(batches, epochs)
        read = {"x": cut.all_epochs(), "steps_per_epoch": len(batches)}
        # Several steps a call end with the epoch only where what they read ends with it.
        if steps_at_once > 1:
            read = {"x": cut.this_epoch()}
            hooks.append(cut)
    if settings.patience is not None:
        hooks.append(keras.callbacks.EarlyStopping("loss", patience=settings.patience))
    started = time.monotonic()
    try:
        fitted = model.fit(
            epochs=epochs,
            # Keras would put the batches into an order drawn from Python's global generator.
            shuffle=False,
            validation_freq=list(evaluated),
            callbacks=hooks,
            verbose=0,
            **read,
            **_held_out(validation, objective, settings.batch_size),
        )
    finally:
        batches.release()
        give_back_freed_memory()
    metrics = {
        name: tuple(float(value) for value in values) for name, values in fitted.history.items()
    }
    if validation is not None:
        trained = len(metrics["loss"])
        metrics[VALIDATION_EPOCH] = tuple(float(epoch) for epoch in evaluated if epoch <= trained)
    return History(
        metrics=metrics,
        seconds=time.monotonic() - started,
        notes=_notes(metrics, settings, epochs, objective.baseline, timer.stopped_after),
    )


def _held_out(
    validation: Validation | None, objective: Objective, batch_size: int
) -> dict[str, Any]:
    """What Keras is told of images that are evaluated."""
    if validation is None:
        return {}
    inputs, targets = validation[0], objective.encode(validation[1])
    if can_be_tensors(inputs, targets):
        return {"validation_data": in_order(inputs, targets, batch_size)}
    return {"validation_data": (inputs, targets), "validation_batch_size": batch_size}


def _make_training_state(model: Any, targets: NDArray[Any]) -> None:
    """Make the variables of optimizer, loss and metrics before the training step is traced.

    TensorFlow traces a step that makes variables twice, which took a second of each training.
    """
    shape = model.output_shape[1:]
    # Where a network takes images of any size, its outputs are as large as its targets.
    outputs = np.zeros(targets.shape if None in shape else (len(targets), *shape), np.float32)
    model.optimizer.build(model.trainable_variables)
    model.compute_loss(None, targets, outputs)
    model.compute_metrics(None, targets, outputs)
    model.reset_metrics()


def _notes(
    metrics: dict[str, tuple[float, ...]],
    settings: TrainingSettings,
    wanted: int,
    baseline: float,
    stopped_after: int | None,
) -> tuple[str, ...]:
    notes = []
    epochs = len(metrics["loss"])
    if stopped_after is not None and stopped_after < wanted:
        notes.append(
            f"Stopped by the time limit of {settings.time_limit:g} s after {stopped_after} of "
            f"{wanted} epochs."
        )
    elif epochs < wanted and settings.patience is not None:
        notes.append(
            f"Stopped after {epochs} of {wanted} epochs: the training loss had not "
            f"fallen for {settings.patience}."
        )
    if min(metrics["loss"]) > 0.98 * baseline:
        notes.append(
            f"The network learnt nothing: its training loss never fell below {baseline:.2g}, that "
            f"of a constant prediction. Lower `learning_rate` (it is {settings.learning_rate:g})."
        )
    return tuple(notes)
