"""A finished classifier on labelled pictures, and whether it has seen them before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.data.dataset import ImageDataset
from peu.errors import DataError
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.fitted.classifier import Classifier
from peu.fitted.ensemble import EnsembleModel
from peu.fitted.marks import picture_mark
from peu.progress import Progress, silent
from peu.strategies.labels import labels_of

_BATCH = 32


@dataclass(frozen=True, eq=False)
class ClassifierEvaluation:
    """Hold the figures of a classifier on a picture set.

    Attributes:
        evaluation: the figures.
        seen: how many of the pictures the classifier was trained on; its figures flatter it by
            them.
    """

    evaluation: Evaluation
    seen: int


def evaluate(
    classifier: Classifier, dataset: ImageDataset, *, progress: Progress = silent
) -> ClassifierEvaluation:
    """Measure a classifier on labelled pictures.

    Args:
        classifier: any.
        dataset: labelled pictures; its classes must be among the classifier's.
        progress: told of every batch.

    Returns:
        The figures, and how many of the pictures it had learnt from.

    Raises:
        DataError: a class that the classifier does not know, or no labels.
    """
    labels = labels_of(dataset)
    unknown = [name for name in dataset.class_names if name not in classifier.class_names]
    if unknown:
        raise DataError(
            f"`{dataset.name}` must have classes that the model knows: "
            f"{', '.join(classifier.class_names)}. Received also: {', '.join(unknown[:3])}. "
            "Rename the folders, or train a model with these classes."
        )
    places = np.array([classifier.class_names.index(name) for name in dataset.class_names])
    probabilities = _answer(classifier, dataset, progress)
    learnt = set(classifier.provenance.get("picture_marks", ()))
    return ClassifierEvaluation(
        evaluate_predictions(places[labels], probabilities, classifier.class_names),
        sum(picture_mark(facts.sha256) in learnt for facts in dataset.facts),
    )


def _answer(
    classifier: Classifier, dataset: ImageDataset, progress: Progress
) -> NDArray[np.float64]:
    model = classifier.model
    if isinstance(model, EnsembleModel):
        # Each member has its own size, and the cache has the pictures in it.
        return model.combination.combine(
            [_answer(member, dataset, progress) for member in model.members]
        )
    rows = []
    done = 0
    indices = np.arange(len(dataset))
    for pixels in dataset.batches(indices, classifier.image_size, classifier.fit, _BATCH):
        progress("Recognising", done, len(dataset))
        rows.append(model.predict_proba(pixels))
        done += len(pixels)
    progress("Recognising", done, len(dataset))
    return np.concatenate(rows)
