"""How long to fine-tune, and how much of it to keep, by predictions on inner folds."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.base import FloatArray
from peu.classifiers.training_set import HeldOut, Labels

Predictions = dict[tuple[int, float], FloatArray]
"""Probabilities by the number of epochs and the share of the way to the weights after them."""


@dataclass(frozen=True, eq=False)
class FineTuneChoice:
    """How long to fine-tune and how much of it to keep; 0 epochs are the head alone."""

    epochs: int
    share: float
    log_loss: float = math.nan
    head_log_loss: float = math.nan
    held_out: HeldOut | None = None

    def __str__(self) -> str:
        if math.isnan(self.log_loss):
            if self.epochs:
                return "Fine-tuned for all epochs, as asked."
            return "Too few images per class to ask inner folds for fine-tuning: the head alone."
        figures = f"log loss {self.log_loss:.3f} on images held out"
        if not self.epochs:
            return f"Inner folds kept the head alone ({figures}): no fine-tuning did better."
        way = "whole" if self.share == 1 else f"{self.share:.0%} of"
        return (
            f"Inner folds chose {self.epochs} epoch{'s' * (self.epochs > 1)} of fine-tuning and "
            f"the {way} way to its weights ({figures}; the head alone {self.head_log_loss:.3f})."
        )


def best_choice(
    attempts: Sequence[Predictions], judged: NDArray[np.int64], labels: Labels
) -> FineTuneChoice:
    """What has the lowest log loss on held-out images; 0 epochs where nothing did better.

    Args:
        attempts: for each inner fold, the predictions of its held-out images.
        judged: the held-out images of all folds, in that order.
        labels: of these.
    """
    # One training may have ended before another.
    tried = set.intersection(*(set(predictions) for predictions in attempts))
    joined = {
        key: np.concatenate([predictions[key] for predictions in attempts]) for key in sorted(tried)
    }
    losses = {key: log_loss(each, labels) for key, each in joined.items()}
    best = min(losses, key=lambda key: losses[key])
    return FineTuneChoice(
        *best,
        log_loss=losses[best],
        head_log_loss=losses[0, 1.0],
        held_out=HeldOut(judged, joined[best]),
    )


def log_loss(probabilities: FloatArray, labels: Labels) -> float:
    """Mean negative log-likelihood of the true classes."""
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())
