"""Section 3.4: several KL weights, and the latent plane of one of them."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from peu.autoencoders.images import ImageSet
from peu.autoencoders.vae import VAE
from peu.comparison.kl_weights import (
    KLWeightStudy,
    KLWeightTrial,
    study_kl_weights,
)
from peu.comparison.vae_fits import model_folder
from peu.errors import BundleError
from peu.evaluation.latent import LatentFigures
from peu.images.dataset import ImageDataset
from peu.lab.context import LabContext
from peu.lab.digits import DigitFindings, digit_schedule, digit_size, n_training_images
from peu.lab.steps.latent_plane import GRID_REACH, GRID_STEPS, Grid, Plane, keep_grid, plane_of
from peu.lab.trials import History
from peu.networks.choices import KLWeight
from peu.reports.mosaics import mosaic

_SHOWN = 5
# Shares of the pixels' variance that reconstructions explain.
_LITTLE, _MUCH = 0.15, 0.75
# Shares of the images that a classifier recognises which it still recognises reconstructed.
_FEW, _MOST = 0.5, 0.8
# Shares of images that have the class of their neighbours.
_PARTLY, _APART = 0.5, 0.75
# A code that tells this many nats more tells more.
_FEW_NATS = 0.1
# Bounds that differ by less, in nats, are not told apart, however close two seeds happen to be.
_LEAST_DIFFERENCE = 3.0


@dataclass(frozen=True, kw_only=True)
class Findings(DigitFindings):
    """Several KL weights compared, and the model of one looked at closely.

    Attributes:
        study: one trial a KL weight.
        mean_image_mse: squared error of the mean training image, on held-out images.
        shown_weight: KL weight looked at closely.
        history: figures of each epoch of its training.
        grids: what each decoder gives over the plane, in the order of the trials.
        plane: where held-out images lie.
    """

    study: KLWeightStudy
    mean_image_mse: float
    shown_weight: KLWeight
    history: History
    grids: tuple[Grid, ...]
    plane: Plane

    reach: ClassVar[float] = GRID_REACH
    steps: ClassVar[int] = GRID_STEPS

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
    def partial(self) -> list[KLWeightTrial]:
        """Trials with some of their dimensions in use."""
        return [t for t in self.trials if 0 < t.figures.active_units < self.latent_dim]

    @property
    def restarted(self) -> list[KLWeightTrial]:
        """Trials that began again from another seed."""
        return [trial for trial in self.trials if trial.restarts]

    @property
    def smallest_outside(self) -> float:
        """Share of held-out images whose codes the smallest KL weight lays beyond the grid."""
        wanted = self.by_weight[0].requested
        return next(grid.outside for grid in self.grids if grid.requested == wanted)

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
    def best_fixed(self) -> KLWeightTrial | None:
        """Trial with the highest bound of those whose KL weight was set; None without a choice.

        One set weight, or several of which at most one fills its code, are nothing to choose from.
        """
        filled = [trial for trial in self.fixed if trial.figures.active_units > 0]
        return max(filled, key=lambda trial: trial.figures.elbo) if len(filled) > 1 else None

    @property
    def steps_of_training(self) -> int:
        """Steps of each training."""
        training = self.shown.training
        return training.epochs * math.ceil(self.n_images / training.batch_size)

    @property
    def steps_of_sheet(self) -> int:
        """Steps of the sheet's training, on all images."""
        return 15 * math.ceil(self.n_available / 128)

    @property
    def again(self) -> LatentFigures | None:
        """Figures of the trial looked at closely from another seed; None in a quick lab."""
        return None if self.study.repeated is None else self.study.repeated.figures

    @property
    def as_likely(self) -> list[KLWeightTrial]:
        """Trials whose bound two seeds do not tell from the highest, that one first."""
        ranked = sorted(self.trials, key=lambda trial: -trial.figures.elbo)
        between = 0.0 if self.again is None else abs(self.again.elbo - self.shown.figures.elbo)
        least = ranked[0].figures.elbo - max(_LEAST_DIFFERENCE, 2 * between)
        return [trial for trial in ranked if trial.figures.elbo >= least]

    @property
    def choice(
        self,
    ) -> Literal["all_empty", "one_alone", "same_by_every_measure", "depends_on_the_use"]:
        """What the measures say together."""
        if len(self.empty) == len(self.trials):
            return "all_empty"
        if len(self.trials) - len(self.empty) == 1:
            return "one_alone"
        same = len(set(self.best.values())) == 1
        return "same_by_every_measure" if same else "depends_on_the_use"

    @property
    def explained(self) -> float:
        """Share of the pixels' variance that reconstructions explain."""
        return 1 - self.shown.figures.mse_of_means / self.mean_image_mse

    @property
    def recognised(self) -> float | None:
        """Share of what a classifier recognises that it still recognises reconstructed."""
        found = self.shown.recognition
        return None if found is None else found.recognised / max(found.judge_accuracy, 1e-9)

    @property
    def unrecognised_classes(self) -> list[str]:
        """Classes of which fewer than half of the reconstructions are recognised."""
        found = self.shown.recognition
        shares = () if found is None else found.by_class
        names = self.plane.class_names or [str(number) for number in range(len(shares))]
        return [
            name
            for name, share in zip(names, shares, strict=False)
            if share is not None and share < _FEW
        ]

    @property
    def reconstruction(
        self,
    ) -> Literal["weight_too_large", "training_too_short", "poor", "blurred", "good"]:
        """How good the reconstructions are.

        With classes by how many of them a classifier recognises: "poor" below half of the
        originals that it recognises, "good" from four in five. Without, by the variance that
        they explain: below 15 %, from 75 %.
        """
        if self.shown.figures.active_units == 0:
            if self._fillable(self.shown.kl_weight) == 0:
                return "weight_too_large"
            return "training_too_short"
        share, few, most = self.recognised, _FEW, _MOST
        if share is None:
            share, few, most = self.explained, _LITTLE, _MUCH
        if share < few:
            return "poor"
        return "blurred" if share < most else "good"

    @property
    def grid(self) -> Grid:
        """That of the trial looked at closely."""
        return next(each for each in self.grids if each.requested == self.shown_weight)

    @property
    def grid_is_constant(self) -> bool:
        """Whether the decoder gives one image everywhere."""
        return self.shown.figures.active_units == 0 or self.grid.is_constant

    @property
    def classes(self) -> Literal["apart", "partly_apart", "mixed", "unknown"]:
        """How far classes lie apart in the plane."""
        neighbours = self.shown.figures.knn_accuracy
        if neighbours is None:
            return "unknown"
        if neighbours >= _APART:
            return "apart"
        return "partly_apart" if neighbours >= _PARTLY else "mixed"

    @property
    def doomed(self) -> int:
        """Dimensions that a set KL weight of the trial looked at closely must leave empty."""
        if self.shown_weight == "auto":
            return 0
        return self.latent_dim - self._fillable(self.shown_weight)

    def _fillable(self, kl_weight: float) -> int:
        return self.study.spectrum.usable_dimensions(kl_weight, self.latent_dim)


def measure(lab: LabContext) -> Findings:
    """Train with several KL weights and look closely at the model of one."""
    budget, settings = lab.settings.budget, lab.settings
    digits = lab.fewer_digits(budget.mapped_images)
    folder = lab.folder / "runs" / lab.section
    weights = list(dict.fromkeys([*budget.kl_weights, settings.kl_weight]))
    study = study_kl_weights(
        digits,
        weights,
        vae=VAE(
            image_size=digit_size(lab.digits),
            channels="grey",
            dense_activation="linear",
            seed=settings.seed,
            **digit_schedule(
                digits,
                budget.mapped_images,
                epochs=budget.mapped_epochs,
                batch_size=budget.mapped_batch,
            ),
        ),
        run_folder=folder,
        repeat=None if settings.quick else settings.kl_weight,
        workers=lab.at_once(len(weights) + (not settings.quick)),
    )
    vaes = [_load_or_fit(study, trial.requested, digits, folder) for trial in study.trials]
    requested = [trial.requested for trial in study.trials]
    at = requested.index(settings.kl_weight)
    shown, planes = vaes[at], [plane_of(vae, digits) for vae in vaes]
    images = shown.split(digits)
    first = images.test[:_SHOWN]
    rows: list[NDArray[np.float32]] = [
        (first / 255).astype(np.float32),
        *(vae.reconstruct(first) for vae in vaes),
    ]
    lab.keep_image("reconstructions", mosaic(np.stack(rows), gap=0))
    return Findings(
        study=study,
        n_images=shown.n_images_,
        n_available=n_training_images(lab.digits),
        mean_image_mse=_error_of_the_mean(images),
        shown_weight=settings.kl_weight,
        history=shown.history_.metrics,
        grids=tuple(
            keep_grid(lab, vae, one, number, outside=plane.outside)
            for number, (vae, one, plane) in enumerate(
                zip(vaes, requested, planes, strict=True), start=1
            )
        ),
        plane=planes[at],
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


def _error_of_the_mean(images: ImageSet) -> float:
    """Squared error of the mean training image on the test images."""
    mean = images.train.mean(axis=0) / 255
    return float(np.square(images.test / 255 - mean).mean())
