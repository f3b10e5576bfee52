"""The sheet's study: every kl_weight measured, three optima apart, and no trial run twice."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from eager_steps import eager_steps
from latent_images import QUICK_VAE
from peu.autoencoders.vae import VAE
from peu.comparison import kl_weights
from peu.comparison.kl_weights import (
    KLWeightStudy,
    KLWeightTrial,
    study_kl_weights,
)
from peu.comparison.latent import evaluate_vae
from peu.comparison.vae_fits import model_folder
from peu.errors import RecipeError, ResourceError
from peu.evaluation import generated
from peu.images.dataset import ImageDataset
from peu.networks.choices import KLWeight

VALUES: list[KLWeight] = [1.0, "auto"]
SHORT: VAE = clone(QUICK_VAE).set_params(epochs=6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("study")


@pytest.fixture(scope="module")
def study(light_dataset: ImageDataset, folder: Path) -> KLWeightStudy:
    with pytest.MonkeyPatch.context() as patch:
        # A judge that learnt for a quarter of its time tells the hopeless from the rest as well.
        patch.setattr(generated, "_LEAST_STEPS", 150)
        return study_kl_weights(light_dataset, VALUES, vae=SHORT, run_folder=folder)


def test_a_hopeless_kl_weight_is_worst_by_every_measure(study: KLWeightStudy) -> None:
    hopeless, other = study.trials
    assert hopeless.figures.active_units == 0
    assert "will leave 2 of 2 dimensions empty" in hopeless.notes[0]
    assert hopeless.samples is not None
    assert other.figures.elbo > hopeless.figures.elbo
    assert other.samples is not None
    assert other.samples.distance < hopeless.samples.distance
    assert hopeless.recognition is not None
    assert other.recognition is not None
    assert other.recognition.recognised > hopeless.recognition.recognised
    best = (study.best_bound, study.best_samples, study.best_neighbours)
    assert all(one is not None and one.requested != 1.0 for one in best)
    assert study.omitted == ""


def test_its_json_holds_the_theory_beside_the_measures(study: KLWeightStudy) -> None:
    stored = study.to_dict()
    assert stored["format"] == 1
    assert len(stored["bounds"]) == 2
    assert [trial["requested"] for trial in stored["trials"]] == VALUES
    assert set(stored["best"]) == {"elbo", "samples", "neighbours"}


def test_each_model_is_kept_with_its_making(
    study: KLWeightStudy, light_dataset: ImageDataset, folder: Path
) -> None:
    for trial in study.trials:
        vae = VAE.load(model_folder(folder, trial.requested))
        assert vae.fingerprint_ == light_dataset.fingerprint
        found = evaluate_vae(vae, light_dataset).figures
        assert found.mse == pytest.approx(trial.figures.mse, rel=1e-5)


def test_finished_trials_are_read_and_damaged_ones_run_again(
    study: KLWeightStudy,
    light_dataset: ImageDataset,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    runs: list[object] = []

    def fit_again(missing: Sequence[VAE], *_: object, **__: object) -> Iterator[tuple[VAE, float]]:
        for vae in missing:
            runs.append(vae.kl_weight)
            yield vae, 0.0

    def measured(vae: VAE, *_: object, **__: object) -> tuple[KLWeightTrial, None]:
        (trial,) = [each for each in study.trials if each.requested == vae.kl_weight]
        return trial, None

    monkeypatch.setattr(kl_weights, "fit_all", fit_again)
    monkeypatch.setattr(kl_weights, "_measure", measured)

    def again() -> KLWeightStudy:
        return study_kl_weights(light_dataset, VALUES, vae=SHORT, run_folder=folder)

    assert again().to_dict() == study.to_dict()
    assert runs == []
    broken = min((folder / "trials").iterdir())
    whole = broken.read_bytes()
    asked = json.loads(whole)["requested"]
    broken.write_text("{")
    assert again().to_dict() == study.to_dict()
    assert runs == [asked]
    assert broken.read_bytes() == whole


def test_another_study_is_not_written_over(
    study: KLWeightStudy, light_dataset: ImageDataset, folder: Path
) -> None:
    before = {path: path.read_bytes() for path in folder.rglob("*.json")}
    with pytest.raises(ResourceError, match="must be new, or hold this same study"):
        study_kl_weights(
            light_dataset, [1.0], vae=clone(SHORT).set_params(seed=1), run_folder=folder
        )
    assert {path: path.read_bytes() for path in folder.rglob("*.json")} == before


def test_a_training_is_repeated_from_another_seed(
    light_dataset: ImageDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few, brief = light_dataset[np.arange(60)], clone(SHORT).set_params(epochs=1)

    def study() -> KLWeightStudy:
        return study_kl_weights(
            few, [1e-3], vae=brief, run_folder=tmp_path, judge=False, repeat=1e-3
        )

    with eager_steps():
        found = study()
    (trial,) = found.trials
    assert found.repeated is not None
    assert found.repeated.requested == trial.requested
    assert found.repeated.samples is None
    assert found.repeated.figures.mse != trial.figures.mse
    first, second = (
        VAE.load(model_folder(tmp_path, 1e-3, repeated=each)) for each in (False, True)
    )
    assert (first.seed, first.n_images_) == (brief.seed, second.n_images_)
    assert second.seed != brief.seed
    monkeypatch.setattr(kl_weights, "_measure", lambda *_, **__: pytest.fail("trained again"))
    assert study().to_dict() == found.to_dict()
    with pytest.raises(RecipeError, match="`repeat` must be one of"):
        study_kl_weights(few, [1e-3], vae=brief, repeat=1e-2)


def test_without_labels_it_says_what_is_left_out(light_dataset: ImageDataset) -> None:
    bare = replace(light_dataset[np.arange(60)], labels=None, class_names=())
    with eager_steps():
        found = study_kl_weights(bare, [1e-3], vae=clone(SHORT).set_params(epochs=1))
    assert "no labels" in found.omitted
    (trial,) = found.trials
    assert trial.training == found.vae.training_for(trial.n_images)
    assert found.trials[0].samples is None
    assert found.trials[0].recognition is None
    assert found.best_samples is None
    assert found.best_neighbours is None


@pytest.mark.parametrize("values", [(), (0.1, 0.1), (0.1, -1.0)])
def test_values_that_make_no_study_are_refused(
    light_dataset: ImageDataset, values: tuple[float, ...]
) -> None:
    with pytest.raises(RecipeError, match="must "):
        study_kl_weights(light_dataset[np.arange(20)], values, vae=SHORT)
