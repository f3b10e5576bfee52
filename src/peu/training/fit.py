"""The one training loop: every network of every recipe is trained here."""

import math
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peu.backend import keras
from peu.progress import Progress, silent
from peu.recipes.training import TrainingSettings
from peu.training.batches import ShuffledBatches
from peu.training.callbacks import ReportProgress, StopInTime, StopWhenSick
from peu.training.history import WATCHED_EPOCH, History, watched_epochs
from peu.training.optimizers import make_optimizer

Watched = tuple[NDArray[Any], NDArray[np.int64]]


def fit_network(
    model: Any,
    inputs: NDArray[Any],
    labels: NDArray[np.int64],
    settings: TrainingSettings,
    *,
    seed: int,
    watched: Watched | None = None,
    even_batches: bool = False,
    mixup: float = 0.0,
    progress: Progress = silent,
    stage: str = "Training",
) -> History:
    """Train a network in place on the cross-entropy of its classes.

    Args:
        model: a keras.Model from inputs to probabilities (n, k).
        inputs: (n, ...), in whatever dtype the model takes; uint8 pixels stay uint8.
        labels: (n,) whole numbers in [0, k).
        settings: epochs, batch size, the optimizer and its step size, patience, time limit.
        seed: of the order of the batches.
        watched: inputs and labels that are evaluated now and then for the curves, and decide
            nothing.
        even_batches: make all batches alike in size, as batch normalisation wants them.
        mixup: blend pictures in pairs, and their labels, as strongly as this; 0 does not.
        progress: told of every epoch.
        stage: what the progress is called.

    Returns:
        The figures of every epoch.

    Raises:
        RecipeError: the loss is no number any more, or diverges.
    """
    class_count = int(model.output_shape[-1])
    soft = bool(settings.label_smoothing or mixup)

    def as_targets(classes: NDArray[np.int64]) -> NDArray[Any]:
        return np.eye(class_count, dtype=np.float32)[classes] if soft else classes

    batches = ShuffledBatches(
        inputs,
        as_targets(labels),
        settings.batch_size,
        seed=seed,
        even=even_batches,
        mixup=mixup,
    )
    # On CPUs XLA made no epoch shorter and the first one twice as long (2 cores, TensorFlow 2.21).
    model.compile(
        optimizer=make_optimizer(settings, steps=settings.epochs * len(batches)),
        loss=(
            keras.losses.CategoricalCrossentropy(label_smoothing=settings.label_smoothing)
            if soft
            else keras.losses.SparseCategoricalCrossentropy()
        ),
        metrics=["accuracy"],
        jit_compile=False,
    )
    looks = watched_epochs(settings.epochs, settings.watch_every)
    timer = StopInTime(settings.time_limit or math.inf)
    callbacks: list[Any] = [
        ReportProgress(progress, stage, settings.epochs),
        StopWhenSick(class_count, settings.learning_rate),
        timer,
    ]
    if settings.patience is not None:
        callbacks.append(keras.callbacks.EarlyStopping("loss", patience=settings.patience))
    started = time.monotonic()
    fitted = model.fit(
        batches,
        epochs=settings.epochs,
        # Keras would put the batches into an order drawn from Python's global generator.
        shuffle=False,
        validation_data=None if watched is None else (watched[0], as_targets(watched[1])),
        validation_batch_size=settings.batch_size,
        validation_freq=list(looks),
        callbacks=callbacks,
        verbose=0,
    )
    metrics = {
        name.replace("val_", "watched_"): tuple(float(value) for value in values)
        for name, values in fitted.history.items()
    }
    if watched is not None:
        trained = len(metrics["loss"])
        metrics[WATCHED_EPOCH] = tuple(float(epoch) for epoch in looks if epoch <= trained)
    return History(
        metrics=metrics,
        seconds=time.monotonic() - started,
        notes=_notes(metrics, settings, class_count, timer.stopped_after),
    )


def _notes(
    metrics: dict[str, tuple[float, ...]],
    settings: TrainingSettings,
    class_count: int,
    stopped_after: int | None,
) -> tuple[str, ...]:
    notes = []
    epochs = len(metrics["loss"])
    if stopped_after is not None and stopped_after < settings.epochs:
        notes.append(
            f"Stopped by the time limit of {settings.time_limit:g} s after {stopped_after} of "
            f"{settings.epochs} epochs."
        )
    elif epochs < settings.epochs:
        notes.append(
            f"Stopped after {epochs} of {settings.epochs} epochs: the training loss had not "
            f"fallen for {settings.patience}."
        )
    chance = math.log(class_count)
    if min(metrics["loss"]) > 0.98 * chance:
        notes.append(
            f"The network learnt nothing: its training loss never fell below {chance:.2f}, that of "
            f"guessing. Lower `learning_rate` (it is {settings.learning_rate:g})."
        )
    return tuple(notes)
