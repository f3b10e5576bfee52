"""A denoiser takes noise out of new images, restarts after a collapse, and repeats itself."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from bar_images import QUICK_DENOISER, bars
from eager_steps import eager_steps
from peu.autoencoders import denoiser_training
from peu.autoencoders.denoiser import Denoiser
from peu.autoencoders.denoiser_training import is_mostly_black_and_white
from peu.autoencoders.inference import Inference
from peu.autoencoders.noise import add_noise, read_noise
from peu.errors import RecipeError
from peu.images.dataset import ImageDataset
from peu.networks.backend import keras
from peu.networks.choices import DenoisingNetwork
from peu.networks.denoisers import build_denoiser
from peu.networks.inference import run_in_batches
from peu.networks.training_settings import TrainingSettings
from peu.settings import settings_from_dict, settings_to_dict
from recorded_progress import recorded_progress

BRIEF: dict[str, Any] = {"epochs": 1, "filters": (4,)}
"""So few steps that tracing them takes longer."""


def _quick(**settings: Any) -> Denoiser:
    denoiser: Denoiser = clone(QUICK_DENOISER)
    return denoiser.set_params(**settings)


@pytest.fixture(scope="module")
def brief(grey_bars: ImageDataset) -> Denoiser:
    """Return a small one that trained little."""
    with eager_steps():
        return _quick(**BRIEF).fit(grey_bars)


def _errors(denoiser: Denoiser, dataset: ImageDataset) -> tuple[float, float]:
    """The mean squared error of held-out images, denoised and noisy."""
    clean = denoiser.split(dataset).test
    noisy = add_noise(clean, read_noise(0.2), np.random.default_rng(9))
    denoised, truth = denoiser.denoise(noisy, once=True), clean / 255
    return float(np.mean((denoised - truth) ** 2)), float(np.mean((noisy / 255 - truth) ** 2))


def test_the_defaults_are_the_sheets() -> None:
    denoiser = Denoiser()
    assert denoiser.widths == (16, 32)
    assert denoiser.stride == 4
    assert denoiser.noise == 0.2
    schedule = denoiser.training_for(60_000)
    assert (schedule.epochs, schedule.batch_size, schedule.learning_rate) == (20, 32, 1e-3)


def test_noise_can_be_added_once_as_on_the_sheet(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[bool, list[Any]] = {True: [], False: []}

    def fit_network(_: object, inputs: Any, targets: Any, *__: object, **settings: Any) -> Any:
        prepare = settings["prepare"] or (lambda batch, _: batch)
        drawn = [prepare(inputs, np.random.default_rng(epoch)) for epoch in (0, 1)]
        seen[fresh] += [*drawn, targets]
        return settings["objective"]

    monkeypatch.setattr(denoiser_training, "fit_network", fit_network)
    pixels = bars(4)
    for fresh in (True, False):
        denoiser_training.train_denoiser(
            None, pixels, TrainingSettings(), noise=read_noise(0.2), fresh_noise=fresh
        )
        first, second, targets = seen[fresh]
        assert np.array_equal(first, second) is not fresh
        assert np.array_equal(targets, pixels)
        assert np.abs(first.astype(float) - pixels).mean() > 10


@pytest.mark.parametrize("network", ["sheet", "unet"])
def test_few_images_get_the_steps_of_many(network: DenoisingNetwork) -> None:
    denoiser = Denoiser(network=network)
    many, few = denoiser.training_for(60_000), denoiser.training_for(160)
    assert few.batch_size == 10
    assert few.epochs * 16 == pytest.approx(many.epochs * 6400 / many.batch_size, rel=0.02)
    assert (few.learning_rate, few.schedule) == (many.learning_rate, many.schedule)


def test_what_is_given_is_kept_and_the_rest_adapts() -> None:
    schedule = Denoiser(network="unet", batch_size=4, time_limit=9.0).training_for(160)
    assert (schedule.batch_size, schedule.time_limit, schedule.schedule) == (4, 9.0, "cosine")
    assert schedule.epochs == 20 * 6400 // 64 // 40
    assert Denoiser(epochs=2).training_for(160).epochs == 2


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"noise": "loud"}, "noise"),
        ({"network": "gan"}, "network"),
        ({"channels": "4"}, "channels"),
        ({"resize_mode": "squash"}, "resize_mode"),
        ({"image_size": (30, 28)}, "image_size"),
        ({"image_size": (28, 4)}, "image_size"),
        ({"image_size": (44, 44), "filters": (4, 8, 16)}, "image_size"),
        ({"filters": ()}, "filters"),
        ({"filters": (0, 4)}, "filters"),
        ({"filters": (1,) * 7}, "filters"),
        ({"test_share": 0}, "test_share"),
        ({"test_share": 1.0}, "test_share"),
        ({"restarts": -1}, "restarts"),
        ({"restarts": True}, "restarts"),
        ({"members": 0}, "members"),
        ({"members": 21}, "members"),
        ({"epochs": 0}, "epochs"),
        ({"network": "unet", "loss": "binary_crossentropy"}, "loss"),
    ],
)
def test_values_that_cannot_work_are_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(RecipeError, match=f"`{named}` must .*Received: ") as caught:
        Denoiser(**settings)
    assert "\n" not in str(caught.value)


def test_a_network_that_is_to_run_once_is_not_tried_more_often(
    brief: Denoiser, grey_bars: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained = (brief.network_, brief.history_)
    monkeypatch.setattr(denoiser_training, "train_members", lambda *_: trained)
    monkeypatch.setattr(
        denoiser_training, "choose_inference", lambda *_, **__: pytest.fail("tried")
    )
    once = _quick(**BRIEF, once=True).fit(grey_bars)
    assert once.inference_ == Inference()
    noisy = brief.split(grey_bars).test[:2]
    np.testing.assert_array_equal(once.denoise(noisy), brief.denoise(noisy, once=True))


def test_a_size_that_one_network_cannot_halve_another_can() -> None:
    assert Denoiser(image_size=(30, 30), network="unet", filters=(4, 8)).stride == 2


def test_settings_survive_json() -> None:
    denoiser = Denoiser(
        image_size=(32, 48),
        resize_mode="pad",
        network="unet",
        filters=(4, 8, 16),
        noise="poisson:3-30",
        loss="mae",
        epochs=3,
        patience=2,
    )
    assert settings_from_dict(Denoiser, settings_to_dict(denoiser)) == denoiser


def test_a_denoiser_takes_noise_out_of_images_it_has_not_seen(
    bar_denoiser: Denoiser, grey_bars: ImageDataset
) -> None:
    denoised, noisy = _errors(bar_denoiser, grey_bars)
    assert denoised < 0.6 * noisy
    losses = bar_denoiser.history_.metrics["loss"]
    assert losses[-1] < losses[0]
    assert len(losses) == 12
    assert bar_denoiser.notes_ == ()


def test_one_image_is_denoised_as_in_a_batch(bar_denoiser: Denoiser) -> None:
    pixels = bars(2)
    batch = bar_denoiser.denoise(pixels)
    np.testing.assert_allclose(bar_denoiser.denoise(pixels[1]), batch[1], atol=1e-6)


def test_another_seed_gives_another_denoiser(brief: Denoiser, grey_bars: ImageDataset) -> None:
    with eager_steps():
        other = _quick(**BRIEF, seed=0).fit(grey_bars)
    noisy = bars(4)
    assert not np.array_equal(brief.denoise(noisy), other.denoise(noisy))
    assert brief.history_.metrics != other.history_.metrics


def test_training_restarts_after_a_collapse(
    grey_bars: ImageDataset, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The first network starts where the sheet's ends: black, its sigmoids saturated."""
    networks: list[object] = []

    def black_at_first(*given: Any, **named: Any) -> Any:
        network = build_denoiser(*given, **named)
        if not networks:
            bias = network.get_layer("output").weights[1]
            bias.assign(keras.ops.full(bias.shape, -60.0))
        networks.append(network)
        return network

    monkeypatch.setattr(denoiser_training, "build_denoiser", black_at_first)
    denoiser = _quick(epochs=9, filters=(4,)).fit(grey_bars)
    assert len(networks) == 2
    (note,) = denoiser.notes_
    assert "collapsed" in note
    assert caplog.messages == [note]
    denoised, noisy = _errors(denoiser, grey_bars)
    assert denoised < noisy


def test_a_network_that_always_collapses_is_refused(grey_bars: ImageDataset) -> None:
    hopeless = _quick(restarts=1, epochs=1, batch_size=64, learning_rate=1e-9, optimizer="sgd")
    refusal = r"constant output.* in 2 attempts.*`learning_rate`"
    with eager_steps(), pytest.raises(RecipeError, match=refusal):
        hopeless.fit(grey_bars)


def test_other_losses_are_reported_in_their_own_units(grey_bars: ImageDataset) -> None:
    with eager_steps():
        denoiser = _quick(epochs=1, loss="binary_crossentropy").fit(grey_bars)
    # No squared error of such images is so large, and no cross-entropy of a constant is.
    assert 0.25 < denoiser.history_.metrics["loss"][0] < np.log(2) + 0.1


def test_a_blind_u_net_learns_too(grey_bars: ImageDataset) -> None:
    denoiser = _quick(
        network="unet",
        filters=(6, 12),
        noise="0-0.4",
        epochs=6,
        learning_rate=0.003,
        schedule="constant",
    ).fit(grey_bars)
    denoised, noisy = _errors(denoiser, grey_bars)
    assert denoised < 0.6 * noisy


def test_two_members_are_one_model_that_is_saved_whole(
    brief: Denoiser, grey_bars: ImageDataset, tmp_path: Path
) -> None:
    """The first is what one alone was from the same seed, and the mean is that of both."""
    with recorded_progress() as recorded, eager_steps():
        both = _quick(**BRIEF, members=2).fit(grey_bars)
    noisy = bars(4)
    first, mean = (each.denoise(noisy, once=True) for each in (brief, both))
    member = both.network_.get_layer(brief.network_.name)
    alone, in_both = (run_in_batches(each, noisy)[0] for each in (brief.network_, member))
    np.testing.assert_array_equal(alone, in_both)
    second = 2 * mean - first
    assert np.abs(first - second).max() > 0.001
    assert second.min() > -1e-5
    assert second.max() < 1 + 1e-5
    assert both.history_.metrics == brief.history_.metrics
    assert both.n_parameters_ == 2 * brief.n_parameters_
    phases = {name for name, *_ in recorded.phases}
    assert {"Training denoiser (1 of 2)", "Training denoiser (2 of 2)"} <= phases
    both.save(tmp_path / "model")
    again = Denoiser.load(tmp_path / "model")
    assert again == both
    np.testing.assert_array_equal(again.denoise(noisy, once=True), mean)


@pytest.mark.parametrize(("levels", "expected"), [([0, 90, 255], True), ([0, 90, 200], False)])
def test_black_and_white_images_are_recognised(levels: list[int], expected: bool) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.choice(np.array(levels, np.uint8), (10, 8, 8, 1), p=[0.3, 0.35, 0.35])
    assert is_mostly_black_and_white(pixels) == expected


def test_a_u_net_for_black_and_white_images_is_bounded(
    grey_bars: ImageDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(denoiser_training, "is_mostly_black_and_white", lambda _: True)
    with eager_steps():
        denoiser = _quick(epochs=1, batch_size=64, network="unet", filters=(2, 4)).fit(grey_bars)
    output = denoiser.network_(np.zeros((1, 8, 8, 1)))
    assert keras.ops.convert_to_numpy(output).min() >= 0
