"""The bias of clipping: predicted as noise gives it, and undone."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peu.autoencoders.clipping_bias import expected_intensity, undo_clipping_bias
from peu.autoencoders.noise import add_noise, read_noise


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
    assert undo_clipping_bias(seen, noise)[0] == pytest.approx(clean, abs=0.003)
