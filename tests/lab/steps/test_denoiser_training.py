"""Section 2.3: states follow from the figures of the trainings."""

import dataclasses

import pytest

from peu.autoencoders.noise import read_noise
from peu.comparison.denoising import DenoisingEvaluation, LevelEvaluation
from peu.lab.steps.denoiser_training import (
    Findings,
    SheetStart,
    TrainedLoss,
)
from peu.networks.choices import ImageLoss


def _trained(loss: ImageLoss, psnr: float, held_out: float = 0.02) -> TrainedLoss:
    level = LevelEvaluation(
        noise=read_noise(0.4),
        sigma=0.4,
        psnr=psnr,
        ssim=0.6,
        once_psnr=psnr,
        once_ssim=0.6,
        noisy_psnr=11.0,
        noisy_ssim=0.4,
        classical={},
    )
    return TrainedLoss(
        loss=loss,
        history={"loss": (0.05, 0.02), "val_loss": (held_out,), "val_epoch": (2,)},
        evaluation=DenoisingEvaluation(images=100, tuned_on=0, levels=(level,)),
    )


FAILED = TrainedLoss(loss="mae", failed="An even grey.")
TRAINING = Findings(
    name="mnist",
    n_images=800,
    n_available=1000,
    epochs=2,
    batch_size=32,
    mean=0.13,
    median=0.0,
    black_error=0.11,
    grey_error=0.09,
    losses=(_trained("mse", 15.0), _trained("binary_crossentropy", 16.0), FAILED),
    sheet_start=SheetStart(collapsed=False, epochs=2, loss=0.03, output_mean=0.2),
)


def test_losses_are_ranked_by_their_quality_and_those_that_failed_set_apart() -> None:
    assert [one.loss for one in TRAINING.ranked] == ["binary_crossentropy", "mse"]
    assert TRAINING.collapsed == [FAILED]
    assert TRAINING.mse.loss == "mse"


@pytest.mark.parametrize(
    ("training", "course"),
    [
        (_trained("mse", 15.0), "generalises"),
        (_trained("mse", 15.0, held_out=0.05), "overfits"),
        (FAILED, "collapsed"),
    ],
)
def test_the_course_follows_from_the_losses(training: TrainedLoss, course: str) -> None:
    assert training.course == course


@pytest.mark.parametrize(
    ("collapsed", "output_mean", "outcome"),
    [
        (False, 0.001, "learnt"),
        (True, 0.001, "black"),
        (True, 0.13, "grey"),
    ],
)
def test_a_black_output_is_told_from_another_constant(
    *, collapsed: bool, output_mean: float, outcome: str
) -> None:
    assert SheetStart(collapsed, 2, 0.1, output_mean).outcome == outcome


def test_holding_out_a_fifth_is_no_training_on_a_part() -> None:
    assert not TRAINING.is_part
    assert dataclasses.replace(TRAINING, n_images=700).is_part
