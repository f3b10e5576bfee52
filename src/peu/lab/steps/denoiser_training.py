"""Section 2.3: the denoiser trained with three losses, and with the sheet's output bias."""

from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from sklearn.base import clone

from peu.autoencoders.classical_filters import FILTERS
from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.images import ImageSet, image_set
from peu.autoencoders.noise import read_noise
from peu.comparison.denoising import DenoisingEvaluation, LevelEvaluation, evaluate_denoiser
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from peu.lab.context import LabContext
from peu.lab.digits import DigitFindings, digit_schedule, n_training_images
from peu.lab.steps.noisy_digits import TEST_NOISE, TRAINING_NOISE
from peu.lab.trials import History
from peu.networks.choices import ImageLoss
from peu.networks.objective import mean_of, variance_of
from peu.reports.mosaics import mosaic
from peu.seeds import child_seed

LEVELS = (TRAINING_NOISE, TEST_NOISE)
LOSSES: tuple[ImageLoss, ...] = ("mse", "binary_crossentropy", "mae")
# Filters take long: with them fewer images are tested on, the same for every loss.
_TESTED, _FILTERED = 300, 150
_SHOWN = 10
# A held-out loss this many times the training loss is overfitting.
_OVERFITTING = 1.1
# A mean output below this is black.
_DARK = 0.02


@dataclass(frozen=True, kw_only=True)
class TrainedLoss:
    """One training with one loss.

    Attributes:
        loss: its name.
        failed: why no network came of it, or "".
        history: figures of each epoch.
        evaluation: on images that were not trained on; None where it failed.
        seconds: that training took.
    """

    loss: ImageLoss
    failed: str = ""
    history: History = field(default_factory=dict)
    evaluation: DenoisingEvaluation | None = None
    seconds: float = 0.0

    @property
    def levels(self) -> tuple[LevelEvaluation, ...]:
        """Quality at each level of noise; empty where it failed."""
        return () if self.evaluation is None else self.evaluation.levels

    @property
    def overfitting(self) -> float:
        """Held-out loss by training loss, at the end."""
        return self.history["val_loss"][-1] / self.history["loss"][-1]

    @property
    def course(self) -> Literal["generalises", "overfits", "collapsed"]:
        """How training went."""
        if self.failed:
            return "collapsed"
        return "generalises" if self.overfitting < _OVERFITTING else "overfits"


@dataclass(frozen=True)
class SheetStart:
    """The sheet's own start, with an output bias of zero.

    Attributes:
        collapsed: whether it learnt nothing.
        epochs: until it ended.
        loss: last training loss.
        output_mean: mean intensity of the output.
    """

    collapsed: bool
    epochs: int
    loss: float
    output_mean: float

    @property
    def outcome(self) -> Literal["learnt", "black", "grey"]:
        """What became of it."""
        if not self.collapsed:
            return "learnt"
        return "black" if self.output_mean < _DARK else "grey"


@dataclass(frozen=True, kw_only=True)
class Findings(DigitFindings):
    """The denoiser trained with each loss.

    Attributes:
        name: of the digits.
        epochs: of each training.
        batch_size: images of a step.
        mean: intensity of the training images.
        median: intensity of all their pixels.
        black_error: squared error of a black output.
        grey_error: squared error of the best constant output.
        losses: one training each, the squared error first.
        sheet_start: the sheet's own start.
    """

    noise: ClassVar[float] = TRAINING_NOISE
    levels: ClassVar[tuple[float, ...]] = LEVELS

    name: str
    epochs: int
    batch_size: int
    mean: float
    median: float
    black_error: float
    grey_error: float
    losses: tuple[TrainedLoss, ...]
    sheet_start: SheetStart

    @property
    def mse(self) -> TrainedLoss:
        """Training with the squared error."""
        return self.losses[0]

    @property
    def ranked(self) -> list[TrainedLoss]:
        """Trainings that worked, highest PSNR at the strongest noise first."""
        return sorted(
            (one for one in self.losses if not one.failed), key=lambda one: -one.levels[-1].psnr
        )

    @property
    def collapsed(self) -> list[TrainedLoss]:
        """Trainings that learnt nothing."""
        return [one for one in self.losses if one.failed]

    @property
    def filtered(self) -> list[dict[str, Any]]:
        """Levels of noise at which classical filters ran too: the best one, and its PSNR in dB."""
        return [
            {
                "noise": level.sigma,
                "psnr": level.psnr,
                "name": best,
                "best": level.classical[best].psnr,
            }
            for level in self.mse.levels
            if (best := level.best_classical) is not None
        ]


def measure(lab: LabContext) -> Findings:
    """Train with each loss, and once with the output bias that the sheet's text implies."""
    budget = lab.settings.budget
    digits = lab.fewer_digits(budget.noisy_images)
    denoiser = Denoiser(
        noise=TRAINING_NOISE,
        channels="grey",
        seed=lab.settings.seed,
        **digit_schedule(digits, budget.noisy_images, epochs=budget.noisy_epochs),
    )
    images = image_set(digits, channels="grey", multiple=denoiser.stride, seed=denoiser.seed)
    training = denoiser.training_for(len(images.train))
    return Findings(
        name=digits.name,
        n_images=len(images.train),
        n_available=n_training_images(lab.digits),
        epochs=training.epochs,
        batch_size=training.batch_size,
        mean=mean_of(images.train),
        median=float(np.median(images.train) / 255),
        black_error=float(np.square(images.train / np.float32(255)).mean()),
        grey_error=variance_of(images.train),
        losses=tuple(
            _train(lab, clone(denoiser).set_params(loss=loss, restarts=0), digits)
            for loss in LOSSES
        ),
        sheet_start=_train_sheet_start(denoiser, images),
    )


def _train(lab: LabContext, denoiser: Denoiser, digits: ImageDataset) -> TrainedLoss:
    try:
        denoiser.fit(digits)
    except RecipeError as error:
        return TrainedLoss(loss=denoiser.loss, failed=str(error))
    is_mse, quick = denoiser.loss == "mse", lab.settings.quick
    found = evaluate_denoiser(
        denoiser,
        digits,
        [read_noise(level) for level in LEVELS],
        max_images=_TESTED if quick else _FILTERED,
        filters=FILTERS if is_mse and not quick else (),
        examples=_SHOWN,
        once=True,
        seed=lab.settings.seed,
    )
    if is_mse:
        denoiser.save(lab.folder / "models" / "denoiser", overwrite=True)
        shown = [level.examples[name] for level in found.levels for name in ("noisy", "denoised")]
        lab.keep_image("denoised", mosaic(np.stack([found.clean, *shown])))
    return TrainedLoss(
        loss=denoiser.loss,
        history=denoiser.history_.metrics,
        evaluation=found,
        seconds=denoiser.history_.seconds,
    )


def _train_sheet_start(denoiser: Denoiser, images: ImageSet) -> SheetStart:
    from peu.autoencoders.denoiser_training import train_denoiser
    from peu.networks.denoisers import build_denoiser
    from peu.networks.inference import run_in_batches

    seed = child_seed(denoiser.seed, "plain")
    network = build_denoiser(mean=mean_of(images.train), output_bias="zero", seed=seed)
    history, collapsed = train_denoiser(
        network,
        images.train,
        denoiser.training_for(len(images.train)),
        noise=read_noise(denoiser.noise),
        seed=seed,
    )
    (output,) = run_in_batches(network, images.test[:64].astype(np.float32))
    return SheetStart(
        collapsed=collapsed,
        epochs=len(history.metrics["loss"]),
        loss=history.metrics["loss"][-1],
        output_mean=float(output.mean()),
    )
