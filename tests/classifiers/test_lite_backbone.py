"""EfficientNet-Lite fine-tuned: it starts as `transfer` answers, and is saved as one graph."""

import numpy as np
import pytest

from peu.classifiers.finetune import FineTune
from peu.classifiers.lite_backbone import LiteBackbone, lite_backbone
from peu.classifiers.transfer import Transfer
from peu.images.dataset import ImageDataset
from peu.models.onnx_model import OnnxModel
from peu.networks.augmentation_settings import Augmentation
from peu.networks.heads import linear_head
from peu.networks.training_settings import TrainingSettings
from small_set import fit_half, halves

LITE0 = "efficientnet-lite0"
SIZE = (64, 64)
FAST = TrainingSettings(epochs=2, batch_size=8, learning_rate=1e-3)


@pytest.fixture(scope="module")
def fitted(dataset: ImageDataset) -> FineTune:
    recipe = FineTune(backbone=LITE0, image_size=SIZE, keep="always", training=FAST)
    return fit_half(recipe, dataset, validation=False)


@pytest.mark.parametrize("stages", [1, 2])
def test_before_any_fine_tuning_it_answers_as_transfer(dataset: ImageDataset, stages: int) -> None:
    frozen = fit_half(Transfer(backbone=LITE0, image_size=SIZE), dataset)
    expected = frozen.predict_proba(dataset)
    backbone = LiteBackbone(LITE0, SIZE[0], stages)
    head = linear_head(*frozen.head_.layers.dense[0])
    images = [dataset.read(at, shorter=SIZE[0]) for at in range(len(dataset))]
    # Images of several shapes side by side.
    images[0] = images[0].resize((200, 90))
    images[1] = images[1].resize((90, 200))
    expected[:2] = frozen.predict_proba(images[:2])
    tuning = backbone.finetuning(head)
    maps = backbone.maps(images)
    assert maps[0].size == backbone.map_size
    np.testing.assert_allclose(tuning.predict_maps(maps), expected, atol=1e-4)
    # As they are trained: in one array.
    together = np.asarray(tuning.from_maps(tuning.shaped(maps)))
    np.testing.assert_allclose(together, expected, atol=1e-4)
    square = dataset.pixels(SIZE, "stretch")
    found = tuning.from_pixels(Augmentation(policy="standard"), seed=0)(square, training=False)
    expected = frozen.predict_proba(list(square))
    np.testing.assert_allclose(np.asarray(found), expected, atol=1e-4)


def test_what_was_learnt_is_saved_as_one_graph(fitted: FineTune, dataset: ImageDataset) -> None:
    _, test = halves(dataset)
    expected = fitted.predict_proba(test)
    frozen = fit_half(Transfer(backbone=LITE0, image_size=SIZE), dataset).predict_proba(test)
    assert np.abs(expected - frozen).max() > 1e-3
    model = fitted.predictor().model
    assert isinstance(model, OnnxModel)
    images = [test.read(at, shorter=SIZE[0]) for at in range(len(test))]
    prepared = [model.prepare(image) for image in images]
    np.testing.assert_allclose(model.predict_prepared(prepared), expected, atol=1e-4)
    heat = model.class_activation(model.prepare(images[0]), int(expected[0].argmax()))
    assert heat is not None


def test_what_learns_is_named_and_counted(fitted: FineTune) -> None:
    assert fitted.phases_[-1].name == "head and block15_expand to top"
    head = 1281 * 4
    tail = 193 * 1152 + 10 * 1152 + 1153 * 320 + 321 * 1280
    assert fitted.n_trainable_parameters_ == head + tail
    assert lite_backbone(LITE0, SIZE[0], 1).identity != lite_backbone(LITE0, SIZE[0], 2).identity
    # The stem never learns, however many stages are asked for.
    assert LiteBackbone(LITE0, SIZE[0], 99).unfrozen.startswith("head and block0_depthwise")
