"""A classifier on EfficientNet-Lite0 at 64 pixels, which runs in milliseconds."""

from pathlib import Path

import numpy as np
import pytest

from peu.backbones.head import Layers
from peu.backbones.onnx_features import onnx_features
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.metadata import short_hash
from peu.models.predictor import Predictor
from small_set import CLASSES, drawn_images

SIDE = 64


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_images(tmp_path_factory)


@pytest.fixture(scope="session")
def dataset(photos: Path) -> ImageDataset:
    return load_images(photos)


@pytest.fixture(scope="session")
def predictor(dataset: ImageDataset) -> Predictor:
    """A nearest-centroid classifier of the drawings; it has learnt from every second one."""
    extractor = onnx_features("efficientnet-lite0", SIDE)
    learnt = dataset[::2]
    features = extractor([learnt.read(at) for at in range(len(learnt))])
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    assert learnt.labels is not None
    weights = 20 * np.stack([features[learnt.labels == k].mean(axis=0) for k in range(4)], axis=1)
    layers = Layers(((weights, np.zeros(4)),), unit_length=True)
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
    )
