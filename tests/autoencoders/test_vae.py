"""A VAE fills its latent space, warns, restarts, repeats itself, and draws images."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from eager_steps import eager_steps
from latent_images import QUICK_VAE, light_dataset_in, lights
from peu.autoencoders import collapse, vae_training
from peu.autoencoders.vae import VAE, HeldOutQuantiles, interpolated_quantile
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from peu.models.codes import squared_error
from peu.networks.objective import variance_of
from peu.networks.vae import VAENetwork, build_vae
from peu.settings import settings_from_dict, settings_to_dict
from recorded_progress import recorded_progress

# Fewer layers are traced sooner.
SMALL: dict[str, Any] = {"filters": (4,), "decoder_filters": (4,)}


def _quick(**settings: Any) -> VAE:
    vae: VAE = clone(QUICK_VAE)
    return vae.set_params(**settings)


def test_the_defaults_are_the_sheets() -> None:
    vae = VAE()
    assert (vae.latent_dim, vae.filters, vae.dense_units) == (2, (32, 32), 16)
    assert vae.decoder_filters == (32, 16)
    schedule = vae.training_for(60_000)
    assert (schedule.epochs, schedule.batch_size) == (15, 128)
    assert vae.kl_weight == "auto"


@pytest.mark.parametrize("images", [48, 160, 6_000])
def test_few_images_get_the_steps_of_many(images: int) -> None:
    schedule = VAE().training_for(images)
    steps = schedule.epochs * (images // schedule.batch_size)
    assert steps == pytest.approx(15 * 12_800 / 128, rel=0.05)


def test_fit_trains_by_that_schedule(tmp_path: Path) -> None:
    vae = _quick(epochs=None, batch_size=None, restarts=0, time_limit=0.001, **SMALL)
    vae.set_params(optimizer="sgd").fit(light_dataset_in(tmp_path, 128, 32))
    assert vae.training_ == vae.training_for(128)
    assert vae.training_.epochs * 128 / vae.training_.batch_size == pytest.approx(1500, rel=0.02)
    assert any(f"of {vae.training_.epochs} epochs" in note for note in vae.notes_)


@pytest.mark.parametrize("kl_weight", ["auto", 0.001])
def test_settings_survive_json(kl_weight: Any) -> None:
    vae = VAE(latent_dim=3, kl_weight=kl_weight, image_size=(20, 31), init="tsne")
    assert settings_from_dict(VAE, settings_to_dict(vae)) == vae


@pytest.mark.parametrize(
    "settings",
    [
        {"latent_dim": 0},
        {"latent_dim": 2.5},
        {"init": "pca"},
        {"init": "tsne", "latent_dim": 4},
        {"kl_weight": 0},
        {"kl_weight": -1.0},
        {"kl_weight": float("nan")},
        {"kl_weight": float("inf")},
        {"kl_weight": "Auto"},
        {"filters": ()},
        {"filters": (32, 0), "decoder_filters": (32, 16)},
        {"filters": (32, 32, 32)},
        {"filters": (4,) * 4, "decoder_filters": (4,) * 4, "image_size": (12, 64)},
        {"dense_units": 0},
        {"warm_up": -1},
        {"restarts": -1},
        {"restarts": True},
        {"test_share": 1.0},
        {"channels": "rgb"},
        {"image_size": (4, 28)},
        {"latent": 2},
    ],
)
def test_values_that_cannot_work_are_refused_in_one_line(settings: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r"must .*Received: ") as caught:
        VAE(**settings)
    assert "\n" not in str(caught.value)


def test_auto_fills_both_dimensions_and_ends_at_twice_the_error(
    light_vae: VAE, parted_lights: ImageDataset
) -> None:
    test = light_vae.split(parted_lights).test
    codes = light_vae.encode(test)
    assert codes.active.all()
    error = squared_error(light_vae.decoder_, codes.means, test).mean()
    assert error < 0.5 * variance_of(test)
    expected = 2 * light_vae.history_.metrics["mse"][-1] / 168
    assert light_vae.kl_weight_ == pytest.approx(expected, rel=0.3)
    assert light_vae.kl_weight_ < min(light_vae.spectrum_.bounds)


def test_the_history_holds_the_loss_and_its_terms(light_vae: VAE) -> None:
    metrics = light_vae.history_.metrics
    for name in ("loss", "mse", "kl_1", "kl_2", "kl_weight"):
        assert len(metrics[name]) == 12
    assert metrics["mse"][-1] < metrics["mse"][0]
    assert metrics["loss"][-1] > metrics["mse"][-1]
    # During the warm-up codes cost little.
    assert metrics["kl_weight"][0] < 0.5 * 2 * metrics["mse"][0] / 168


def test_quantiles_of_held_out_images_are_kept(light_vae: VAE) -> None:
    for levels in vars(light_vae.held_out_).values():
        assert len(levels) == 101
        assert list(levels) == sorted(levels)


def test_the_same_seed_gives_the_same_vae(few_lights: ImageDataset) -> None:
    brief = {"epochs": 1, **SMALL}
    with eager_steps():
        first, again, other = (_quick(**brief, seed=seed).fit(few_lights) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.encode(few_lights).means, again.encode(few_lights).means)
    assert first.history_.metrics == again.history_.metrics
    assert first.history_.metrics["loss"] != other.history_.metrics["loss"]


def test_a_hopeless_kl_weight_is_noted_before_the_first_epoch_and_is_right(
    parted_lights: ImageDataset, caplog: pytest.LogCaptureFixture
) -> None:
    notes_before: list[int] = []
    with recorded_progress(lambda *_: notes_before.append(len(caplog.messages))):
        vae = _quick(kl_weight=1.0, epochs=6).fit(parted_lights)
    assert set(notes_before) == {1}
    (note,) = vae.notes_
    assert "will leave 2 of 2 dimensions empty" in note
    codes = vae.encode(parted_lights)
    assert not codes.active.any()
    assert codes.kl.sum() < 0.1


def test_a_kl_weight_that_can_work_is_not_warned_of(few_lights: ImageDataset) -> None:
    with eager_steps():
        vae = _quick(kl_weight=1e-4, epochs=1, **SMALL).fit(few_lights)
    assert not any("will leave" in note for note in vae.notes_)


def test_training_restarts_after_a_collapse(
    parted_lights: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first network starts with a code that cannot reach its decoder."""
    networks: list[VAENetwork] = []

    def cut_at_first(*given: Any, **named: Any) -> VAENetwork:
        network = build_vae(*given, **named)
        if not networks:
            for layer in (network.encoder.get_layer("mean"), network.decoder.get_layer("spread")):
                layer.kernel.assign(0 * layer.kernel)
                layer.trainable = False
        networks.append(network)
        return network

    monkeypatch.setattr(vae_training, "build_vae", cut_at_first)
    # These images fill a latent space sooner than most.
    monkeypatch.setattr(collapse, "_MIN_STEPS", 100)
    vae = _quick(epochs=8).fit(parted_lights)
    assert len(networks) == 2
    assert vae.restarts_ == 1
    (note,) = vae.notes_
    assert "2 of 2 dimensions were empty" in note
    assert "\n" not in note
    assert vae.encode(parted_lights).active.all()


def test_colour_and_three_dimensions(tmp_path: Path) -> None:
    images = light_dataset_in(tmp_path, 60, 20, channels=3)
    with eager_steps():
        vae = _quick(epochs=1, latent_dim=3, **SMALL).fit(images)
    assert vae.channels_ == 3
    assert vae.encode(images).means.shape == (80, 3)


def test_a_saved_vae_answers_as_the_fitted_one(light_vae: VAE, tmp_path: Path) -> None:
    light_vae.save(tmp_path / "model")
    again = VAE.load(tmp_path / "model")
    pixels, _ = lights(5, seed=8)
    np.testing.assert_allclose(again.reconstruct(pixels), light_vae.reconstruct(pixels), atol=1e-6)
    np.testing.assert_allclose(again.sample(3)[1], light_vae.sample(3)[1], atol=1e-6)
    found, expected = again.anomalies(pixels), light_vae.anomalies(pixels)
    np.testing.assert_allclose(found.score, expected.score, rtol=1e-5)
    assert found.threshold == expected.threshold
    assert again.kl_weight_ == light_vae.kl_weight_


def test_images_come_out_of_the_latent_space(light_vae: VAE) -> None:
    assert light_vae.decode(np.zeros((3, 4, 2))).shape == (3, 4, 12, 14, 1)
    codes, images = light_vae.sample(5, seed=1)
    assert (codes.shape, images.shape) == ((5, 2), (5, 12, 14, 1))
    np.testing.assert_array_equal(light_vae.sample(5, seed=1)[1], images)
    assert not np.array_equal(light_vae.sample(5, seed=2)[1], images)


def test_new_images_come_from_where_the_images_lie_or_from_the_prior(light_vae: VAE) -> None:
    known = light_vae.encode(lights(40)[0])
    spread = (known.means.var(axis=0) + np.exp(known.log_variances).mean(axis=0)) ** 0.5
    near, _ = light_vae.sample(2000, seed=1)
    prior, _ = light_vae.sample(2000, source="prior", seed=1)
    np.testing.assert_allclose(near.mean(axis=0), known.means.mean(axis=0), atol=0.3)
    np.testing.assert_allclose(near.std(axis=0), spread, rtol=0.3)
    np.testing.assert_allclose(prior.std(axis=0), 1, rtol=0.1)


def test_a_walk_begins_and_ends_at_the_two_images(light_vae: VAE) -> None:
    pixels, _ = lights(2, seed=4)
    codes, images = light_vae.interpolate(pixels, 5)
    np.testing.assert_allclose(codes[[0, -1]], light_vae.encode(pixels).means)
    np.testing.assert_allclose(np.diff(codes, axis=0), np.diff(codes, axis=0)[:1].repeat(4, 0))
    np.testing.assert_allclose(images[[0, -1]], light_vae.reconstruct(pixels), atol=1e-5)


def test_images_unlike_those_of_the_training_are_unusual(light_vae: VAE) -> None:
    usual, _ = lights(60, seed=9)
    found = light_vae.anomalies(np.concatenate([usual, 255 - usual]), quantile=0.95)
    assert found.score[60:].min() > found.score[:60].max()
    assert found.unusual[60:].all()
    assert found.unusual[:60].mean() < 0.3
    assert light_vae.anomalies(usual, quantile=0.5).threshold < found.threshold


def test_a_quantile_is_interpolated_between_the_stored_ones() -> None:
    assert interpolated_quantile((0.0, 1.0, 10.0), 0.75) == pytest.approx(5.5)


@pytest.mark.parametrize(
    ("distances", "reach"), [(np.linspace(0, 10, 101), 9), (np.full(101, 0.5), 3)]
)
def test_a_grid_reaches_as_far_as_images_lie(
    light_vae: VAE, monkeypatch: pytest.MonkeyPatch, distances: Any, reach: float
) -> None:
    held_out = vars(light_vae.held_out_) | {"distances": tuple(distances.tolist())}
    monkeypatch.setattr(light_vae, "held_out_", HeldOutQuantiles(**held_out))
    assert light_vae.reach == reach
