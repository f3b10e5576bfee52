"""Section 2.3: states follow from the figures of the trainings."""

import dataclasses

import pytest

from peu.autoencoders.noise import read_noise
from peu.comparison.denoising import DenoisingEvaluation, LevelEvaluation
from peu.lab.steps.denoiser_training import (
    Findings,
    TrainedLoss,
)
from peu.lab.trials import History
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
        history={"loss": (0.05, 0.02), "val_loss": (0.021, held_out), "val_epoch": (1, 2)},
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
    again=_trained("mse", 15.1),
    fresh=_trained("mse", 15.9),
)


def test_losses_are_ranked_by_their_quality_and_those_that_failed_set_apart() -> None:
    assert [one.loss for one in TRAINING.ranked] == ["binary_crossentropy", "mse"]
    assert TRAINING.collapsed == [FAILED]
    assert TRAINING.mse.loss == "mse"


@pytest.mark.parametrize(
    ("training", "course"),
    [
        (_trained("mse", 15.0, held_out=0.0205), "generalises"),
        (_trained("mse", 15.0, held_out=0.0215), "generalises"),
        (_trained("mse", 15.0, held_out=0.05), "rises"),
        (FAILED, "collapsed"),
    ],
)
def test_the_course_follows_from_the_held_out_loss(training: TrainedLoss, course: str) -> None:
    assert training.course == course


def test_a_held_out_loss_above_that_of_training_is_a_gap_where_it_does_not_rise() -> None:
    history: History = {"loss": (0.05, 0.01), "val_loss": (0.03, 0.02), "val_epoch": (1, 2)}
    training = dataclasses.replace(_trained("mse", 15.0), history=history)
    assert training.course == "gap"
    assert training.gap == pytest.approx(2)
    assert training.lowest == (2, 0.02)


@pytest.mark.parametrize(
    ("rival", "again", "verdict"),
    [
        (15.1, 15.05, "as_good"),
        (16.0, 15.05, "best"),
        (16.0, 15.7, "as_good"),
        (16.0, None, "one_seed"),
    ],
)
def test_a_loss_is_best_only_by_more_than_seeds_differ(
    rival: float, again: float | None, verdict: str
) -> None:
    found = dataclasses.replace(
        TRAINING,
        losses=(_trained("mse", 15.0), _trained("binary_crossentropy", rival), FAILED),
        again=None if again is None else _trained("mse", again),
    )
    assert found.verdict == verdict
    assert found.as_good[0].loss == "binary_crossentropy"
    assert len(found.as_good) == (2 if verdict == "as_good" else 1)


@pytest.mark.parametrize(
    ("fresh", "freshness"),
    [
        (_trained("mse", 15.9), "helps"),
        (_trained("mse", 15.1), "no_matter"),
        (_trained("mse", 14.0), "harms"),
        (FAILED, "unknown"),
    ],
)
def test_fresh_noise_matters_only_by_more_than_seeds_differ(
    fresh: TrainedLoss, freshness: str
) -> None:
    assert dataclasses.replace(TRAINING, fresh=fresh).freshness == freshness


def test_holding_out_a_fifth_is_no_training_on_a_part() -> None:
    assert not TRAINING.is_part
    assert dataclasses.replace(TRAINING, n_images=700).is_part
