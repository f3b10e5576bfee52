"""Two small classifiers of horizontal and vertical stripes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.classifiers.hog import HogSVM
from peu.classifiers.small_cnn import SmallCNN
from peu.models.hog_features import gradient_histograms
from peu.models.kernel_machine import KernelMachine
from peu.models.predictor import Predictor
from peu.networks.backend import keras
from peu.networks.fit import fit_network
from peu.networks.network_model import NetworkModel
from peu.networks.small_cnn import small_cnn
from peu.networks.training_settings import TrainingSettings
from small_set import drawn_images

SIZE = 32
CLASSES = ("lying", "standing")
MakeMachine = Callable[..., tuple[Any, KernelMachine]]
Toy = tuple[NDArray[np.uint8], NDArray[np.int64]]


def on_the_right(number: int) -> bool:
    """Whether the toy image of this number has its stripes in the right half."""
    return number % 4 >= 2


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return drawn_images(tmp_path_factory)


@pytest.fixture(scope="session")
def toy() -> Toy:
    """Draw twenty images a class: stripes that lie or stand, in the left or the right half."""
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 2
    pixels = np.zeros((40, SIZE, SIZE, 3), np.uint8)
    for number, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        image[:] = rng.integers(90, 160)
        top, left = rng.integers(2, 20), rng.integers(1, 5) + SIZE // 2 * on_the_right(number)
        patch = image[top : top + 10, left : left + 10]
        patch[:] = 250
        patch.swapaxes(0, label)[::4] = 0
        patch.swapaxes(0, label)[1::4] = 0
    return pixels, labels


@pytest.fixture(scope="session")
def make_machine() -> MakeMachine:
    """Fit scikit-learn's machine on descriptors, and hold what it learnt in peu's own."""
    from sklearn.svm import SVC

    def make(
        features: NDArray[np.float64], labels: NDArray[np.int64], kernel: str = "rbf"
    ) -> tuple[Any, KernelMachine]:
        gamma = 0.5 / features.shape[1]
        fitted = SVC(C=10, kernel=kernel, gamma=gamma, decision_function_shape="ovr")
        fitted.fit(features, labels)
        sign = -1.0 if len(fitted.classes_) == 2 else 1.0
        machine = KernelMachine(
            support_vectors=fitted.support_vectors_,
            coefficients=sign * fitted.dual_coef_,
            intercepts=sign * fitted.intercept_,
            support_counts=fitted.n_support_.astype(np.int64),
            gamma=gamma if kernel == "rbf" else 0.0,
            temperature=0.25,
            centre=np.zeros(features.shape[1]),
            scale=np.ones(features.shape[1]),
            orientations=9,
            cell_size=8,
            block_size=2,
            with_colour=False,
            height=SIZE,
            width=SIZE,
        )
        return fitted, machine

    return make


@pytest.fixture(scope="session")
def kernel_classifier(toy: Toy, make_machine: MakeMachine) -> Predictor:
    features = gradient_histograms(toy[0], orientations=9, cell_size=8, block_size=2)
    return Predictor(
        model=make_machine(features, toy[1])[1],
        class_names=CLASSES,
        resize_mode="stretch",
        recipe=HogSVM(image_size=(SIZE, SIZE), colour="never").to_dict(),
        provenance={"seed": 0, "dataset": "toy"},
    )


@pytest.fixture(scope="session")
def network_classifier(toy: Toy) -> Predictor:
    training = TrainingSettings(epochs=15, batch_size=8, learning_rate=0.01)
    recipe = SmallCNN(image_size=(SIZE, SIZE), filters=(4, 8), dense_units=16, training=training)
    network = small_cnn(
        recipe.image_size,
        2,
        filters=recipe.filters,
        kernel_size=3,
        pool_size=3,
        pool_strides=2,
        dense_units=recipe.dense_units,
        seed=0,
    )
    history = fit_network(network, *toy, training, seed=0)
    assert history.metrics["accuracy"][-1] == 1
    return Predictor(
        model=NetworkModel(network),
        class_names=CLASSES,
        resize_mode="pad",
        recipe=recipe.to_dict(),
        history=history.metrics,
        provenance={"notes": ["a note"]},
    )


@pytest.fixture(params=["kernel", "network"])
def classifier(
    request: pytest.FixtureRequest, kernel_classifier: Predictor, network_classifier: Predictor
) -> Predictor:
    return kernel_classifier if request.param == "kernel" else network_classifier


@pytest.fixture
def saved(kernel_classifier: Predictor, tmp_path: Path) -> Path:
    """A saved kernel machine, which loads fast."""
    folder = tmp_path / "model"
    kernel_classifier.save(folder)
    return folder


@pytest.fixture(scope="session")
def transfer_network(toy: Toy) -> Callable[..., Any]:
    """Build a classifier on a backbone file, put together as in transfer learning."""
    from peu.networks.backbone_sources import find_backbone
    from peu.networks.backbones import feature_network, load_backbone
    from peu.networks.heads import class_probabilities

    def build(path: Path, *, pooled: bool) -> Any:
        inputs = keras.Input((SIZE, SIZE, 3))
        drawn = keras.initializers.GlorotUniform(seed=0)
        x = keras.layers.Conv2D(8, 3, strides=2, activation="relu", kernel_initializer=drawn)(
            inputs
        )
        if pooled:
            x = keras.layers.AveragePooling2D((15, 7))(x)
            x = keras.layers.Flatten()(x)
        keras.Model(inputs, x).save(path)
        source = find_backbone(str(path), "imagenet", "tf")
        features = feature_network(load_backbone(source, None), "tf", "flatten", (SIZE, SIZE))
        outputs = class_probabilities(features.output, 2, seed=0)
        network = keras.Model(features.input, outputs)
        fit_network(network, *toy, TrainingSettings(epochs=15, batch_size=8), seed=0)
        return network

    return build
