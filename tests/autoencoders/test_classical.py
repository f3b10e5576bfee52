"""Classical filters: each does something, is chosen fairly, and clipping can be undone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bar_images import bars
from peu.autoencoders.classical import FILTERS, ClassicalFilter, choose_filters, filtered
from peu.autoencoders.clipping import expected_intensity, undo_clipping
from peu.autoencoders.noise import add_noise
from peu.evaluation.reconstruction import peak_signal_to_noise
from peu.recipes.noise import read_noise


def _noisy(text: str, channels: int = 1) -> "np.typing.NDArray[np.float64]":
    drawn = add_noise(bars(4, channels), read_noise(text), np.random.default_rng(0))
    return drawn.astype(np.float64) / 255


@pytest.mark.parametrize("one", FILTERS, ids=[one.name for one in FILTERS])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_filter_cleans_grey_and_coloured_images(one: ClassicalFilter, channels: int) -> None:
    truth, noisy, noise = bars(4, channels) / 255, _noisy("0.15", channels), read_noise("0.15")
    choices = one.choices()
    assert len({str(choice) for choice in choices}) == len(choices) >= 3
    best = max(
        peak_signal_to_noise(truth, filtered(one, choice, noisy, noise)).mean()
        for choice in choices
    )
    assert best > peak_signal_to_noise(truth, noisy).mean() + 0.5


def test_settings_are_those_that_do_best_with_and_without_undoing_the_bias() -> None:
    truth, noisy, noise = bars(4) / 255, _noisy("0.4"), read_noise("0.4")
    median = FILTERS[0]
    plain, debiased = choose_filters(truth, noisy, noise, peak_signal_to_noise, filters=[median])
    assert (plain.name, debiased.name) == ("median", "median, debiased")
    scores = {
        choice["side"]: peak_signal_to_noise(truth, filtered(median, choice, noisy, noise)).mean()
        for choice in median.choices()
    }
    assert plain.settings["side"] == max(scores, key=lambda side: scores[side])
    assert peak_signal_to_noise(truth, plain(noisy, noise)).mean() == pytest.approx(
        max(scores.values())
    )
    np.testing.assert_allclose(
        debiased(noisy, noise),
        filtered(median, debiased.settings, noisy, noise, debiased=True),
    )


@pytest.mark.parametrize("text", ["0.4", "poisson:4", "salt-and-pepper:0.3"])
def test_the_mean_under_clipping_is_what_noise_gives(text: str) -> None:
    levels = np.array([0, 51, 128, 204, 255], np.uint8)
    pixels = np.broadcast_to(levels[:, None, None, None], (5, 150, 150, 1))
    noise = read_noise(text)
    seen = add_noise(pixels, noise, np.random.default_rng(1)).mean(axis=(1, 2, 3)) / 255
    assert expected_intensity(levels / 255, noise) == pytest.approx(seen, abs=0.008)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["0.1", "0.6", "poisson:1.5", "poisson:40", "salt-and-pepper:0.5"]),
    st.floats(0, 1),
)
def test_undoing_clipping_gives_the_clean_intensity_back(text: str, clean: float) -> None:
    noise = read_noise(text)
    seen = expected_intensity(np.array([clean]), noise)
    # Where clipping flattens the curve, near the ends, the way back is less exact.
    assert undo_clipping(seen, noise)[0] == pytest.approx(clean, abs=0.003)
