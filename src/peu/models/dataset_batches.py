"""Predictions for a whole dataset, read in batches through its cache."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from peu.images.dataset import ImageDataset
from peu.models.ensemble import EnsembleModel
from peu.models.onnx_model import OnnxModel
from peu.progress import report

if TYPE_CHECKING:
    from peu.models.predictor import Predictor

_BATCH = 32


def dataset_probabilities(predictor: "Predictor", images: ImageDataset) -> NDArray[np.float64]:
    """Probabilities (n, k) of a predictor's model, not calibrated."""
    model = predictor.model
    if isinstance(model, EnsembleModel):
        return model.combination.combine([member.predict_proba(images) for member in model.members])
    rows = [np.zeros((0, len(predictor.class_names)))]
    for start in range(0, len(images), _BATCH):
        report("Predicting", start, len(images))
        batch = images[start : start + _BATCH]
        if isinstance(model, OnnxModel):
            found = batch.read_all(shorter=predictor.shorter_side)
            rows.append(model.predict_images(found))
        else:
            pixels = batch.pixels(predictor.image_size, predictor.resize_mode)
            rows.append(model.predict_proba(pixels))
    report("Predicting", len(images), max(len(images), 1))
    return np.concatenate(rows)
