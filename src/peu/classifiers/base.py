"""What all recipes share: a scikit-learn classifier whose input is images."""

import contextlib
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from sklearn.base import ClassifierMixin
from sklearn.exceptions import NotFittedError

from peu.classifiers.training_set import HeldOut, TrainingSet, check_training_set
from peu.estimator import Estimator
from peu.images.conversion import as_images
from peu.images.dataset import ImageDataset
from peu.images.metadata import short_hash
from peu.images.resizing import ResizeMode
from peu.images.workers import small_products
from peu.models.predictor import Predictor
from peu.models.probability_model import ProbabilityModel
from peu.networks.history import History
from peu.seeds import child_seed
from peu.settings import settings, settings_to_dict
from peu.version import __version__

FloatArray = NDArray[np.float64]
Name = Annotated[
    str,
    Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._+ -]{0,59}$",
        description="Name in tables: up to 60 letters, digits, spaces or ._+-",
    ),
]


@settings()
class ImageClassifier(ClassifierMixin, Estimator):  # type: ignore[misc]
    """Base class of recipes: settings in the constructor, `fit` learns from images.

    A recipe implements `_fit(data)`, which sets `model_`, and declares its settings as fields.

    Attributes:
        usual_seconds: what fitting on some hundred images takes, roughly: cheap recipes run first.
        most_images: that it can learn from; None is any number.
        minutes_from: number of images beyond which its time, which grows with their square, shows.
        classes_: the k classes, sorted; columns of `predict_proba` are in this order.
        model_: the fitted model, from pixels to probabilities.
        history_: figures of training, epoch by epoch; empty where there are no epochs.
        notes_: sentences about what was chosen, or went differently than asked.
        held_out_: predictions for training images on inner folds, where choosing made them.
        n_parameters_: numbers in the whole model.
        n_trainable_parameters_: those that were learnt.
    """

    kind: ClassVar[str] = ""
    usual_seconds: ClassVar[float] = 60.0
    most_images: ClassVar[int | None] = None
    minutes_from: ClassVar[int | None] = None

    name: Name = "classifier"
    seed: Annotated[int, Field(ge=0, description="Random seed.")] = 0

    @property
    def trains_network(self) -> bool:
        """Whether fitting trains a network, which takes long."""
        return False

    @property
    def saves_keras_network(self) -> bool:
        """Whether saving exports a Keras network, which needs the exporter."""
        return False

    def fit(
        self,
        images: Any,
        y: Any = None,
        *,
        groups: Any = None,
        validation: ImageDataset | None = None,
    ) -> Self:
        """Fit on images and their classes.

        Args:
            images: an `ImageDataset`; or a folder, or n paths, PIL images or uint8 arrays of
                shape (height, width[, 3]).
            y: n class names; taken from the dataset if None.
            groups: n group numbers; images of one group stay on one side of every inner split.
                None groups near-duplicates.
            validation: labelled images that training curves show, and that decide nothing.

        Returns:
            self.

        Raises:
            DataError: fewer than two classes, or labels missing.
            PeuError: what the recipe needs is not available, or training diverged.
        """
        data, classes = check_training_set(images, y, groups, validation)
        self.classes_ = classes
        self.history_ = History()
        self.notes_: tuple[str, ...] = ()
        self.held_out_: HeldOut | None = None
        with self._threads(), _labels_are_classes():
            self._fit(data)
        self.provenance_ = {
            "peu": __version__,
            "dataset": data.images.name,
            "fingerprint": data.images.fingerprint,
            "images": len(data),
            "image_hashes": sorted(short_hash(each) for each in data.images.hashes),
            "seed": self.seed,
            "parameters": self.n_parameters_,
            "trainable_parameters": self.n_trainable_parameters_,
            "notes": list(self.notes_),
            **self._details(),
        }
        return self

    def _fit(self, data: TrainingSet) -> None:
        raise NotImplementedError

    def _details(self) -> dict[str, Any]:
        """What else a saved model says of how it was fitted, as JSON."""
        return {}

    def predict_proba(self, images: Any) -> FloatArray:
        """Predict the probabilities of the classes.

        Args:
            images: what `fit` takes.

        Returns:
            (n, k), columns in the order of `classes_`, rows summing to 1.

        Raises:
            NotFittedError: before `fit`.
        """
        self._check_fitted()
        dataset = as_images(images)
        if len(dataset) == 0:
            return np.zeros((0, len(self.classes_)))
        with self._threads():
            return self._predict_proba(dataset)

    def _threads(self) -> contextlib.AbstractContextManager[None]:
        """How matrices are multiplied: those of few images are small; a network has its own way."""
        return contextlib.nullcontext() if self.trains_network else small_products()

    def _predict_proba(self, images: ImageDataset) -> FloatArray:
        return self.predictor().predict_proba(images)

    def predict(self, images: Any) -> NDArray[Any]:
        """Predict the class of each image, (n,)."""
        probabilities = self.predict_proba(images)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def score(self, images: Any, y: Any = None, sample_weight: Any = None) -> float:
        """Accuracy on images; their classes are taken from the dataset if `y` is None."""
        dataset = as_images(images)
        truth = dataset.y if y is None else y
        return float(super().score(dataset, truth, sample_weight))

    def predictor(self) -> Predictor:
        """The fitted model for use: predictions, heat maps, saving.

        Raises:
            NotFittedError: before `fit`.
        """
        self._check_fitted()
        return Predictor(
            model=self._model(),
            class_names=tuple(str(each) for each in self.classes_),
            resize_mode=self._resize_mode(),
            recipe=self.to_dict(),
            history=self.history_.metrics,
            provenance=self.provenance_,
        )

    def own_features(self, images: ImageDataset) -> NDArray[np.float32] | None:  # noqa: ARG002
        """Features (n, d) of images that the saved model gives too; None where it gives none."""
        return None

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Save the fitted model as a folder that `peu.load` reads.

        Raises:
            ResourceError: the folder exists, or the disk is full.
        """
        self.predictor().save(folder, overwrite=overwrite)

    def to_dict(self) -> dict[str, Any]:
        """The recipe as JSON: its kind and its settings."""
        return {"kind": self.kind, **settings_to_dict(self)}

    def _model(self) -> ProbabilityModel:
        model: ProbabilityModel = self.model_
        return model

    def _resize_mode(self) -> ResizeMode:
        mode: ResizeMode = getattr(self, "resize_mode", "stretch")
        return mode

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(
                f"This {type(self).__name__} is not fitted yet. Call `fit` before using it."
            )

    def __sklearn_is_fitted__(self) -> bool:
        # Set last: an interrupted fit leaves a recipe that is not fitted.
        return hasattr(self, "n_parameters_")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.one_d_array = True
        tags.input_tags.string = True
        return tags


@contextlib.contextmanager
def _labels_are_classes() -> Iterator[None]:
    """Silence scikit-learn's guess that many classes of few images each are measurements."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        yield


def predict_held_out(recipe: ImageClassifier, data: TrainingSet) -> HeldOut:
    """Predict for a part of the training images with a model fitted on the others.

    One inner fold is enough for what takes long: it holds out a third of the training images.

    Args:
        recipe: not changed.
        data: the training images.

    Returns:
        The predictions; none where a class has too few images to be on both sides.
    """
    first = next(iter(data.inner_folds(child_seed(recipe.seed, "inner folds"))), None)
    if first is None:
        return HeldOut(np.zeros(0, np.int64), np.zeros((0, data.class_count)))
    fit, judge = first
    inner = recipe.__sklearn_clone__()
    inner.seed = child_seed(recipe.seed, "held out")
    part = data.split(fit)
    names = np.array(data.class_names)[part.labels]
    inner.fit(part.images, names, groups=part.groups)
    return HeldOut(judge, inner.predict_proba(data.images[judge]))
