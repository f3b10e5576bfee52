"""A classifier on EfficientNet-Lite0 at 64 pixels, which runs in milliseconds."""

import numpy as np

from peu.backbones.head import Layers
from peu.backbones.onnx_features import onnx_features
from peu.images.dataset import ImageDataset
from peu.images.metadata import short_hash
from peu.models.novelty import Novelty, unit_length
from peu.models.prediction_sets import PredictionSets
from peu.models.predictor import Predictor
from peu.models.trust import Trust
from small_set import CLASSES

SIDE = 64


def centroid_model(dataset: ImageDataset, *, trusted: bool = False) -> Predictor:
    """A nearest-centroid classifier of the drawings; it has learnt from every second one.

    Args:
        dataset: of the drawings.
        trusted: it also makes prediction sets, and tells what is none of the classes.
    """
    extractor = onnx_features("efficientnet-lite0", SIDE)
    learnt = dataset[::2]
    features = extractor([learnt.read(at) for at in range(len(learnt))])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    assert learnt.labels is not None
    weights = 20 * np.stack([features[learnt.labels == k].mean(axis=0) for k in range(4)], axis=1)
    layers = Layers(((weights, np.zeros(4)),), unit_length=True)
    trust = Trust()
    if trusted:
        known = unit_length(features).astype(np.float16)
        novelty = Novelty(
            known=known, others=known[:0], threshold=0.3, false_refusals=0.05, auroc=0.9
        )
        trust = Trust(None, PredictionSets(np.linspace(0, 0.9, 30), 30), novelty)
    return Predictor(
        model=extractor.classifier(layers, CLASSES),
        class_names=CLASSES,
        resize_mode="stretch",
        recipe={"kind": "transfer", "name": "transfer"},
        provenance={
            "dataset": "photos",
            "images": len(learnt),
            "image_hashes": [short_hash(each) for each in learnt.hashes],
        },
        trust=trust,
    )
