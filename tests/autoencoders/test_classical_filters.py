"""Classical filters: each cleans images, and its settings are those that do best."""

import numpy as np
import pytest

from bar_images import bars
from peu.autoencoders.classical_filters import FILTERS, ClassicalFilter, tune_filters
from peu.autoencoders.noise import add_noise, read_noise
from peu.evaluation.reconstruction import peak_signal_to_noise


def _noisy(text: str, channels: int = 1) -> "np.typing.NDArray[np.float64]":
    drawn = add_noise(bars(4, channels), read_noise(text), np.random.default_rng(0))
    return drawn.astype(np.float64) / 255


@pytest.mark.parametrize("one", FILTERS, ids=[one.name for one in FILTERS])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_filter_cleans_grey_and_coloured_images(one: ClassicalFilter, channels: int) -> None:
    truth, noisy, noise = bars(4, channels) / 255, _noisy("0.15", channels), read_noise("0.15")
    choices = one.choices()
    assert len({str(choice) for choice in choices}) == len(choices) >= 3
    best = max(peak_signal_to_noise(truth, one(noisy, noise, choice)).mean() for choice in choices)
    assert best > peak_signal_to_noise(truth, noisy).mean() + 0.5


def test_settings_are_those_that_do_best_with_and_without_undoing_the_bias() -> None:
    truth, noisy, noise = bars(4) / 255, _noisy("0.4"), read_noise("0.4")
    median = FILTERS[0]
    plain, debiased = tune_filters(truth, noisy, noise, peak_signal_to_noise, filters=[median])
    assert (plain.name, debiased.name) == ("median", "median, debiased")
    scores = {
        choice["side"]: peak_signal_to_noise(truth, median(noisy, noise, choice)).mean()
        for choice in median.choices()
    }
    assert plain.settings["side"] == max(scores, key=lambda side: scores[side])
    assert peak_signal_to_noise(truth, plain(noisy, noise)).mean() == pytest.approx(
        max(scores.values())
    )
    np.testing.assert_allclose(
        debiased(noisy, noise),
        median(noisy, noise, debiased.settings, debiased=True),
    )
