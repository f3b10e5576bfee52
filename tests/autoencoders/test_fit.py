"""An auto-encoder is learnt, remembers its making, and repeats itself."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bar_images import QUICK_DENOISING, bars
from peu.autoencoders import denoising
from peu.autoencoders.fit import fit_autoencoder
from peu.autoencoders.images import image_set
from peu.autoencoders.noise import add_noise
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from peu.models.autoencoder import Autoencoder
from peu.models.marks import image_mark
from peu.networks.backend import keras
from peu.networks.denoisers import denoiser
from peu.recipes.denoising import Denoising
from peu.recipes.noise import read_noise
from peu.recipes.training import TrainingSettings
from recorded_progress import recorded_progress

SHORT = replace(QUICK_DENOISING, training=replace(QUICK_DENOISING.training, epochs=1))


def _error(model: Autoencoder, dataset: ImageDataset) -> tuple[float, float]:
    """Give the mean squared error of held-out images, cleaned and noisy."""
    clean = image_set(dataset, seed=1).test
    noisy = add_noise(clean, read_noise(0.2), np.random.default_rng(9))
    cleaned = model.run("denoiser", noisy)
    truth = clean / 255
    return float(np.mean((cleaned - truth) ** 2)), float(np.mean((noisy / 255 - truth) ** 2))


def test_a_denoiser_takes_noise_out_of_images_it_has_not_seen(
    bar_denoiser: Autoencoder, grey_bars: ImageDataset
) -> None:
    cleaned, noisy = _error(bar_denoiser, grey_bars)
    assert cleaned < 0.6 * noisy
    losses = bar_denoiser.history.metrics
    assert set(losses) == {"loss", "watched_loss", "watched_epoch"}
    assert losses["loss"][-1] < losses["loss"][0]
    assert bar_denoiser.history.notes == ()


def test_a_model_remembers_its_making(bar_denoiser: Autoencoder, grey_bars: ImageDataset) -> None:
    memory = bar_denoiser.provenance
    assert (bar_denoiser.image_size, bar_denoiser.channels) == ((16, 16), 1)
    assert memory["fingerprint"] == grey_bars.fingerprint
    assert memory["seed"] == 1
    assert memory["images"] + memory["held_out"] == 160
    images = image_set(grey_bars, seed=1)
    held_out = {image_mark(grey_bars.facts[at].sha256) for at in images.test_indices}
    assert not held_out & set(memory["image_marks"])


def test_the_same_seed_gives_the_same_model(grey_bars: ImageDataset) -> None:
    first, again, other = (fit_autoencoder(SHORT, grey_bars, seed=seed) for seed in (0, 0, 1))
    noisy = bars(4)
    np.testing.assert_array_equal(first.run("denoiser", noisy), again.run("denoiser", noisy))
    assert first.history.metrics == again.history.metrics
    assert not np.array_equal(first.run("denoiser", noisy), other.run("denoiser", noisy))


def test_a_collapse_is_said_and_begun_again(
    grey_bars: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the first network start where the sheet's ends: black, its sigmoids saturated."""
    networks: list[object] = []

    def black_at_first(*given: object, **named: object) -> object:
        network = denoiser(*given, **named)  # type: ignore[arg-type]
        if not networks:
            bias = network.get_layer("output").weights[1]
            bias.assign(keras.ops.full(bias.shape, -60.0))
        networks.append(network)
        return network

    monkeypatch.setattr(denoising, "denoiser", black_at_first)
    recipe = replace(QUICK_DENOISING, training=replace(QUICK_DENOISING.training, epochs=9))
    model = fit_autoencoder(recipe, grey_bars, seed=1)
    assert len(networks) == 2
    assert len(model.history.notes) == 1
    assert "collapsed" in model.history.notes[0]
    assert "another seed" in model.history.notes[0]
    assert model.provenance["notes"] == list(model.history.notes)
    cleaned, noisy = _error(model, grey_bars)
    assert cleaned < noisy


def test_a_network_that_always_collapses_is_refused(grey_bars: ImageDataset) -> None:
    hopeless = TrainingSettings(
        epochs=1, batch_size=16, learning_rate=1e-9, optimizer="sgd", precision="float32"
    )
    with pytest.raises(RecipeError, match=r"even grey.* in 2 attempts.*`learning_rate`"):
        fit_autoencoder(replace(QUICK_DENOISING, restarts=1, training=hopeless), grey_bars)


def test_other_losses_are_told_in_their_own_units(grey_bars: ImageDataset) -> None:
    loss = fit_autoencoder(
        replace(SHORT, loss="binary_crossentropy"), grey_bars, seed=1
    ).history.metrics["loss"]
    # No squared error of such images is so large, and no cross-entropy of guessing is.
    assert 0.25 < loss[0] < np.log(2) + 0.1


def test_a_blind_u_net_learns_too(grey_bars: ImageDataset) -> None:
    training = replace(QUICK_DENOISING.training, epochs=6, learning_rate=0.003)
    recipe = Denoising(network="unet", filters=(6, 12), noise="0-0.4", training=training)
    cleaned, noisy = _error(fit_autoencoder(recipe, grey_bars, seed=1), grey_bars)
    assert cleaned < 0.6 * noisy


def test_two_members_are_one_model_that_is_saved_whole(
    grey_bars: ImageDataset, tmp_path: Path
) -> None:
    """The first is what one alone would be, and the mean is that of both."""
    with recorded_progress() as told:
        alone, both = (
            fit_autoencoder(replace(SHORT, members=members), grey_bars, seed=0)
            for members in (1, 2)
        )
    stages = [name for name, *_ in told.phases]
    noisy = bars(4)
    first = alone.run("denoiser", noisy)
    mean = both.run("denoiser", noisy)
    second = 2 * mean - first
    assert np.abs(first - second).max() > 0.001
    assert second.min() > -1e-5
    assert second.max() < 1 + 1e-5
    assert both.history.metrics == alone.history.metrics
    assert both.provenance["parameters"] == 2 * alone.provenance["parameters"]
    assert {"Training denoising (1 of 2)", "Training denoising (2 of 2)"} <= set(stages)
    both.save(tmp_path / "model")
    again = Autoencoder.load(tmp_path / "model")
    assert again.recipe == both.recipe
    np.testing.assert_array_equal(again.run("denoiser", noisy), mean)


def test_images_of_black_and_white_are_told_from_greys(
    grey_bars: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network for the first is held within the range; what it learns from decides."""
    rng = np.random.default_rng(0)
    for levels, print_like in (([0, 90, 255], True), ([0, 90, 200], False)):
        pixels = rng.choice(np.array(levels, np.uint8), (10, 8, 8, 1), p=[0.3, 0.35, 0.35])
        assert denoising._mostly_at_the_ends(pixels) == print_like
    held: list[bool] = []

    def watched(*given: object, **named: object) -> object:
        held.append(bool(named["held"]))
        return denoiser(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(denoising, "denoiser", watched)
    monkeypatch.setattr(denoising, "_mostly_at_the_ends", lambda _: True)
    model = fit_autoencoder(
        replace(SHORT, network="unet", filters=(2, 4), members=2), grey_bars, seed=0
    )
    assert held == [True, True]
    found = model.networks["denoiser"](np.zeros((1, 8, 8, 1)))
    assert keras.ops.convert_to_numpy(found).min() >= 0
