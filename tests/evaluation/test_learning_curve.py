"""Curves fitted to errors of a known law say what that law brings, and how unsure they are."""

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.evaluation.learning_curve import PowerLaw, fit_power_law

SIZES = (3.0, 4.0, 6.0, 8.0, 11.0, 16.0)


def _tested(errors: list[float], images: int = 400) -> NDArray[np.float64]:
    """Right or wrong so often; who is wrong with many images is wrong with few."""
    place = (np.arange(images) + 0.5) / images
    return np.array([(place > error).astype(float) for error in errors])


def _law(errors: list[float], images: int = 400) -> PowerLaw:
    return fit_power_law(SIZES, _tested(errors, images), np.arange(images), classes=4)


@pytest.fixture(scope="module")
def falling() -> PowerLaw:
    return _law([0.2 * (size / 16) ** -0.5 for size in SIZES])


def test_a_power_law_is_carried_on(falling: PowerLaw) -> None:
    assert falling.accuracy(16).mean == pytest.approx(0.8, abs=0.02)
    twice = falling.accuracy(32)
    assert twice.low < 1 - 0.2 * 2**-0.5 < twice.high
    assert twice.mean == pytest.approx(0.86, abs=0.03)
    assert len(repr(falling)) < 100


def test_the_interval_widens_the_farther_it_looks(falling: PowerLaw) -> None:
    widths = [each.high - each.low for each in map(falling.accuracy, (16, 32, 64, 160))]
    assert widths == sorted(widths)
    assert widths[-1] > 2 * widths[0]


def test_images_needed_lie_between_their_ends(falling: PowerLaw) -> None:
    need = falling.needed(0.86, now=20)
    assert 0 <= need.low < need.more < need.high
    assert 4 < need.more < 30
    assert falling.needed(0.5, now=20).more == 0


def test_a_flat_curve_does_not_reach_the_target() -> None:
    need = _law([0.3] * 6).needed(0.95, now=20)
    assert np.isinf(need.more)
    assert np.isinf(need.high)
    assert need.probability < 0.1


def test_no_error_at_all_still_has_an_interval() -> None:
    all_right = _law([0.0] * 6, images=60).accuracy(20)
    assert all_right.high > 0.999
    assert 0.93 < all_right.low < 0.995


def test_guessing_stays_guessing() -> None:
    assert _law([0.75] * 6).accuracy(16).mean == pytest.approx(0.25, abs=0.08)


def test_copies_count_as_one_image() -> None:
    tested = _tested([0.2] * 6)
    apart = fit_power_law(SIZES, tested, np.arange(400), classes=4).accuracy(16)
    copies = fit_power_law(SIZES, tested, np.arange(400) // 8, classes=4).accuracy(16)
    assert copies.high - copies.low > 1.5 * (apart.high - apart.low)


def test_the_same_seed_gives_the_same_curves() -> None:
    first, second = (_law([0.3, 0.27, 0.25, 0.22, 0.2, 0.19]).accuracy(50) for _ in range(2))
    assert first == second


def test_what_only_guesses_is_not_promised_to_grow() -> None:
    guessing = _law([0.75] * 6, images=100)
    assert guessing.nothing_learnt > 0.5
    assert guessing.accuracy(32).low == pytest.approx(0.25)


def test_what_is_better_than_a_guess_has_learnt(falling: PowerLaw) -> None:
    assert falling.nothing_learnt < 1e-6
    assert _law([0.72, 0.69, 0.65, 0.62, 0.58, 0.55], images=100).nothing_learnt < 0.05
