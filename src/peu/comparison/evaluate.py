"""A saved classifier on labelled images, and whether it has seen them before."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from peu.classifiers.base import ImageClassifier
from peu.errors import DataError
from peu.evaluation.image_intervals import ImageSample, share_interval
from peu.evaluation.metrics import Evaluation, evaluate_predictions
from peu.evaluation.uncertainty import Interval
from peu.images.dataset import ImageDataset
from peu.images.metadata import short_hash
from peu.models.predictor import Predictor


@dataclass(frozen=True, eq=False)
class ClassifierEvaluation:
    """Metrics of a classifier on an image set.

    Attributes:
        evaluation: the metrics.
        accuracy: share of images that are right, and its interval for new images like these;
            near-duplicates count as one.
        seen: number of images that the classifier was trained on; they make its metrics too
            optimistic.
    """

    evaluation: Evaluation
    accuracy: Interval
    seen: int

    def to_dict(self) -> dict[str, Any]:
        """The figures as JSON values."""
        return {
            **self.evaluation.to_dict(),
            "accuracy_interval": asdict(self.accuracy),
            "seen_in_training": self.seen,
        }


def evaluate(classifier: Predictor | ImageClassifier, images: ImageDataset) -> ClassifierEvaluation:
    """Measure a classifier on labelled images.

    Args:
        classifier: a loaded predictor, or a fitted recipe.
        images: labelled; their classes must be among the classifier's.

    Returns:
        The metrics, and how many of the images it was trained on.

    Raises:
        DataError: a class that the classifier does not know, or no labels.
    """
    predictor = classifier.predictor() if isinstance(classifier, ImageClassifier) else classifier
    unknown = sorted(set(images.y) - set(predictor.class_names))
    if unknown:
        raise DataError(
            f"`{images.name}` must have classes that the model knows: "
            f"{', '.join(predictor.class_names)}. Received also: {', '.join(unknown[:3])}. "
            "Rename the folders, or train a model with these classes."
        )
    labels = np.array([predictor.class_names.index(name) for name in images.y], np.int64)
    trained_on = set(predictor.provenance.get("image_hashes", ()))
    found = evaluate_predictions(labels, predictor.predict_proba(images), predictor.class_names)
    sample = ImageSample(classes=labels, groups=images.groups, test_train_ratio=0)
    return ClassifierEvaluation(
        found,
        share_interval(found.correct, sample),
        sum(short_hash(each) in trained_on for each in images.hashes),
    )
