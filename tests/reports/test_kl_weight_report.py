"""The study of the kl_weight as a page: three optima apart, and axes that can be read."""

import json
from pathlib import Path

import pytest

from peu.autoencoders.kl_weight import Spectrum
from peu.autoencoders.vae import VAE
from peu.comparison.kl_weights import KLWeightStudy, KLWeightTrial
from peu.evaluation.generated import RecognitionFigures, SampleFigures
from peu.evaluation.latent import LatentFigures
from peu.networks.choices import KLWeight
from peu.networks.training_settings import TrainingSettings
from peu.reports.figure import page_svg
from peu.reports.kl_weight_report import study_figure, write_kl_weight_report


def _trial(requested: KLWeight, kl_weight: float, elbo: float, right: float) -> KLWeightTrial:
    return KLWeightTrial(
        requested=requested,
        kl_weight=kl_weight,
        figures=LatentFigures(
            elbo=elbo,
            mse=0.05,
            mse_of_means=0.05,
            kl=(2.0, 1.5),
            active_units=2,
            knn_accuracy=right,
            images=100,
        ),
        samples=SampleFigures(
            distance=10 * right,
            confident=0.5,
            classes_covered=8,
            classes=10,
            samples=1000,
            judge_accuracy=0.97,
        ),
        recognition=RecognitionFigures(
            recognised=0.61, by_class=(0.61,), judge_accuracy=0.97, images=100
        ),
        seconds=2.0,
        notes=(),
        spectrum=Spectrum((5.0, 4.0), 50.0, 784),
        training=TrainingSettings(),
        n_images=1000,
    )


@pytest.fixture
def study() -> KLWeightStudy:
    return KLWeightStudy(
        dataset="digits",
        fingerprint="0" * 64,
        vae=VAE(),
        trials=(
            _trial(1.0, 1.0, -50.0, 0.1),
            _trial(1e-4, 1e-4, 90.0, 0.7),
            _trial("auto", 1.1e-4, 95.0, 0.6),
        ),
        omitted="",
    )


def test_powers_of_ten_are_written_as_numbers(study: KLWeightStudy) -> None:
    drawn = page_svg(study_figure(study), "salt")
    assert "mathdefault" not in drawn
    assert ">0.0001</text>" in drawn


def test_the_three_optima_are_told_apart(study: KLWeightStudy, tmp_path: Path) -> None:
    page = write_kl_weight_report(study, tmp_path).read_text(encoding="utf-8")
    assert "There is no one best kl_weight" in page
    best = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["best"]
    assert best == {"elbo": "auto", "samples": 1.0, "neighbours": 1e-4}
