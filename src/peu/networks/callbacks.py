"""Keras callbacks: progress, divergence, time limit, collapse."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from peu.errors import RecipeError
from peu.networks.backend import keras
from peu.progress import report

AfterEpoch = Callable[[int, Mapping[str, float]], bool | None]
_DIVERGED = 10.0
_NO_BETTER = 0.98
_STEPS_TO_LEARN = 300
# A head on very many features may overshoot in its first steps, and recover.
_STEPS_TO_SETTLE = 20


class ReportProgress(keras.callbacks.Callback):  # type: ignore[misc]
    """Report how many epochs are done."""

    def __init__(self, phase: str, epochs: int) -> None:
        super().__init__()
        self._phase = phase
        self._epochs = epochs

    def on_train_begin(self, logs: Any = None) -> None:
        """Show an empty bar."""
        report(self._phase, 0, self._epochs)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Move the bar on by one epoch."""
        report(self._phase, epoch + 1, self._epochs)


class CallAfterEpoch(keras.callbacks.Callback):  # type: ignore[misc]
    """Call a function after every epoch; it may end the training by raising, or by True."""

    def __init__(self, after_epoch: AfterEpoch) -> None:
        super().__init__()
        self._after_epoch = after_epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Pass the number of the epoch, from 1, and its figures."""
        if self._after_epoch(epoch + 1, logs or {}):
            self.model.stop_training = True


class TerminateOnDivergence(keras.callbacks.Callback):  # type: ignore[misc]
    """End a training whose loss is not finite, or grows without bound."""

    def __init__(self, baseline: float, learning_rate: float) -> None:
        super().__init__()
        self._limit = _DIVERGED * baseline
        self._learning_rate = learning_rate
        self._first_loss = math.inf
        self._steps = 0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Stop at the first loss that is no number."""
        self._steps += 1
        loss = float((logs or {}).get("loss", 0.0))
        if not math.isfinite(loss):
            raise RecipeError(
                f"The training loss must be a finite number. Received: {loss} in batch "
                f"{batch + 1}. Lower `learning_rate` (it is {self._learning_rate:g}), or train "
                "with `precision='float32'`."
            )

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop when the loss is far above baseline and above where it began, after some steps."""
        loss = float((logs or {}).get("loss", 0.0))
        if epoch == 0:
            self._first_loss = loss
        elif self._steps >= _STEPS_TO_SETTLE and loss > max(self._limit, self._first_loss):
            raise RecipeError(
                f"The training loss must fall. Received: {self._first_loss:.3g} in the first epoch "
                f"and {loss:.3g} in epoch {epoch + 1}. Lower `learning_rate` (it is "
                f"{self._learning_rate:g})."
            )


class StopInTime(keras.callbacks.Callback):  # type: ignore[misc]
    """End a training at the end of the epoch in which its time runs out."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds
        self._started = time.monotonic()
        self.stopped_after: int | None = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop when the time is used up."""
        if time.monotonic() - self._started >= self._seconds:
            self.stopped_after = epoch + 1
            self.model.stop_training = True


class StopWhenCollapsed(keras.callbacks.Callback):  # type: ignore[misc]
    """End the training of a network of images that gives one even grey for every image."""

    def __init__(self, baseline: float, epochs: int) -> None:
        super().__init__()
        self._limit = _NO_BETTER * baseline
        self._epochs = epochs
        self._steps = 0
        self.collapsed = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Stop where the loss is that of the mean, once there was time to learn more."""
        self._steps += int((self.params or {}).get("steps") or 0)
        enough = self._steps >= _STEPS_TO_LEARN or epoch + 1 == self._epochs
        if enough and float((logs or {}).get("loss", 0.0)) > self._limit:
            self.collapsed = True
            self.model.stop_training = True
