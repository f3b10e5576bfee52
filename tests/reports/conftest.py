"""A comparison with everything that a report must bear: odd names, no figure, no image."""

import numpy as np
import pytest
from PIL import Image

from peu.classifiers.base import ImageClassifier
from peu.classifiers.hog import HogSVM
from peu.classifiers.small_cnn import SmallCNN
from peu.comparison.comparison import Comparison, Failure, RecipeSummary
from peu.comparison.explanations import Explanation
from peu.comparison.trial import Trial
from peu.evaluation.uncertainty import Interval, PairedDifference
from peu.images.dataset import ImageDataset
from peu.images.loading import load_images
from peu.images.splits import Split

CLASSES = ("a&b $x_1$", "<b>bold<b>", "アコーディオン")
NASTY = '<script>alert(1)<script>\n"\u202e.png'
FOLDS = 3


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> ImageDataset:
    """Return 18 images in three classes, one file that is none, and names from hell."""
    root = tmp_path_factory.mktemp("images") / "<i>set<i>"
    rng = np.random.default_rng(0)
    for place, name in enumerate(CLASSES):
        (root / name).mkdir(parents=True)
        for number in range(6):
            pixels = rng.integers(0, 256, (40 + 8 * place, 48, 3), dtype=np.uint8)
            file = NASTY if number == 0 and place == 0 else f"{number}.png"
            Image.fromarray(pixels).save(root / name / file, format="PNG")
    (root / CLASSES[0] / "<img src=x onerror=alert(1)>.jpg").write_bytes(b"")
    return load_images(root)


@pytest.fixture(scope="session")
def comparison(dataset: ImageDataset) -> Comparison:
    """Return two recipes on three folds, one that could not run, and a log loss without end."""
    assert dataset.labels is not None
    splits = tuple(
        Split(
            train=np.flatnonzero(np.arange(18) % FOLDS != fold),
            test=np.flatnonzero(np.arange(18) % FOLDS == fold),
            repeat=0,
            fold=fold,
            seed=fold,
        )
        for fold in range(FOLDS)
    )
    recipes: tuple[ImageClassifier, ...] = (HogSVM(), SmallCNN(resize_mode="pad"))
    trials = [
        trial
        for seed, recipe in enumerate(recipes)
        for trial in _trials(recipe, dataset, splits, seed)
    ]
    return Comparison(
        dataset=dataset,
        splits=splits,
        folds=FOLDS,
        repeats=1,
        seed=7,
        groups=np.array([0, 0, *range(2, 18)]),
        trials=tuple(trials),
        summaries=(
            _summary(HogSVM(), 0.8, 0, Interval(0.5, 0.25, 0.75)),
            _summary(
                SmallCNN(resize_mode="pad"), 0.5, 20090296, Interval(float("inf"), 0, float("inf"))
            ),
        ),
        paired=(
            PairedDifference("hog", "cnn", Interval(0.3, 0.1, 0.5), 0.01, True, 0.995, 0.2),
            PairedDifference("cnn", "other", Interval(-0.01, -0.1, 0.08), 0.7, False, 0.35, 0.12),
        ),
        failures=(Failure("transfer", "No <weights>: give a file."),),
        verdict="descriptors is best & that is all.",
        provenance={
            "command": "peu compare '<i>set<i>'",
            "peu": "0.1.0",
            "packages": {"numpy": "2.0"},
            "machine": "a & b, 2 cores",
            "seed": 7,
            "fingerprint": dataset.fingerprint,
        },
    )


def _trials(
    recipe: ImageClassifier, dataset: ImageDataset, splits: tuple[Split, ...], seed: int
) -> list[Trial]:
    assert dataset.labels is not None
    rng = np.random.default_rng(seed)
    trials = []
    for split in splits:
        labels = dataset.labels[split.test]
        scores = rng.uniform(0.1, 1, (len(labels), len(CLASSES)))
        scores[np.arange(len(labels)), labels] += 0.2
        heat = tuple(tuple(row) for row in rng.uniform(0, 1, (4, 4)).tolist())
        network = recipe.kind == "cnn"
        trials.append(
            Trial(
                recipe=recipe,
                split=split,
                labels=labels,
                probabilities=scores / scores.sum(axis=1, keepdims=True),
                class_names=dataset.class_names,
                seconds=0.25,
                parameters=20090296 if network else 0,
                trainable_parameters=20090296 if network else 0,
                history={
                    "loss": (1.5, 1.0, 0.5)[: 2 + split.fold % 2],
                    "accuracy": (0.3, 0.5, 0.7)[: 2 + split.fold % 2],
                    "val_loss": (1.6, 1.2),
                    "val_accuracy": (0.3, 0.4),
                }
                if network
                else {},
                explanations=tuple(
                    Explanation(int(index), heat, "Grad-CAM") for index in split.test if network
                ),
                notes=("stopped early",) if network else (),
            )
        )
    return trials


def _summary(
    recipe: ImageClassifier, accuracy: float, parameters: int, log_loss: Interval
) -> RecipeSummary:
    interval = Interval(accuracy, accuracy - 0.1, accuracy + 0.1)
    return RecipeSummary(
        name=recipe.name,
        recipe=recipe,
        metrics={
            "accuracy": interval,
            "balanced_accuracy": interval,
            "log_loss": log_loss,
            "brier": interval,
        },
        seconds_per_trial=0.25,
        parameters=parameters,
        trainable_parameters=parameters,
        seconds_per_image=0.0043 if parameters else None,
    )
