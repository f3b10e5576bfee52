"""Section 2.3: the denoiser trained with three losses, from two seeds, and on noise drawn anew."""

import dataclasses
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.base import clone

from peu.autoencoders.classical_filters import FILTERS
from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.images import image_set
from peu.autoencoders.noise import add_noise, read_noise
from peu.comparison.denoising import DenoisingEvaluation, LevelEvaluation, evaluate_denoiser
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from peu.lab.context import LabContext
from peu.lab.digits import DigitFindings, digit_schedule, n_training_images, test_digits
from peu.lab.side_by_side import train_all
from peu.lab.steps.noisy_digits import TEST_NOISE, TRAINING_NOISE
from peu.lab.trials import History
from peu.networks.choices import ImageLoss
from peu.reports.mosaics import mosaic
from peu.seeds import child_seed

LEVELS = (TRAINING_NOISE, TEST_NOISE)
LOSSES: tuple[ImageLoss, ...] = ("mse", "binary_crossentropy", "mae")
_TESTED = 300
_SHOWN = 5
# A held-out loss this many times its lowest has risen; this many times the training loss, there is
# a gap.
_RISE, _GAP = 1.03, 1.1
# Trainings that differ by less, in dB, are not told apart, however close two seeds happen to be.
_LEAST_DIFFERENCE = 0.2


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
    def psnr(self) -> float:
        """Quality at the strongest noise, in dB."""
        return self.levels[-1].psnr

    @property
    def gap(self) -> float:
        """Held-out loss by training loss, at the end."""
        return self.history["val_loss"][-1] / self.history["loss"][-1]

    @property
    def lowest(self) -> tuple[int, float]:
        """Epoch of the lowest held-out loss, and that loss."""
        losses = self.history["val_loss"]
        at = int(np.argmin(losses))
        return int(self.history["val_epoch"][at]), losses[at]

    @property
    def course(self) -> Literal["generalises", "gap", "rises", "collapsed"]:
        """How training went: by the held-out loss, against its lowest and the training loss."""
        if self.failed:
            return "collapsed"
        if self.history["val_loss"][-1] > _RISE * self.lowest[1]:
            return "rises"
        return "gap" if self.gap >= _GAP else "generalises"


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
        losses: one training each on noise added once, the squared error first.
        again: the squared error from another seed; None where that failed or saves time.
        fresh: the squared error on noise drawn anew in every epoch.
        first_shown: whether the images shown are the first of the set's own test part.
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
    again: TrainedLoss | None
    fresh: TrainedLoss
    first_shown: bool = False

    @property
    def mse(self) -> TrainedLoss:
        """Training with the squared error."""
        return self.losses[0]

    @property
    def ranked(self) -> list[TrainedLoss]:
        """Trainings that worked, highest PSNR at the strongest noise first."""
        return sorted((one for one in self.losses if not one.failed), key=lambda one: -one.psnr)

    @property
    def between_seeds(self) -> float | None:
        """Difference of two trainings that differ in their seed alone, in dB; None if unknown."""
        if self.again is None or self.again.failed or self.mse.failed:
            return None
        return abs(self.again.psnr - self.mse.psnr)

    @property
    def noticeable(self) -> float:
        """Difference in dB from which two trainings are told apart."""
        return max(_LEAST_DIFFERENCE, 2 * (self.between_seeds or 0.0))

    @property
    def verdict(self) -> Literal["nothing_learnt", "one_seed", "as_good", "best"]:
        """Whether a loss is better than the others by more than seeds differ."""
        if not self.ranked:
            return "nothing_learnt"
        if self.between_seeds is None:
            return "one_seed"
        rivals = [one.psnr for one in self.ranked[1:]]
        apart = not rivals or self.ranked[0].psnr - rivals[0] > self.noticeable
        return "best" if apart else "as_good"

    @property
    def as_good(self) -> list[TrainedLoss]:
        """Losses that are not told from the best."""
        best = self.ranked[0].psnr if self.ranked else 0.0
        return [one for one in self.ranked if best - one.psnr <= self.noticeable]

    @property
    def freshness(self) -> Literal["unknown", "helps", "harms", "no_matter"]:
        """What drawing noise anew changes, by more than seeds differ."""
        if self.mse.failed or self.fresh.failed:
            return "unknown"
        gain = self.fresh.psnr - self.mse.psnr
        if abs(gain) <= self.noticeable:
            return "no_matter"
        return "helps" if gain > 0 else "harms"

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
    """Train with each loss on noise that is added once, as the sheet does, and on fresh noise."""
    from peu.networks.objective import mean_of, variance_of

    budget = lab.settings.budget
    digits = lab.fewer_digits(budget.noisy_images)
    denoiser = Denoiser(
        noise=TRAINING_NOISE,
        channels="grey",
        fresh_noise=False,
        restarts=0,
        once=True,
        seed=lab.settings.seed,
        **digit_schedule(digits, budget.noisy_images, epochs=budget.noisy_epochs),
    )
    images = image_set(digits, channels="grey", multiple=denoiser.stride, seed=denoiser.seed)
    training = denoiser.training_for(len(images.train))

    cases = [_Case(loss=loss, seed=denoiser.seed) for loss in LOSSES]
    cases.append(dataclasses.replace(cases[0], fresh_noise=True))
    if not lab.settings.quick:
        cases.append(dataclasses.replace(cases[0], seed=child_seed(denoiser.seed, "again")))
    trained = train_all(
        _train,
        # A lab without the images that it has opened, and a slice without the set that it is of.
        (dataclasses.replace(lab), denoiser, dataclasses.replace(digits, whole=None)),
        cases,
        # That of the absolute error collapses on digits, and is over at once.
        workers=lab.at_once(len(cases) - 1),
        label=str,
    )
    losses, (fresh, *again) = trained[: len(LOSSES)], trained[len(LOSSES) :]
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
        losses=losses,
        again=again[0] if again else None,
        fresh=fresh,
        first_shown="test" in digits.parts,
    )


@dataclass(frozen=True)
class _Case:
    """What trainings of the denoiser differ in."""

    loss: ImageLoss
    seed: int
    fresh_noise: bool = False

    def __str__(self) -> str:
        return f"{self.loss}{', fresh noise' if self.fresh_noise else ''}"


def _train(shared: tuple[LabContext, Denoiser, ImageDataset], case: _Case) -> TrainedLoss:
    lab, denoiser, digits = shared
    denoiser = clone(denoiser).set_params(**vars(case))
    try:
        denoiser.fit(digits)
    except RecipeError as error:
        return TrainedLoss(loss=denoiser.loss, failed=str(error))
    shown = denoiser.loss == "mse" and denoiser.seed == lab.settings.seed
    shown = shown and not denoiser.fresh_noise
    filtered = shown and not lab.settings.quick
    found = evaluate_denoiser(
        denoiser,
        digits,
        [read_noise(level) for level in LEVELS],
        max_images=_TESTED,
        filters=FILTERS if filtered else (),
        examples=_SHOWN,
        once=True,
        seed=lab.settings.seed,
    )
    if shown:
        denoiser.save(lab.folder / "models" / "denoiser", overwrite=True)
        lab.keep_image("denoised", mosaic(np.stack(_shown(denoiser, digits, found)), gap=0))
    return TrainedLoss(
        loss=denoiser.loss,
        history=denoiser.history_.metrics,
        evaluation=found,
        seconds=denoiser.history_.seconds,
    )


def _shown(
    denoiser: Denoiser, digits: ImageDataset, found: DenoisingEvaluation
) -> list[NDArray[np.float32]]:
    """Rows of images: clean, then noisy and denoised at each level.

    The sheet shows the first test images; a set without a test part shows some that were held out.
    """
    if "test" not in digits.parts:
        rows = [level.examples[name] for level in found.levels for name in ("noisy", "denoised")]
        return [found.clean, *rows]
    clean = test_digits(digits, _SHOWN)
    shown = [_intensities(clean)]
    for level in LEVELS:
        generator = np.random.default_rng(child_seed(denoiser.seed, "shown", str(level)))
        noisy = add_noise(clean, read_noise(level), generator)
        shown += [_intensities(noisy), denoiser.denoise(noisy, once=True)]
    return shown


def _intensities(pixels: NDArray[Any]) -> NDArray[np.float32]:
    return pixels.astype(np.float32) / np.float32(255)
