"""Section 1.7: a new image recognised, where that was seen, and what would raise doubt."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageFilter

from peu.classifiers.base import ImageClassifier
from peu.classifiers.hog import HogSVM
from peu.errors import DiskError, PeuError
from peu.images.decoding import decode_image
from peu.lab.backbone import pretrained
from peu.lab.context import LabContext
from peu.models.prediction import Prediction
from peu.reports.heat_map import overlay
from peu.reports.mosaics import mosaic
from peu.reports.thumbnails import thumbnail
from peu.seeds import child_seed

_STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
_UNSURE = 0.5
_SHOWN = 224
_SMALL = (96, 96)


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What section 1.7 found.

    Attributes:
        used: the pretrained network or the recipe.
        missing: why no pretrained network is available, or "".
        trained_on: images.
        name: of the new image.
        truth: its class, where it is known.
        prediction: the model's answer.
        method: how the heat map was made.
        strengths: of degradation, 0 to 1.
        degraded: probability of the predicted class at each strength, by "blur", "noise" and
            "cover".
        grey: the answer for an even grey.
        noise: the answer for pure noise.
    """

    used: str
    missing: str
    trained_on: int
    name: str
    truth: str | None
    prediction: Prediction
    method: str
    strengths: tuple[float, ...]
    degraded: dict[str, tuple[float, ...]]
    grey: Prediction
    noise: Prediction

    @property
    def unsure_from(self) -> dict[str, float | None]:
        """Strength from which the probability is below 50 %, by degradation."""
        return {
            kind: next(
                (at for at, each in zip(self.strengths, values, strict=True) if each < _UNSURE),
                None,
            )
            for kind, values in self.degraded.items()
        }


def measure(lab: LabContext) -> Findings:
    """Train, recognise, explain, and degrade the image step by step."""
    dataset, given = lab.images, lab.settings.image
    recipe, missing = _recipe(lab)
    # An image from elsewhere may be asked of a model of all images; one of the set may not.
    training = dataset if given is not None else lab.training_images
    classifier = recipe.set_params(seed=lab.settings.seed).fit(training).predictor()
    if given is not None:
        image, name, truth = decode_image(given).image, given.name, None
    else:
        index = int(lab.split.test[0])
        image, name = dataset.read(index), dataset.keys[index]
        truth = str(dataset.y[index])
    prediction = classifier.predict(image)[0]
    label = classifier.class_names.index(prediction.label)
    heatmap = classifier.explain(image, prediction.label)
    shown = thumbnail(image, 2 * _SHOWN)
    explained = overlay(
        shown,
        heatmap.values.tolist(),
        resize_mode=classifier.resize_mode,
        input_size=classifier.image_size,
    )
    lab.keep_image("image", _side_by_side(shown, explained))
    seed = child_seed(lab.settings.seed, "spoiled")
    degraded = {
        kind: [degrade(shown, strength, seed) for strength in _STRENGTHS]
        for kind, degrade in _DEGRADATIONS.items()
    }
    strips = [[np.asarray(each.resize(_SMALL)) for each in row] for row in degraded.values()]
    lab.keep_image("spoiled", mosaic(np.asarray(strips)))
    size = (_SHOWN, _SHOWN, 3)
    random = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
    grey, noise = classifier.predict([np.full(size, 128, np.uint8), random])
    return Findings(
        used=Path(getattr(recipe, "backbone", recipe.name)).name,
        missing=missing,
        trained_on=len(training),
        name=name,
        truth=truth,
        prediction=prediction,
        method=heatmap.method,
        strengths=_STRENGTHS,
        degraded={
            kind: tuple(classifier.predict_proba(images)[:, label].tolist())
            for kind, images in degraded.items()
        },
        grey=grey,
        noise=noise,
    )


def _recipe(lab: LabContext) -> tuple[ImageClassifier, str]:
    """Choose a pretrained network with logistic regression, or HOG where there are no weights."""
    try:
        mlp = pretrained(lab)
    except DiskError:
        raise
    except PeuError as error:
        return HogSVM(), str(error)
    recipe = dataclasses.replace(
        mlp, name="transfer", head="logistic", pooling="average", resize_mode="pad"
    )
    return recipe, ""


def _blur(image: Image.Image, strength: float, _seed: int) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(strength * max(image.size) / 12))


def _add_noise(image: Image.Image, strength: float, seed: int) -> Image.Image:
    values = np.asarray(image, np.float64)
    drawn = np.random.default_rng(seed).normal(0, 160 * strength, values.shape)
    return Image.fromarray(np.clip(values + drawn, 0, 255).astype(np.uint8))


def _cover(image: Image.Image, strength: float, _seed: int) -> Image.Image:
    covered = np.asarray(image).copy()
    height, width = covered.shape[:2]
    reach = [round(side * np.sqrt(strength) / 2) for side in (height, width)]
    middle = (height // 2, width // 2)
    top, left = (max(0, at - far) for at, far in zip(middle, reach, strict=True))
    covered[top : middle[0] + reach[0], left : middle[1] + reach[1]] = covered.mean(axis=(0, 1))
    return Image.fromarray(covered)


_DEGRADATIONS: dict[str, Callable[[Image.Image, float, int], Image.Image]] = {
    "blur": _blur,
    "noise": _add_noise,
    "cover": _cover,
}


def _side_by_side(first: Image.Image, second: Image.Image) -> Image.Image:
    both = Image.new("RGB", (first.width + second.width + 8, first.height), (255, 255, 255))
    both.paste(first, (0, 0))
    both.paste(second, (first.width + 8, 0))
    return both
