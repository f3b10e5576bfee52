"""Section 3.4: states follow from the figures of the KL weights."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.autoencoders.kl_weight import Spectrum
from peu.autoencoders.vae import VAE
from peu.comparison.kl_weights import KLWeightStudy, KLWeightTrial
from peu.evaluation.generated import RecognitionFigures
from peu.evaluation.latent import LatentFigures
from peu.lab.context import LabContext
from peu.lab.settings import LabSettings
from peu.lab.steps.latent_plane import Grid, Plane, keep_grid
from peu.lab.steps.vae_training import Findings
from peu.networks.choices import KLWeight
from peu.networks.training_settings import TrainingSettings

# Bounds of 0.0135 and 0.0097.
SPECTRUM = Spectrum(eigenvalues=(5.3, 3.8), total=52.0, pixels=784)


def _trial(requested: KLWeight, kl_weight: float, active: int = 2, **figures: Any) -> KLWeightTrial:
    return KLWeightTrial(
        requested=requested,
        kl_weight=kl_weight,
        figures=LatentFigures(
            **{
                "elbo": 30.0,
                "mse": 0.05,
                "mse_of_means": 0.03,
                "kl": (2.0,) * active + (0.0,) * (2 - active),
                "active_units": active,
                "knn_accuracy": 0.6,
                "images": 100,
                **figures,
            }
        ),
        samples=None,
        seconds=1.0,
        notes=(),
        spectrum=SPECTRUM,
        training=TrainingSettings(),
        n_images=800,
    )


def _study(*trials: KLWeightTrial) -> KLWeightStudy:
    return KLWeightStudy(dataset="mnist", fingerprint="", vae=VAE(), trials=trials, omitted="")


LARGE, AUTO = _trial(1.0, 1.0, 0, elbo=-40.0, knn_accuracy=0.1), _trial("auto", 1e-4)
TRAINING = Findings(
    study=_study(LARGE, AUTO),
    n_images=800,
    n_available=1000,
    mean_image_mse=0.06,
    shown_weight="auto",
    history={"loss": (0.1, 0.05), "val_loss": (0.1, 0.06)},
    grids=(
        Grid(1.0, "grid-1", 0.001, between_neighbours=0.0, between_any=0.0, outside=0.0),
        Grid("auto", "grid-2", 0.1, between_neighbours=0.04, between_any=0.1, outside=0.02),
    ),
    plane=Plane(((0.0, 0.0),), None, (), 0.0),
)


def test_trials_are_found_by_what_became_of_them() -> None:
    assert TRAINING.shown == TRAINING.auto == AUTO
    assert TRAINING.by_weight == [AUTO, LARGE]
    assert TRAINING.fixed == TRAINING.empty == [LARGE]
    assert TRAINING.full == [AUTO]
    half = _trial(0.01, 0.01, active=1)
    assert dataclasses.replace(TRAINING, study=_study(LARGE, half, AUTO)).partial == [half]
    assert TRAINING.best_fixed is None
    assert TRAINING.grid.file == "grid-2"


def test_a_best_set_weight_needs_two_that_fill_the_plane() -> None:
    one, two = _trial(1e-3, 1e-3, elbo=20.0), _trial(1e-4, 1e-4, elbo=25.0)
    assert dataclasses.replace(TRAINING, study=_study(LARGE, one, AUTO)).best_fixed is None
    assert dataclasses.replace(TRAINING, study=_study(LARGE, one, two, AUTO)).best_fixed == two


def test_bounds_foretell_the_dimensions_in_use() -> None:
    assert TRAINING.mispredicted == []
    short = _trial("auto", 1e-4, active=1)
    assert dataclasses.replace(TRAINING, study=_study(LARGE, short)).mispredicted == [short]


def test_a_smaller_weight_tells_more_where_its_code_does() -> None:
    assert TRAINING.smaller_tells_more
    nothing = _trial("auto", 1e-4, active=0)
    assert not dataclasses.replace(TRAINING, study=_study(LARGE, nothing)).smaller_tells_more


@pytest.mark.parametrize(
    ("shown", "reconstruction"),
    [
        (_trial("auto", 0.5, active=0), "weight_too_large"),
        (_trial("auto", 1e-4, active=0), "training_too_short"),
        (_trial("auto", 1e-4, mse_of_means=0.055), "poor"),
        (_trial("auto", 1e-4, mse_of_means=0.03), "blurred"),
        (_trial("auto", 1e-4, mse_of_means=0.01), "good"),
    ],
)
def test_reconstructions_are_judged_by_the_variance_they_explain(
    shown: KLWeightTrial, reconstruction: str
) -> None:
    assert (
        dataclasses.replace(TRAINING, study=_study(LARGE, shown)).reconstruction == reconstruction
    )


@pytest.mark.parametrize(
    ("neighbours", "classes"),
    [
        (None, "unknown"),
        (0.2, "mixed"),
        (0.5, "partly_apart"),
        (0.9, "apart"),
    ],
)
def test_classes_are_judged_by_their_neighbours(neighbours: float | None, classes: str) -> None:
    shown = _trial("auto", 1e-4, knn_accuracy=neighbours)
    assert dataclasses.replace(TRAINING, study=_study(LARGE, shown)).classes == classes


@pytest.mark.parametrize(
    ("share", "reconstruction"), [(0.4, "poor"), (0.6, "blurred"), (0.9, "good")]
)
def test_with_classes_reconstructions_are_judged_by_those_recognised(
    share: float, reconstruction: str
) -> None:
    seen = RecognitionFigures(
        recognised=share * 0.97, by_class=(0.4, None, 0.9), judge_accuracy=0.97, images=100
    )
    # By the variance that they explain they would be good.
    shown = dataclasses.replace(_trial("auto", 1e-4, mse_of_means=0.01), recognition=seen)
    found = dataclasses.replace(TRAINING, study=_study(LARGE, shown))
    assert found.recognised == pytest.approx(share)
    assert found.reconstruction == reconstruction
    assert found.unrecognised_classes == ["0"]


def test_a_grid_without_change_is_constant_as_is_that_of_an_empty_code() -> None:
    assert not TRAINING.grid_is_constant
    same = (TRAINING.grids[0], dataclasses.replace(TRAINING.grids[1], deviation=0.01))
    assert dataclasses.replace(TRAINING, grids=same).grid_is_constant
    assert dataclasses.replace(TRAINING, shown_weight=1.0).grid_is_constant


def test_what_a_set_weight_must_leave_empty_is_foretold() -> None:
    assert TRAINING.doomed == 0
    assert dataclasses.replace(TRAINING, shown_weight=1.0).doomed == 2


def test_the_best_weight_depends_on_what_is_measured() -> None:
    assert TRAINING.choice == "one_alone"
    worse = _trial(1e-3, 1e-3, elbo=20.0, knn_accuracy=0.5)
    assert dataclasses.replace(TRAINING, study=_study(worse, AUTO)).choice == (
        "same_by_every_measure"
    )
    neighbourly = _trial(1e-3, 1e-3, elbo=-40.0, knn_accuracy=0.9)
    other = dataclasses.replace(TRAINING, study=_study(neighbourly, AUTO))
    assert other.choice == "depends_on_the_use"
    assert dataclasses.replace(TRAINING, study=_study(LARGE)).choice == "all_empty"


def test_steps_are_those_of_all_epochs_the_last_batch_of_each_included() -> None:
    training = TrainingSettings(epochs=3, batch_size=64)
    shown = dataclasses.replace(AUTO, training=training)
    found = dataclasses.replace(
        TRAINING, study=_study(LARGE, shown), n_images=8_000, n_available=60_000
    )
    assert (found.steps_of_training, found.steps_of_sheet) == (3 * 125, 15 * 469)


def test_values_that_seeds_do_not_tell_apart_are_as_likely() -> None:
    near, far = _trial(1e-3, 1e-3, elbo=26.0), _trial(1e-4, 1e-4, elbo=10.0)
    best = _trial("auto", 2e-4, elbo=28.0)
    study = _study(far, near, best)
    for elbo, as_likely in (
        (None, [best, near]),
        (28.1, [best, near]),
        (37.5, [best, near, far]),
    ):
        repeated = None if elbo is None else _trial("auto", 2e-4, elbo=elbo)
        found = dataclasses.replace(TRAINING, study=dataclasses.replace(study, repeated=repeated))
        assert found.as_likely == as_likely


class _Plane:
    """A decoder that gives each code its own value, or any code a value at random."""

    latent_dim = 2

    def __init__(self, *, smooth: bool) -> None:
        self.smooth = smooth

    def decode(self, codes: NDArray[np.float64]) -> NDArray[np.float64]:
        drawn = np.random.default_rng(0).random(codes.shape[:-1])
        values = codes.sum(axis=-1) / 12 + 0.5 if self.smooth else drawn
        return np.repeat(values[..., None], 16, axis=-1).reshape(*codes.shape[:-1], 4, 4, 1)


@pytest.mark.parametrize("smooth", [True, False])
def test_a_grid_is_smooth_where_neighbours_are_alike(smooth: bool, tmp_path: Path) -> None:
    lab = LabContext(settings=LabSettings(quick=True), folder=tmp_path, section="3.4")
    vae: Any = _Plane(smooth=smooth)
    grid = keep_grid(lab, vae, 1e-4, 1, outside=0.1)
    assert grid.is_smooth == smooth
    assert not grid.is_constant
    assert (tmp_path / "parts" / "3.4" / "grid-1.png").is_file()


def test_trials_that_began_again_and_codes_beyond_the_grid_are_named() -> None:
    again = dataclasses.replace(AUTO, restarts=1)
    found = dataclasses.replace(TRAINING, study=_study(LARGE, again))
    assert found.restarted == [again]
    assert TRAINING.restarted == []
    assert TRAINING.smallest_outside == 0.02
