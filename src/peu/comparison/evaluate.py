"""A finished classifier on labelled images, and whether it has seen them before."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peu.classifiers.labels import labels_of
from peu.errors import DataError
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.images.dataset import ImageDataset
from peu.models.classifier import Classifier
from peu.models.ensemble import EnsembleModel
from peu.models.marks import image_mark
from peu.progress import report

_BATCH = 32


@dataclass(frozen=True, eq=False)
class ClassifierEvaluation:
    """Hold the figures of a classifier on an image set.

    Attributes:
        evaluation: the figures.
        seen: how many of the images the classifier was trained on; its figures flatter it by
            them.
    """

    evaluation: Evaluation
    seen: int


def evaluate(
    classifier: Classifier,
    dataset: ImageDataset,
) -> ClassifierEvaluation:
    """Measure a classifier on labelled images.

    Args:
        classifier: any.
        dataset: labelled images; its classes must be among the classifier's.

    Returns:
        The figures, and how many of the images it had learnt from.

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
    probabilities = _answer(classifier, dataset)
    learnt = set(classifier.provenance.get("image_marks", ()))
    return ClassifierEvaluation(
        evaluate_predictions(places[labels], probabilities, classifier.class_names),
        sum(image_mark(facts.sha256) in learnt for facts in dataset.facts),
    )


def _answer(classifier: Classifier, dataset: ImageDataset) -> NDArray[np.float64]:
    model = classifier.model
    if isinstance(model, EnsembleModel):
        # Each member has its own size, and the cache has the images in it.
        return model.combination.combine([_answer(member, dataset) for member in model.members])
    rows = []
    done = 0
    for pixels in dataset.batches(classifier.image_size, classifier.resize_mode, _BATCH):
        report("Recognising", done, len(dataset))
        rows.append(model.predict_proba(pixels))
        done += len(pixels)
    report("Recognising", done, len(dataset))
    return np.concatenate(rows)
