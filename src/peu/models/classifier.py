"""The fitted classifier: images in, labels and probabilities out."""

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from peu.errors import BundleError, DataError
from peu.images.decoding import decode_image, resize_image, to_rgb_image
from peu.models.bundle import read_manifest, write_bundle
from peu.models.ensemble import EnsembleModel
from peu.models.fisher import FisherMachine
from peu.models.kernel_machine import KernelMachine
from peu.networks.history import History
from peu.recipes.checks import ResizeMode, check_choice
from peu.recipes.registry import Recipe, recipe_from_dict, recipe_to_dict

ImageLike = str | Path | Image.Image | NDArray[Any]
KIND = "classifier"


class ProbabilityModel(Protocol):
    """What every fitted model does, whatever it is made of."""

    @property
    def file_name(self) -> str:
        """Name its file in a bundle."""

    @property
    def image_size(self) -> tuple[int, int]:
        """Give the (height, width) of the images that it takes."""

    @property
    def class_count(self) -> int:
        """Give how many classes it tells apart."""

    def predict_proba(self, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Give probabilities (n, k) for pixels (n, height, width, 3)."""

    def write(self, folder: Path) -> None:
        """Write it into a bundle's folder."""


@dataclass(frozen=True)
class Prediction:
    """Say what one image shows, and how sure that is.

    Attributes:
        label: the most probable class.
        probability: its probability, in [0, 1].
        probabilities: of every class.
    """

    label: str
    probability: float
    probabilities: dict[str, float]


@dataclass(frozen=True, eq=False, kw_only=True)
class Classifier:
    """Recognise images with a fitted model.

    Attributes:
        model: what computes probabilities from pixels.
        class_names: names of the classes, in the model's order.
        resize_mode: how images of another shape are brought to the model's size.
        recipe: what it was learnt by.
        history: the figures of its training.
        provenance: where it comes from: data fingerprint, seed, versions.

    Example:
        >>> classifier = Classifier.load("model/")  # doctest: +SKIP
        >>> classifier.predict("test.jpg")[0].label  # doctest: +SKIP
        'anchor'
    """

    model: ProbabilityModel
    class_names: tuple[str, ...]
    resize_mode: ResizeMode
    recipe: Recipe
    history: History = field(default_factory=History)
    provenance: dict[str, Any] = field(default_factory=dict)

    @property
    def image_size(self) -> tuple[int, int]:
        """Give the (height, width) in pixels that images are brought to."""
        return self.model.image_size

    def pixels(self, images: ImageLike | Iterable[ImageLike]) -> NDArray[np.uint8]:
        """Bring images to the form that the model takes.

        Args:
            images: paths, PIL images or arrays (height, width[, channels]), one or many.

        Returns:
            (n, height, width, 3) in [0, 255].

        Raises:
            DataError: an image cannot be used; the message names it.
        """
        return self._bring_to_size(_open_all(images))

    def _bring_to_size(self, images: Sequence[Image.Image]) -> NDArray[np.uint8]:
        rows = [resize_image(image, self.image_size, self.resize_mode) for image in images]
        if not rows:
            return np.zeros((0, *self.image_size, 3), np.uint8)
        return np.stack(rows)

    def predict_proba(self, images: ImageLike | Iterable[ImageLike]) -> NDArray[np.float64]:
        """Give the probabilities of the classes.

        Args:
            images: paths, PIL images or arrays, one or many.

        Returns:
            (n, k), in the order of `class_names`, rows summing to 1.

        Raises:
            DataError: an image cannot be used; the message names it.
        """
        return self.predict_images(_open_all(images))

    def predict_images(self, images: Sequence[Image.Image]) -> NDArray[np.float64]:
        """Give the probabilities of the classes (n, k) for upright RGB images of any size."""
        if isinstance(self.model, EnsembleModel):
            return self.model.predict_images(images)
        return self.model.predict_proba(self._bring_to_size(images))

    def view(self, image: ImageLike) -> NDArray[np.uint8]:
        """Give an image as explanations cover it.

        Args:
            image: a path, a PIL image or an array.

        Returns:
            (height, width, 3) in [0, 255]: what the model takes; for an ensemble, whose members
            take different things, the whole image in its own proportions.

        Raises:
            DataError: the image cannot be used.
        """
        if not isinstance(self.model, EnsembleModel):
            return np.asarray(self.pixels(image)[0])
        image = _open_all(image)[0]
        longest = max(self.image_size)
        scale = min(1.0, longest / max(image.size))
        width, height = (max(1, round(side * scale)) for side in image.size)
        return resize_image(image, (height, width), "stretch")

    def predict(self, images: ImageLike | Iterable[ImageLike]) -> tuple[Prediction, ...]:
        """Recognise images.

        Args:
            images: paths, PIL images or arrays, one or many.

        Returns:
            One prediction an image, in order.

        Raises:
            DataError: an image cannot be used; the message names it.
        """
        return tuple(
            describe_prediction(row, self.class_names) for row in self.predict_proba(images)
        )

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
            "recipe": recipe_to_dict(self.recipe),
            "history": dataclasses.asdict(self.history),
            "provenance": self.provenance,
        }
        write_bundle(Path(folder), manifest, self.model.write, overwrite=overwrite)

    @classmethod
    def load(cls, folder: str | Path) -> "Classifier":
        """Load a bundle once its hashes, its format and its shapes hold.

        Raises:
            BundleError: no bundle, damaged, foreign or inconsistent.
        """
        place = Path(folder)
        manifest = read_manifest(place, KIND)
        try:
            classifier = cls(
                model=_read_model(place, manifest),
                class_names=_read_class_names(manifest["class_names"]),
                resize_mode=_read_resize_mode(manifest["resize_mode"]),
                recipe=recipe_from_dict(manifest["recipe"]),
                history=_read_history(manifest["history"]),
                provenance=dict(manifest["provenance"]),
            )
            image_size = tuple(manifest["image_size"])
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BundleError(
                f"The manifest of `{place}` must be complete. It is not: {error}. "
                "Train and save the model again."
            ) from error
        shapes = (classifier.image_size, classifier.model.class_count)
        if shapes != (image_size, len(classifier.class_names)):
            raise BundleError(
                f"`{place}` must hold a model for {image_size} pixels and "
                f"{len(classifier.class_names)} classes, as its manifest says. Received: "
                f"{shapes[0]} and {shapes[1]}. Train and save the model again."
            )
        return classifier


def describe_prediction(row: NDArray[np.float64], class_names: Sequence[str]) -> Prediction:
    """Name the most probable class of one row of probabilities."""
    best = int(np.argmax(row))
    named = {name: float(value) for name, value in zip(class_names, row, strict=True)}
    return Prediction(class_names[best], float(row[best]), named)


def _read_model(folder: Path, manifest: dict[str, Any]) -> ProbabilityModel:
    file_name = manifest["model"]
    if file_name not in manifest["files"]:
        raise BundleError(
            f"The manifest of `{folder}` must vouch for the model that it names. It has no hash of "
            f"{file_name!r}. Train and save the model again."
        )
    if file_name == KernelMachine.file_name:
        return KernelMachine.read(folder)
    if file_name == FisherMachine.file_name:
        return FisherMachine.read(folder)
    if file_name == EnsembleModel.file_name:
        return EnsembleModel.read(folder, Classifier.load)
    # Starting Keras takes seconds that a kernel machine need not wait.
    from peu.models.network import NetworkModel

    if file_name != NetworkModel.file_name:
        raise BundleError(
            f"The manifest of `{folder}` must name {KernelMachine.file_name}, "
            f"{FisherMachine.file_name}, {NetworkModel.file_name} or {EnsembleModel.file_name}. "
            f"Received: {file_name!r}. Update peu, or train again."
        )
    return NetworkModel.read(folder)


def _read_class_names(stored: Any) -> tuple[str, ...]:
    good = isinstance(stored, list) and all(isinstance(name, str) and name for name in stored)
    if not good or len(set(stored)) != len(stored):
        raise ValueError(f"`class_names` must be different names, not {stored!r}")
    return tuple(stored)


def _read_resize_mode(stored: Any) -> ResizeMode:
    check_choice("resize_mode", stored, ResizeMode)
    resize_mode: ResizeMode = stored
    return resize_mode


def _read_history(stored: dict[str, Any]) -> History:
    metrics = {name: tuple(values) for name, values in stored["metrics"].items()}
    return History(metrics, float(stored["seconds"]), tuple(stored["notes"]))


def _listed(images: ImageLike | Iterable[ImageLike]) -> list[ImageLike]:
    if isinstance(images, (str, Path, Image.Image)):
        return [images]
    if isinstance(images, np.ndarray) and images.ndim in (2, 3):
        return [images]
    return list(images)


def _open_all(images: ImageLike | Iterable[ImageLike]) -> list[Image.Image]:
    return [_open(image, number) for number, image in enumerate(_listed(images), start=1)]


def _open(image: ImageLike, number: int) -> Image.Image:
    try:
        if isinstance(image, (str, Path)):
            return decode_image(Path(image)).image
        return to_rgb_image(image)
    except DataError as error:
        name = f"`{image}`" if isinstance(image, (str, Path)) else f"Image {number}"
        raise DataError(f"{name} must be an image: {error}") from error
