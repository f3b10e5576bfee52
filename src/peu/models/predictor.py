"""A saved model in use: images in, labels and probabilities out."""

import html
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import BundleError, DataError
from peu.images.resizing import ResizeMode, resize_image
from peu.models.bundle import write_bundle
from peu.models.heatmap import Heatmap, explain_pixels
from peu.models.image_inputs import ImageLike, Images, opened
from peu.models.onnx_model import OnnxModel
from peu.models.prediction import Prediction, named_predictions
from peu.models.probability_model import PreparesImages, ProbabilityModel
from peu.models.trust import FILE_NAME as TRUST_FILE
from peu.models.trust import Trust

KIND = "classifier"
_BATCH = 32


@dataclass(frozen=True, eq=False, kw_only=True, repr=False)
class Predictor:
    """Predict the classes of images with a fitted model.

    It needs neither scikit-learn nor Keras, so that it starts fast.

    Attributes:
        model: computes probabilities from pixels.
        class_names: in the model's order.
        resize_mode: how images of another shape are brought to the model's size.
        recipe: the settings that the model was trained with, as JSON.
        history: figures of its training, epoch by epoch.
        provenance: data fingerprint, image hashes, seed, versions.
        trust: calibration, prediction sets and 'none of these', where it has them.
        coverage: share of images whose prediction set should hold the true label; None makes
            no sets.

    Example:
        >>> import peu  # doctest: +SKIP
        >>> peu.load("model/").predict("test.jpg")[0].label  # doctest: +SKIP
        'anchor'
    """

    model: ProbabilityModel
    class_names: tuple[str, ...]
    resize_mode: ResizeMode
    recipe: dict[str, Any]
    history: dict[str, tuple[float, ...]] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    trust: Trust = field(default_factory=Trust)
    coverage: float | None = None

    def __repr__(self) -> str:
        classes = ", ".join(self.class_names[:5]) + (", ..." if len(self.class_names) > 5 else "")
        return f"Predictor({self.recipe.get('kind')}, {len(self.class_names)} classes: {classes})"

    def _repr_html_(self) -> str:
        """Table of what the model is, for notebooks."""
        height, width = self.image_size
        rows = {
            "recipe": self.recipe.get("name", self.recipe.get("kind")),
            "classes": ", ".join(self.class_names[:20]),
            "image size": f"{height} x {width}, {self.resize_mode}",
            "trained on": f"{self.provenance.get('images', '?')} images",
        }
        cells = "".join(
            f"<tr><th>{name}</th><td>{html.escape(str(value))}</td></tr>"
            for name, value in rows.items()
        )
        return f"<table>{cells}</table>"

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) in pixels that images are resized to."""
        return self.model.image_size

    def pixels(self, images: Images) -> NDArray[np.uint8]:
        """Resize images to the model's input size.

        Args:
            images: a dataset, a folder, or paths, PIL images or arrays (height, width[,
                channels]), one or many.

        Returns:
            (n, height, width, 3) in [0, 255].

        Raises:
            DataError: an image cannot be used; the message names it.
        """
        rows = [resize_image(image, self.image_size, self.resize_mode) for image in opened(images)]
        return np.stack(rows) if rows else np.zeros((0, *self.image_size, 3), np.uint8)

    @property
    def shorter_side(self) -> int | None:
        """What the shorter side of an image is resized to, where that is all that is seen of it."""
        return self.image_size[0] if isinstance(self.model, OnnxModel) else None

    @property
    def one_by_one(self) -> bool:
        """Whether images are predicted one at a time, an image a core: batches are no faster."""
        return isinstance(self.model, OnnxModel) and self.model.one_by_one

    def asked(self, *, coverage: float | None = None, accept_all: bool = False) -> "Predictor":
        """The same predictor, asked for more or for less.

        Args:
            coverage: make prediction sets that hold the true label for this share of images.
            accept_all: do not ask whether an image is none of the classes.

        Raises:
            DataError: the model learnt from too few images for this coverage.
        """
        if coverage is not None:
            self.trust.check_coverage(coverage)
        trust = replace(self.trust, novelty=None) if accept_all else self.trust
        return replace(self, coverage=coverage, trust=trust)

    def prepare(self, image: Image.Image) -> Any:
        """Resize an image for `predict_prepared`; threads may call this side by side.

        Args:
            image: upright, mode RGB.
        """
        own, extractor = self._prepare(image), self.trust.extractor
        return own if extractor is None else (own, extractor.prepare(image))

    def _prepare(self, image: Image.Image) -> Any:
        if isinstance(self.model, PreparesImages):
            return self.model.prepare(image)
        return resize_image(image, self.image_size, self.resize_mode)

    def predict_prepared(self, prepared: Sequence[Any]) -> tuple[Prediction, ...]:
        """Predict the class of each image that `prepare` gave, in order."""
        if not prepared:
            return ()
        novelty, extractor, features = self.trust.novelty, self.trust.extractor, None
        if extractor is not None:
            features = extractor.features([each for _, each in prepared])
            found = self.prepared_proba([own for own, _ in prepared])
        elif novelty is not None and isinstance(self.model, OnnxModel):
            found, features = self.model.predict_with_features(prepared)
            found = _finite(found)
        else:
            found = self.prepared_proba(prepared)
        probabilities = self.trust.calibrated(found)
        refused = sets = None
        if novelty is not None and features is not None:
            refused = novelty.refuses(features)
        if self.coverage is not None and self.trust.sets is not None:
            sets = self.trust.sets(probabilities, self.coverage)
        return tuple(named_predictions(self.class_names, probabilities, refused, sets))

    def most_alike(self, prepared: Any, count: int = 3) -> tuple[int, ...]:
        """Find the training images most like an image, by the features of 'none of these'.

        Args:
            prepared: an image, as `prepare` gave it.
            count: how many.

        Returns:
            Their places among `trust.novelty.known`, the most alike first; none where the model
            keeps no training images.
        """
        novelty, extractor = self.trust.novelty, self.trust.extractor
        if novelty is None:
            return ()
        if extractor is not None:
            features = extractor.features([prepared[1]])
        elif isinstance(self.model, OnnxModel):
            features = self.model.predict_with_features([prepared])[1]
        else:
            return ()
        alike = novelty.known.astype(np.float32) @ features[0]
        return tuple(int(each) for each in np.argsort(-alike)[:count])

    def prepared_proba(self, prepared: Sequence[Any]) -> NDArray[np.float64]:
        """Probabilities (n, k) of the model itself, not calibrated, for images as it takes them."""
        if not prepared:
            return np.zeros((0, len(self.class_names)))
        if isinstance(self.model, PreparesImages):
            return _finite(self.model.predict_prepared(prepared))
        return _finite(self.model.predict_proba(np.stack(prepared)))

    def predict_proba(self, images: Images) -> NDArray[np.float64]:
        """Predict the probabilities of the classes, calibrated where the model is.

        Args:
            images: as `pixels` takes them. A dataset is read in batches, through its cache.

        Returns:
            (n, k), in the order of `class_names`, rows summing to 1.

        Raises:
            DataError: an image cannot be used; the message names it.
            BundleError: the model answers with what is no number.
        """
        from peu.images.dataset import ImageDataset

        if isinstance(images, ImageDataset):
            from peu.models.dataset_batches import dataset_probabilities

            return self.trust.calibrated(_finite(dataset_probabilities(self, images)))
        found = opened(images, shorter=self.shorter_side)
        prepared = [self._prepare(image) for image in found]
        return self.trust.calibrated(self.for_number(len(prepared)).prepared_proba(prepared))

    def for_number(self, images: int) -> "Predictor":
        """The same predictor, with all cores on the one image where it is only one."""
        if images == 1 and isinstance(self.model, OnnxModel):
            return replace(self, model=self.model.for_one_image)
        return self

    def predict(
        self, images: Images, *, coverage: float | None = None, accept_all: bool = False
    ) -> tuple[Prediction, ...]:
        """Predict the class of each image, and whether it is any of them.

        Args:
            images: as `pixels` takes them.
            coverage: as `asked` takes it.
            accept_all: as `asked` takes it.

        Returns:
            One prediction an image, in order.

        Raises:
            DataError: an image cannot be used; the message names it. Or the model learnt from
                too few images for this coverage.
        """
        asked = self
        if coverage is not None or accept_all:
            asked = self.asked(coverage=coverage, accept_all=accept_all)
        predictions: list[Prediction] = []
        waiting = map(asked.prepare, opened(images, shorter=self.shorter_side))
        while batch := list(itertools.islice(waiting, _BATCH)):
            predictions += asked.for_number(len(batch)).predict_prepared(batch)
        return tuple(predictions)

    def view(self, image: ImageLike) -> NDArray[np.uint8]:
        """The image as `explain` covers it.

        Args:
            image: a path, a PIL image or an array.

        Returns:
            (height, width, 3) in [0, 255]: the model's input; for an ensemble, whose members
            have different inputs, the whole image in its own proportions.

        Raises:
            DataError: the image cannot be used.
        """
        from peu.models.ensemble import EnsembleModel

        if isinstance(self.model, OnnxModel):
            return self.model.prepare(next(iter(opened(image, shorter=self.shorter_side))))
        if not isinstance(self.model, EnsembleModel):
            return np.asarray(self.pixels(image)[0])
        whole = next(iter(opened(image)))
        scale = min(1.0, max(self.image_size) / max(whole.size))
        width, height = (max(1, round(side * scale)) for side in whole.size)
        return resize_image(whole, (height, width), "stretch")

    def explain(self, image: ImageLike, label: str | None = None) -> Heatmap:
        """Find the areas of an image behind a prediction.

        Args:
            image: a path, a PIL image or an array.
            label: the class to explain; None explains the predicted one.

        Returns:
            A coarse heat map over `view(image)`.

        Raises:
            DataError: the image cannot be used, or no such class.
        """
        if label is not None and label not in self.class_names:
            raise DataError(
                f"`label` must be one of {', '.join(self.class_names[:10])}. Received: {label!r}. "
                "Use a class that the model knows."
            )
        if label is None:
            label = self.predict(image)[0].label
        return explain_pixels(self.model, self.view(image), self.class_names.index(label))

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Save as a bundle: a folder with a manifest and the model.

        Args:
            folder: must not exist, unless `overwrite` is set.
            overwrite: replace a bundle that is there.

        Raises:
            ResourceError: the folder exists, or the disk is full.
        """
        manifest = {
            "kind": KIND,
            "model": self.model.file_name,
            "class_names": list(self.class_names),
            "image_size": list(self.image_size),
            "resize_mode": self.resize_mode,
            "recipe": self.recipe,
            "history": {name: list(values) for name, values in self.history.items()},
            "provenance": self.provenance,
            "trust": TRUST_FILE if self.trust else None,
        }
        write_bundle(Path(folder), manifest, self._write, overwrite=overwrite)

    def _write(self, folder: Path) -> None:
        self.model.write(folder)
        if self.trust:
            self.trust.write(folder)


def _finite(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    if not np.isfinite(probabilities).all():
        raise BundleError(
            "A model must answer with finite probabilities. Received: NaN or infinity. Its "
            "weights are damaged or its training diverged: train it again."
        )
    return probabilities
