"""Section 1.7: a new image, step by step with one's own network, then with a better one."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from peu.classifiers.small_cnn import SmallCNN
from peu.classifiers.transfer import Transfer
from peu.comparison.trust import trusted_predictor
from peu.errors import DiskError, PeuError
from peu.evaluation.metrics import evaluate_predictions
from peu.images.decoding import decode_image
from peu.lab.backbone import students_head
from peu.lab.context import LabContext
from peu.lab.steps import first_network
from peu.lab.trials import TrialFindings, tested_figures
from peu.models.prediction import Prediction
from peu.models.predictor import Predictor
from peu.networks.backbone_sources import find_backbone
from peu.reports.heat_map import overlay
from peu.reports.mosaics import mosaic
from peu.reports.thumbnails import thumbnail
from peu.seeds import child_seed

_STRENGTHS = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)
_UNSURE = 0.5
_SHOWN = 224
_SMALL = (96, 96)


@dataclass(frozen=True, kw_only=True)
class Step:
    """What the image is after one step of the way to an answer.

    Attributes:
        name: "load", "resize", "scale", "expand", "predict".
        shape: of the array.
        lowest: its lowest value.
        highest: its highest.
    """

    name: str
    shape: tuple[int, ...]
    lowest: float
    highest: float


@dataclass(frozen=True, kw_only=True)
class Stranger:
    """An image of none of the classes, and what both models say of it.

    Attributes:
        name: "grey", "noise", or of a photo that scikit-learn brings along.
        own: answer of one's own network.
        better: answer of the better one, which may say that it is none of these.
    """

    name: str
    own: Prediction
    better: Prediction


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What section 1.7 found.

    Attributes:
        used: the pretrained network of one's own, or "cnn" where there is none.
        missing: why no pretrained network is available, or "".
        scaling: of the pixels for it.
        trained_on: images.
        name: of the new image.
        truth: its class, where it is known.
        class_names: in the order of the outputs.
        steps: from the file to the probabilities.
        own: answer of one's own network.
        better_name: the better one's pretrained network.
        better_trained_on: images that it learnt from.
        better: its answer.
        method: how its heat map was made.
        strengths: of degradation, 0 to 1.
        degraded: by "blur", "noise" and "cover", the probability that one's own network gives
            its class at each strength.
        refused: by the same, at which strengths the better one says "none of these".
        strangers: images of none of the classes.
        tested: test of one's own network on the test images.
    """

    used: str
    missing: str
    scaling: str
    trained_on: int
    name: str
    truth: str | None
    class_names: tuple[str, ...]
    steps: tuple[Step, ...]
    own: Prediction
    better_name: str
    better_trained_on: int
    better: Prediction
    method: str
    strengths: tuple[float, ...]
    degraded: dict[str, tuple[float, ...]]
    refused: dict[str, tuple[bool, ...]]
    strangers: tuple[Stranger, ...]
    tested: TrialFindings | None = None

    @property
    def argmax(self) -> int:
        """Position of the most probable class."""
        return self.class_names.index(self.own.label)

    @property
    def unsure_from(self) -> dict[str, float | None]:
        """Strength from which the probability is below 50 %, by degradation."""
        return {
            kind: self._first([each < _UNSURE for each in values])
            for kind, values in self.degraded.items()
        }

    @property
    def refused_from(self) -> dict[str, float | None]:
        """Strength from which the better model says "none of these", by degradation."""
        return {kind: self._first(values) for kind, values in self.refused.items()}

    @property
    def surest_stranger(self) -> Stranger:
        """The image of none of the classes that one's own network is surest of."""
        return max(self.strangers, key=lambda one: one.own.probability)

    @property
    def strangers_refused(self) -> int:
        """Images of none of the classes that the better model refuses."""
        return sum(bool(one.better.none_of_these) for one in self.strangers)

    def _first(self, holds: list[bool] | tuple[bool, ...]) -> float | None:
        return next((at for at, each in zip(self.strengths, holds, strict=True) if each), None)


def measure(lab: LabContext) -> Findings:
    """Recognise an image step by step, then better, and ask both about what is none of these."""
    given = lab.settings.image
    own, used, scaling, missing = _own_network(lab)
    # An image from elsewhere may be asked of a model of all images; one of the set may not.
    training = lab.images if given is not None else lab.training_images
    recipe = Transfer(seed=lab.settings.seed)
    better = trusted_predictor(recipe.fit(training), training)
    if given is not None:
        image, name, truth = decode_image(given).image, given.name, None
    else:
        index = int(lab.split.test[0])
        image, name = lab.images.read(index), lab.images.keys[index]
        truth = str(lab.images.y[index])
    answer, best = own.predict(image)[0], better.predict(image)[0]
    shown = thumbnail(image, 2 * _SHOWN)
    heatmap = better.explain(image, best.label)
    explained = overlay(
        shown,
        heatmap.values.tolist(),
        resize_mode=better.resize_mode,
        input_size=better.image_size,
    )
    lab.keep_image("image", _side_by_side(shown, explained))
    seed = child_seed(lab.settings.seed, "spoiled")
    degraded = {
        kind: [degrade(shown, strength, seed) for strength in _STRENGTHS]
        for kind, degrade in _DEGRADATIONS.items()
    }
    strips = [[np.asarray(each.resize(_SMALL)) for each in row] for row in degraded.values()]
    lab.keep_image("spoiled", mosaic(np.asarray(strips)))
    strangers = _strangers(seed)
    lab.keep_image(
        "strangers", mosaic(np.asarray([[_square(each) for each in strangers.values()]]))
    )
    label = own.class_names.index(answer.label)
    return Findings(
        used=used,
        missing=missing,
        scaling=scaling,
        trained_on=len(lab.training_images),
        name=name,
        truth=truth,
        class_names=own.class_names,
        steps=_steps(image, own, scaling),
        own=answer,
        better_name=recipe.backbone,
        better_trained_on=len(training),
        better=best,
        method=heatmap.method,
        strengths=_STRENGTHS,
        degraded={
            kind: tuple(own.predict_proba(images)[:, label].tolist())
            for kind, images in degraded.items()
        },
        refused={
            kind: tuple(bool(each.none_of_these) for each in better.predict(images))
            for kind, images in degraded.items()
        },
        strangers=tuple(
            Stranger(name=each, own=first, better=second)
            for each, first, second in zip(
                strangers,
                own.predict(list(strangers.values())),
                better.predict(list(strangers.values())),
                strict=True,
            )
        ),
        tested=_tested(lab, own),
    )


def _tested(lab: LabContext, own: Predictor) -> TrialFindings:
    """Test one's own network, without which a single right answer says little."""
    started = time.perf_counter()
    found = evaluate_predictions(
        np.asarray(lab.test_images.labels),
        own.predict_proba(lab.test_images),
        lab.images.class_names,
    )
    return TrialFindings(
        **tested_figures("own", found),
        seconds=time.perf_counter() - started,
        parameters=0,
        trainable_parameters=0,
        history={},
    )


def _own_network(lab: LabContext) -> tuple[Predictor, str, str, str]:
    """The network of 1.5 and 1.6 with its head, or that of 1.2 where there are no weights."""
    try:
        mlp = students_head(lab)
    except DiskError:
        raise
    except PeuError as error:
        recipe = first_network.sheet_recipe(lab.settings)
        return lab.fit(recipe).predictor(), SmallCNN.kind, "unit", str(error)
    scaling = find_backbone(mlp.backbone, mlp.backbone_weights, mlp.backbone_preprocessing)
    return lab.fit(mlp).predictor(), Path(mlp.backbone).name, scaling.preprocessing, ""


def _steps(image: Image.Image, own: Predictor, scaling: str) -> tuple[Step, ...]:
    """What a student writes: load, resize, scale, expand, predict."""
    from peu.networks.backbones import scaled_pixels

    height, width = own.image_size
    loaded = np.asarray(image.convert("RGB"))
    resized = np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BILINEAR))
    expanded = scaled_pixels(resized[None], scaling)
    arrays: dict[str, NDArray[Any]] = {
        "load": loaded,
        "resize": resized,
        "scale": expanded[0],
        "expand": expanded,
        "predict": own.predict_proba([image]),
    }
    return tuple(
        Step(name=name, shape=each.shape, lowest=float(each.min()), highest=float(each.max()))
        for name, each in arrays.items()
    )


def _strangers(seed: int) -> dict[str, NDArray[np.uint8]]:
    """An even grey, noise, and two photos that come with scikit-learn."""
    from sklearn.datasets import load_sample_image

    size = (_SHOWN, _SHOWN, 3)
    photos = {name: load_sample_image(name) for name in ("china.jpg", "flower.jpg")}
    return {
        "grey": np.full(size, 128, np.uint8),
        "noise": np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8),
        **photos,
    }


def _square(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.asarray(Image.fromarray(pixels).resize(_SMALL))


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
