"""Training a variational auto-encoder: it fills its map, warns, begins anew, repeats itself."""

from dataclasses import replace

import numpy as np
import pytest

from latent_images import QUICK_MAP, light_set
from peu.autoencoders import variational, watch
from peu.autoencoders.variational import fit_variational
from peu.models.autoencoder import Autoencoder
from peu.models.codes import encode_pixels, squared_error
from peu.networks.objective import variance_of
from peu.networks.vae import VariationalNetwork, variational_network
from recorded_progress import recorded_progress

IMAGES = light_set()
SHORT = replace(QUICK_MAP, training=replace(QUICK_MAP.training, epochs=1))


@pytest.fixture(scope="module")
def fitted() -> Autoencoder:
    return fit_variational(QUICK_MAP, IMAGES, seed=0)


def test_auto_fills_both_dimensions_and_ends_at_twice_the_error(fitted: Autoencoder) -> None:
    codes = encode_pixels(fitted.networks["encoder"], IMAGES.test)
    assert codes.active.all()
    error = squared_error(fitted.networks["decoder"], codes.means, IMAGES.test).mean()
    assert error < 0.5 * variance_of(IMAGES.test)
    kl_weight = fitted.provenance["kl_weight"]
    assert kl_weight == pytest.approx(2 * fitted.history.metrics["mse"][-1] / 168, rel=0.3)
    assert kl_weight < min(fitted.provenance["bounds"])


def test_its_history_holds_the_loss_and_its_terms(fitted: Autoencoder) -> None:
    metrics = fitted.history.metrics
    wanted = {"loss", "mse", "watched_loss", "watched_mse", "kl_1", "kl_2", "kl_weight"}
    assert wanted <= set(metrics)
    assert all(len(metrics[name]) == 12 for name in wanted)
    assert metrics["mse"][-1] < metrics["mse"][0]
    assert metrics["loss"][-1] > metrics["mse"][-1]
    # Before it can cost anything, the code may say what it likes.
    assert metrics["kl_weight"][0] < 0.5 * 2 * metrics["mse"][0] / 168


def test_it_knows_what_is_usual(fitted: Autoencoder) -> None:
    for name in ("usual_scores", "usual_errors", "usual_shares", "usual_distances"):
        levels = fitted.provenance[name]
        assert len(levels) == 101
        assert levels == sorted(levels)


def test_the_same_seed_gives_the_same_map() -> None:
    few = light_set(60, 20)
    first, again, other = (fit_variational(SHORT, few, seed=seed) for seed in (0, 0, 1))
    one, two = (encode_pixels(each.networks["encoder"], few.test) for each in (first, again))
    np.testing.assert_array_equal(one.means, two.means)
    assert first.history.metrics == again.history.metrics
    assert first.history.metrics["loss"] != other.history.metrics["loss"]


def test_a_hopeless_kl_weight_is_said_before_the_first_epoch_and_is_right() -> None:
    events: list[str] = []
    training = replace(QUICK_MAP.training, epochs=6)
    with recorded_progress(lambda _name, done, _total: events.append(f"epoch {done}")):
        model = fit_variational(
            replace(QUICK_MAP, kl_weight=1.0, training=training), IMAGES, seed=0, tell=events.append
        )
    assert "will leave 2 of 2 dimensions empty" in events[0]
    assert sum("empty" in event for event in events) == 1
    assert model.history.notes == (events[0],)
    codes = encode_pixels(model.networks["encoder"], IMAGES.test)
    assert not codes.active.any()
    assert codes.kl.sum() < 0.1


def test_a_kl_weight_that_can_work_is_not_warned_of() -> None:
    class BegunError(Exception):
        pass

    def stop(*_: object) -> None:
        raise BegunError

    said: list[str] = []
    recipe = replace(SHORT, kl_weight=1e-4)
    with pytest.raises(BegunError), recorded_progress(stop):
        fit_variational(recipe, IMAGES, seed=0, tell=said.append)
    assert said == []
    with pytest.raises(BegunError), recorded_progress(stop):
        fit_variational(replace(recipe, kl_weight=1.0), IMAGES, seed=0, tell=said.append)
    assert len(said) == 1


def test_an_empty_dimension_is_said_and_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the first network start with a code that cannot reach its decoder."""
    networks: list[VariationalNetwork] = []

    def cut_at_first(*given: object, **named: object) -> VariationalNetwork:
        network = variational_network(*given, **named)  # type: ignore[arg-type]
        if not networks:
            for layer in (network.encoder.get_layer("mean"), network.decoder.get_layer("spread")):
                layer.kernel.assign(0 * layer.kernel)
                layer.trainable = False
        networks.append(network)
        return network

    monkeypatch.setattr(variational, "variational_network", cut_at_first)
    # These images fill a map sooner than most.
    monkeypatch.setattr(watch, "_LEAST_STEPS", 100)
    recipe = replace(QUICK_MAP, training=replace(QUICK_MAP.training, epochs=8))
    said: list[str] = []
    model = fit_variational(recipe, IMAGES, seed=0, tell=said.append)
    assert len(networks) == 2
    (sentence,) = said
    assert "2 of 2 dimensions carried nothing: training began anew with another seed" in sentence
    assert "\n" not in sentence
    assert model.history.notes == (sentence,)
    assert encode_pixels(model.networks["encoder"], IMAGES.test).active.all()


def test_colour_and_three_dimensions() -> None:
    images = light_set(60, 20, channels=3)
    model = fit_variational(replace(SHORT, latent=3), images, seed=0)
    assert model.channels == 3
    assert encode_pixels(model.networks["encoder"], images.test).means.shape == (20, 3)
