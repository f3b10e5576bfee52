"""Section 3.4: several KL weights, and the latent plane of one of them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from sklearn.base import clone

from peu.autoencoders.images import ImageSet
from peu.autoencoders.vae import VAE
from peu.comparison.kl_weights import (
    KLWeightStudy,
    KLWeightTrial,
    model_folder,
    study_kl_weights,
)
from peu.comparison.latent import grid_codes, latent_points
from peu.errors import BundleError
from peu.images.dataset import ImageDataset
from peu.lab.context import LabContext
from peu.lab.digits import DigitFindings, digit_schedule, digit_size, n_training_images
from peu.lab.trials import History
from peu.networks.choices import KLWeight
from peu.reports.mosaics import mosaic

_SHOWN = 5
_GRID_STEPS, _GRID_REACH = 10, 3.0
_MAPPED = 1000
# A grid whose pixels deviate less than this on average shows one image everywhere.
_SAME = 0.02
# Shares of the pixels' variance that reconstructions explain.
_LITTLE, _MUCH = 0.15, 0.75
# Shares of images that have the class of their neighbours.
_PARTLY, _APART = 0.5, 0.75
# A code that tells this many nats more tells more.
_FEW_NATS = 0.1


@dataclass(frozen=True)
class Plane:
    """Held-out images in the latent plane.

    Attributes:
        points: two coordinates an image.
        labels: indices into `class_names`, or None.
        class_names: of the classes.
        outside: share of the images beyond -3 to 3.
    """

    points: tuple[tuple[float, ...], ...]
    labels: tuple[int, ...] | None
    class_names: tuple[str, ...]
    outside: float


@dataclass(frozen=True, kw_only=True)
class Findings(DigitFindings):
    """Several KL weights compared, and the model of one looked at closely.

    Attributes:
        study: one trial a KL weight.
        mean_image_mse: squared error of the mean training image, on held-out images.
        shown_weight: KL weight looked at closely.
        history: figures of each epoch of its training.
        grid_deviation: mean standard deviation of a pixel over the grid.
        plane: where held-out images lie.
    """

    study: KLWeightStudy
    mean_image_mse: float
    shown_weight: KLWeight
    history: History
    grid_deviation: float
    plane: Plane

    @property
    def trials(self) -> tuple[KLWeightTrial, ...]:
        """One a KL weight, in the order asked for."""
        return self.study.trials

    @property
    def latent_dim(self) -> int:
        """Dimensions of the code."""
        return self.study.vae.latent_dim

    @property
    def shown(self) -> KLWeightTrial:
        """Trial looked at closely."""
        return next(trial for trial in self.trials if trial.requested == self.shown_weight)

    @property
    def auto(self) -> KLWeightTrial | None:
        """Trial in which the KL weight was learnt."""
        return next((trial for trial in self.trials if trial.requested == "auto"), None)

    @property
    def fixed(self) -> list[KLWeightTrial]:
        """Trials whose KL weight was set, smallest first."""
        return [trial for trial in self.by_weight if trial.requested != "auto"]

    @property
    def by_weight(self) -> list[KLWeightTrial]:
        """Trials by the KL weight that training left, smallest first."""
        return sorted(self.trials, key=lambda trial: trial.kl_weight)

    @property
    def empty(self) -> list[KLWeightTrial]:
        """Trials without a dimension in use."""
        return [trial for trial in self.trials if trial.figures.active_units == 0]

    @property
    def full(self) -> list[KLWeightTrial]:
        """Trials with all dimensions in use."""
        return [trial for trial in self.trials if trial.figures.active_units == self.latent_dim]

    @property
    def mispredicted(self) -> list[KLWeightTrial]:
        """Trials with another number of dimensions in use than the bounds foretell."""
        return [
            trial
            for trial in self.trials
            if trial.figures.active_units != self._fillable(trial.kl_weight)
        ]

    @property
    def smaller_tells_more(self) -> bool:
        """Whether the code of the smallest KL weight tells more than that of the largest."""
        smallest, largest = self.by_weight[0], self.by_weight[-1]
        return sum(smallest.figures.kl) > sum(largest.figures.kl) + _FEW_NATS

    @property
    def best(self) -> dict[str, KLWeight]:
        """Best KL weight by "elbo" and, with labels, by "samples" and "neighbours"."""
        study = self.study
        found = {
            "elbo": study.best_bound,
            "samples": study.best_samples,
            "neighbours": study.best_neighbours,
        }
        return {name: trial.requested for name, trial in found.items() if trial is not None}

    @property
    def best_fixed(self) -> KLWeightTrial:
        """Trial with the highest evidence lower bound of those whose KL weight was set."""
        return max(self.fixed, key=lambda trial: trial.figures.elbo)

    @property
    def choice(self) -> Literal["all_empty", "same_by_every_measure", "depends_on_the_use"]:
        """What the measures say together."""
        if len(self.empty) == len(self.trials):
            return "all_empty"
        same = len(set(self.best.values())) == 1
        return "same_by_every_measure" if same else "depends_on_the_use"

    @property
    def explained(self) -> float:
        """Share of the pixels' variance that reconstructions explain."""
        return 1 - self.shown.figures.mse_of_means / self.mean_image_mse

    @property
    def reconstruction(
        self,
    ) -> Literal["weight_too_large", "training_too_short", "poor", "blurred", "good"]:
        """How good the reconstructions are."""
        if self.shown.figures.active_units == 0:
            if self._fillable(self.shown.kl_weight) == 0:
                return "weight_too_large"
            return "training_too_short"
        if self.explained < _LITTLE:
            return "poor"
        return "blurred" if self.explained < _MUCH else "good"

    @property
    def grid_is_constant(self) -> bool:
        """Whether the decoder gives one image everywhere."""
        return self.shown.figures.active_units == 0 or self.grid_deviation < _SAME

    @property
    def classes(self) -> Literal["apart", "partly_apart", "mixed", "unknown"]:
        """How far classes lie apart in the plane."""
        neighbours = self.shown.figures.knn_accuracy
        if neighbours is None:
            return "unknown"
        if neighbours >= _APART:
            return "apart"
        return "partly_apart" if neighbours >= _PARTLY else "mixed"

    def _fillable(self, kl_weight: float) -> int:
        return self.study.spectrum.usable_dimensions(kl_weight, self.latent_dim)


def measure(lab: LabContext) -> Findings:
    """Train with several KL weights and look closely at the model of one."""
    budget, settings = lab.settings.budget, lab.settings
    digits = lab.fewer_digits(budget.mapped_images)
    folder = lab.folder / "runs" / lab.section
    study = study_kl_weights(
        digits,
        list(dict.fromkeys([*budget.kl_weights, settings.kl_weight])),
        vae=VAE(
            image_size=digit_size(lab.digits),
            channels="grey",
            seed=settings.seed,
            **digit_schedule(
                digits,
                budget.mapped_images,
                epochs=budget.mapped_epochs,
                batch_size=budget.mapped_batch,
            ),
        ),
        run_folder=folder,
    )
    vae = _load_or_fit(study, settings.kl_weight, digits, folder)
    images = vae.split(digits)
    first = images.test[:_SHOWN]
    lab.keep_image("reconstructions", mosaic(np.stack([first / 255, vae.reconstruct(first)])))
    grid = vae.decode(grid_codes(-_GRID_REACH, _GRID_REACH, _GRID_STEPS, vae.latent_dim))
    lab.keep_image("grid", mosaic(grid))
    return Findings(
        study=study,
        n_images=vae.n_images_,
        n_available=n_training_images(lab.digits),
        mean_image_mse=_error_of_the_mean(images),
        shown_weight=settings.kl_weight,
        history=vae.history_.metrics,
        grid_deviation=float(grid.std(axis=(0, 1)).mean()),
        plane=_plane(vae, digits),
    )


def _load_or_fit(
    study: KLWeightStudy, kl_weight: KLWeight, digits: ImageDataset, folder: Path
) -> VAE:
    """Load the model that the study kept; where it is gone, train it again from the same seed."""
    try:
        return VAE.load(model_folder(folder, kl_weight))
    except BundleError:
        vae: VAE = clone(study.vae).set_params(kl_weight=kl_weight)
        return vae.fit(digits)


def _plane(vae: VAE, digits: ImageDataset) -> Plane:
    points = latent_points(vae, digits, max_images=_MAPPED)
    return Plane(
        points=tuple(tuple(point) for point in points.codes.round(3).tolist()),
        labels=None if points.labels is None else tuple(points.labels.tolist()),
        class_names=tuple(points.class_names),
        outside=float((np.abs(points.codes) > _GRID_REACH).any(axis=1).mean()),
    )


def _error_of_the_mean(images: ImageSet) -> float:
    """Squared error of the mean training image on the test images."""
    mean = images.train.mean(axis=0) / 255
    return float(np.square(images.test / 255 - mean).mean())
