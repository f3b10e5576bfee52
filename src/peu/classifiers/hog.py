"""HOG features and a support vector machine: the baseline that a network has to beat."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from peu.classifiers.base import FloatArray, ImageClassifier, Name
from peu.classifiers.registry import recipe
from peu.classifiers.temperature import best_temperature, scores_log_loss
from peu.classifiers.training_set import HeldOut, Labels, TrainingSet
from peu.errors import ResourceError
from peu.images.cache import cached
from peu.images.dataset import ImageDataset
from peu.images.image_size import ImageSize
from peu.images.resizing import ResizeMode
from peu.models.hog_features import colour_statistics, gradient_histograms
from peu.models.kernel_machine import KernelMachine, kernel_of, products_of, softmax, vote
from peu.seeds import child_seed
from peu.settings import check_setting

Folds = Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
MOST_IMAGES = 20_000
_CHOOSE_ON = 1000
_MOST_PRECOMPUTED = 3000
_GAMMAS = (0.25, 0.5, 1.0)
_DEFAULT_GAMMA = 0.5
_DEFAULT_TEMPERATURE = 0.25


@dataclass(frozen=True, eq=False)
class _Choice:
    """A kernel width, with or without colours, and how it did on inner folds."""

    gamma: float
    with_colour: bool
    temperature: float = _DEFAULT_TEMPERATURE
    log_loss: float = 0.0
    held_out: FloatArray | None = None


@recipe("hog")
class HogSVM(ImageClassifier):
    """Classify images by histograms of oriented gradients and a support vector machine.

    Needs no network and no pretrained weights: under half a second a fold with few images.
    Strong where outlines tell classes apart, weak on animals and plants. Probabilities are a
    softmax of the machine's scores; the temperature, the kernel's width and the use of colours
    are chosen on inner folds by log loss.

    Source: Dalal and Triggs (2005), "Histograms of oriented gradients for human detection".
    """

    usual_seconds = 0.5
    most_images = MOST_IMAGES
    minutes_from = 5000

    name: Name = "hog"
    image_size: Annotated[ImageSize, Field(description="(height, width) in pixels.")] = (64, 64)
    resize_mode: Annotated[
        ResizeMode, Field(description="How images of another shape are resized.")
    ] = "stretch"
    orientations: Annotated[int, Field(ge=1, le=64, description="Bins of a histogram.")] = 9
    cell_size: Annotated[
        int, Field(ge=1, le=2048, description="Side of a histogram's cell, in pixels.")
    ] = 8
    block_size: Annotated[
        int, Field(ge=1, le=64, description="Cells per side that are normalised together.")
    ] = 2
    colour: Annotated[
        Literal["auto", "always", "never"],
        Field(description='Add colour statistics; "auto" asks inner folds.'),
    ] = "auto"
    kernel: Annotated[
        Literal["rbf", "linear"],
        Field(description='Kernel; the width of "rbf" is chosen on inner folds.'),
    ] = "rbf"
    C: Annotated[
        float,
        Field(gt=0, lt=1e9, description="Inverse regularization strength: larger fits closer."),
    ] = 10.0

    def __post_init__(self) -> None:
        check_setting(
            "cell_size",
            holds=min(self.image_size) >= self.cell_size * self.block_size,
            expected=f"at most {min(self.image_size)} / {self.block_size} pixels",
            received=self.cell_size,
            advice="One block of cells must fit into the image.",
        )

    def _fit(self, data: TrainingSet) -> None:
        if len(data) > MOST_IMAGES:
            raise ResourceError(
                f"A kernel machine takes at most {MOST_IMAGES:,} images to learn from, since its "
                f"time grows with their square. Received: {len(data):,}. Leave the recipe out "
                "(--recipes transfer), or take fewer images."
            )
        sample = _sample(data.labels, data.groups, child_seed(self.seed, "inner folds"))
        folds = data.split(sample).inner_folds(child_seed(self.seed, "inner folds"))
        features = {
            with_colour: self._features(data.images, with_colour)
            for with_colour in _COLOUR_CHOICES[self.colour]
        }
        gammas = _GAMMAS if self.kernel == "rbf" else (0.0,)
        best = min(
            (
                choice
                for with_colour, own in features.items()
                for choice in self._judge(
                    own[sample], data.labels[sample], folds, gammas, with_colour
                )
            ),
            key=lambda choice: (choice.log_loss, abs(choice.gamma - _DEFAULT_GAMMA)),
        )
        self.model_ = self._fit_machine(best, features[best.with_colour], data.labels)
        if folds and self.colour == "auto":
            chosen = "to add" if best.with_colour else "no"
            self.notes_ = (f"Inner folds chose {chosen} colour statistics.",)
        if best.held_out is not None:
            judged = sample[np.concatenate([judge for _, judge in folds])]
            self.held_out_ = HeldOut(judged, best.held_out)
        machine = self.model_
        self.n_parameters_ = self.n_trainable_parameters_ = (
            machine.support_vectors.size + machine.coefficients.size + machine.intercepts.size
        )

    def _predict_proba(self, images: ImageDataset) -> FloatArray:
        scores = self.model_.scores(self._features(images, self.model_.with_colour))
        return softmax(scores / self.model_.temperature)

    def _features(self, images: ImageDataset, with_colour: bool) -> FloatArray:
        settings = (self.orientations, self.cell_size, self.block_size)
        histograms = cached(
            images,
            ("gradient histograms", self.image_size, self.resize_mode, *settings),
            lambda batch: gradient_histograms(
                batch.pixels(self.image_size, self.resize_mode),
                orientations=self.orientations,
                cell_size=self.cell_size,
                block_size=self.block_size,
            ),
            phase="Computing HOG features",
        )
        if not with_colour:
            return histograms
        colours = cached(
            images,
            ("colour statistics", self.image_size, self.resize_mode),
            lambda batch: colour_statistics(batch.pixels(self.image_size, self.resize_mode)),
            phase="Computing colour statistics",
        )
        return np.hstack([histograms, colours])

    def _judge(
        self,
        features: FloatArray,
        labels: Labels,
        folds: Folds,
        gammas: Sequence[float],
        with_colour: bool,
    ) -> list[_Choice]:
        """How each kernel width does on inner folds; distances are the same for all of them."""
        if not folds:
            return [_Choice(gamma, with_colour) for gamma in gammas]
        scores: dict[float, list[FloatArray]] = {gamma: [] for gamma in gammas}
        for fit, judge in folds:
            centre, scale = _standard(features[fit])
            own, judged = (features[fit] - centre) / scale, (features[judge] - centre) / scale
            among, across = (products_of(each, own, max(gammas)) for each in (own, judged))
            for gamma in gammas:
                width = gamma / features.shape[1]
                machine = self._machine("precomputed").fit(kernel_of(among, width), labels[fit])
                sign = _libsvm_sign(machine)
                kernel = kernel_of(across[:, machine.support_], width)
                scores[gamma].append(
                    vote(
                        kernel,
                        sign * machine.dual_coef_,
                        sign * machine.intercept_,
                        machine.n_support_,
                    )
                )
        truth = np.concatenate([labels[judge] for _, judge in folds])
        return [
            _choice(gamma, with_colour, np.concatenate(scores[gamma]), truth) for gamma in gammas
        ]

    def _fit_machine(self, choice: _Choice, features: FloatArray, labels: Labels) -> KernelMachine:
        centre, scale = _standard(features)
        standard = (features - centre) / scale
        gamma = choice.gamma / features.shape[1]
        if len(standard) <= _MOST_PRECOMPUTED:
            kernel = kernel_of(products_of(standard, standard, gamma), gamma)
            machine = self._machine("precomputed").fit(kernel, labels)
        else:
            machine = self._machine(self.kernel, gamma or "scale").fit(standard, labels)
        height, width = self.image_size
        sign = _libsvm_sign(machine)
        return KernelMachine(
            support_vectors=standard[machine.support_],
            coefficients=sign * machine.dual_coef_,
            intercepts=sign * machine.intercept_,
            support_counts=machine.n_support_.astype(np.int64),
            gamma=gamma,
            temperature=choice.temperature,
            centre=centre,
            scale=scale,
            orientations=self.orientations,
            cell_size=self.cell_size,
            block_size=self.block_size,
            with_colour=choice.with_colour,
            height=height,
            width=width,
        )

    def _machine(self, kernel: str, gamma: float | str = "scale") -> Any:
        from sklearn.svm import SVC

        return SVC(C=self.C, kernel=kernel, gamma=gamma, cache_size=500)


def _standard(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Means of the features, and their standard deviations, 1 where a feature is constant."""
    scale = features.std(axis=0)
    scale[scale == 0] = 1
    return features.mean(axis=0), scale


def _libsvm_sign(machine: Any) -> float:
    """scikit-learn flips the signs of a two-class machine; this restores LIBSVM's."""
    return -1.0 if len(machine.classes_) == 2 else 1.0


def _choice(gamma: float, with_colour: bool, scores: FloatArray, truth: Labels) -> _Choice:
    temperature = best_temperature(scores, truth)
    return _Choice(
        gamma,
        with_colour,
        temperature,
        scores_log_loss(scores, truth, temperature),
        softmax(scores / temperature),
    )


_COLOUR_CHOICES = {"never": (False,), "always": (True,), "auto": (False, True)}


def _sample(labels: Labels, groups: NDArray[np.int64], seed: int) -> NDArray[np.int64]:
    """Images that choices are made on: all, or of very many some of each class.

    Near-duplicates are drawn together, since inner folds keep them together.
    """
    if len(labels) <= _CHOOSE_ON:
        return np.arange(len(labels))
    names, place = np.unique(groups, return_inverse=True)
    order = np.random.default_rng(seed).permutation(len(names))[place]
    share = max(2, _CHOOSE_ON // len(np.unique(labels)))
    drawn = [
        own[np.argsort(order[own], kind="stable")[:share]]
        for own in (np.flatnonzero(labels == label) for label in np.unique(labels))
    ]
    return np.sort(np.concatenate(drawn))
