"""What every strategy leaves behind: predictions on the set it was fitted on, and a classifier."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.search_record import Search
from peu.models.classifier import Classifier
from peu.networks.history import History

Indices = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class Phase:
    """Say what learnt in one phase of a training, and what that was worth on watched images.

    Attributes:
        name: "head", or which part of a backbone learnt along with it.
        trainable_parameters: how many numbers learnt in it.
        accuracy: on the watched images after it, in [0, 1]; None where none were watched.
        log_loss: the same, in nats.
    """

    name: str
    trainable_parameters: int
    accuracy: float | None = None
    log_loss: float | None = None


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Hold what inner folds answered for training images that they had not learnt from.

    Attributes:
        indices: of the images, in the set (m,).
        probabilities: the answers (m, k).
    """

    indices: Indices
    probabilities: NDArray[np.float64]


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedRecipe:
    """Hold a recipe that was fitted on part of an image set.

    Predictions for the same set come from what is computed already (cached features, pixels),
    and a whole classifier is assembled only where somebody asks: a comparison of frozen
    features would otherwise run its backbone again for every fold.

    Attributes:
        predict_indices: from indices of images (m,) to probabilities (m, k).
        assemble: build the classifier that takes images.
        parameters: numbers in the whole model.
        trainable_parameters: those that this recipe learnt.
        history: the figures of its training.
        notes: plain sentences about what was chosen or went differently than asked.
        search: how its settings were chosen, where they were searched.
        phases: of a training in several; empty where there was one.
        held_out: answers of inner folds, where choosing settings made them anyway.
    """

    predict_indices: Callable[[Indices], NDArray[np.float64]]
    assemble: Callable[[], Classifier]
    parameters: int
    trainable_parameters: int
    history: History = field(default_factory=History)
    notes: tuple[str, ...] = ()
    search: Search | None = None
    phases: tuple[Phase, ...] = ()
    held_out: HeldOut | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class TrainingPart:
    """Say which images a recipe may learn from.

    Attributes:
        train: indices of the images (m,).
        groups: group of every image of the set (n,); one group never stands on both sides
            of an inner split.
        watched: indices of images that training curves show, and that decide nothing.
        seed: of everything random in the fit.
        folder: where a search keeps what it has tried, so that it goes on after it was killed;
            None keeps it in memory.
    """

    train: Indices
    groups: NDArray[np.int64]
    watched: Indices | None = None
    seed: int = 0
    folder: Path | None = None
