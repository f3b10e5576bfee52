"""Calibration chosen by cross-fitting."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from peu.evaluation.calibration import (
    OutOfFold,
    choose_calibration,
    fit_calibration,
    improvement,
)
from peu.models.calibration import Calibration
from peu.models.combination import temper
from peu.models.kernel_machine import softmax


def _drawn(count: int, temperature: float, *, seed: int = 0, repeats: int = 1) -> OutOfFold:
    """Predictions that would be true at `temperature`."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 2, (count, 4))
    true = softmax(scores)
    labels = np.array([rng.choice(4, p=row) for row in true])
    rows = OutOfFold(np.arange(count), temper(true, 1 / temperature), labels, np.arange(count) % 5)
    places = np.tile(np.arange(count), repeats)
    return OutOfFold(
        rows.images[places], rows.probabilities[places], labels[places], rows.parts[places]
    )


def test_an_overconfident_model_is_made_less_so() -> None:
    rows = _drawn(400, 4.0)
    chosen = choose_calibration(rows)
    assert chosen.calibration is not None
    assert chosen.calibration.method == "temperature"
    assert chosen.calibration.slopes == pytest.approx(np.full(4, 1 / 4), rel=0.25)
    fresh = _drawn(2000, 4.0, seed=1)
    after = replace(fresh, probabilities=chosen.calibration(fresh.probabilities))
    assert after.losses().mean() < 0.6 * fresh.losses().mean()


def test_a_calibrated_model_is_left_alone() -> None:
    kept = [choose_calibration(_drawn(150, 1.0, seed=seed)).calibration for seed in range(6)]
    assert sum(each is None for each in kept) >= 4


def test_a_model_without_mistakes_is_not_made_certain() -> None:
    labels = np.arange(100) % 4
    probabilities = np.full((100, 4), 0.02)
    probabilities[np.arange(100), labels] = 0.94
    rows = OutOfFold(np.arange(100), probabilities, labels, np.arange(100) % 5)
    found = fit_calibration(rows, "temperature")(probabilities)
    assert 1 - found.max() > 1 / 300


def test_a_temperature_is_the_one_of_lowest_loss() -> None:
    rows = _drawn(20_000, 3.0)
    best = minimize_scalar(
        lambda each: replace(rows, probabilities=temper(rows.probabilities, each)).losses().mean(),
        bounds=(0.1, 20),
        method="bounded",
    )
    found = fit_calibration(rows, "temperature")
    assert 1 / found.slopes[0] == pytest.approx(best.x, rel=0.01)


def test_repeats_count_each_image_once() -> None:
    once, twice = (fit_calibration(_drawn(90, 3.0, repeats=each), "vector") for each in (1, 2))
    np.testing.assert_allclose(once.slopes, twice.slopes, rtol=1e-3)
    gain = improvement(np.ones(6), np.array([0.5, 0.7, 0.5, 0.7, 0.5, 0.7]), np.arange(6) // 2)
    assert gain == pytest.approx((0.4, 0.0))


def test_no_part_is_calibrated_by_itself() -> None:
    rows = _drawn(200, 3.0)
    spoilt = replace(rows, labels=np.where(rows.parts == 0, (rows.labels + 1) % 4, rows.labels))
    inside = rows.parts == 0
    without = choose_calibration(rows[~inside]).calibration
    assert without is not None
    after = choose_calibration(spoilt).after.probabilities[inside]
    np.testing.assert_allclose(after, without(rows.probabilities[inside]))


def test_one_part_alone_judges_nothing() -> None:
    rows = _drawn(100, 4.0)
    assert choose_calibration(replace(rows, parts=np.zeros(100, np.int64))).calibration is None


def test_each_calibration_is_fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    fitted = []

    def counting(rows: OutOfFold, method: str) -> Calibration:
        fitted.append((method, frozenset(np.unique(rows.parts))))
        return fit_calibration(rows, method)

    monkeypatch.setattr("peu.evaluation.calibration.fit_calibration", counting)
    choose_calibration(_drawn(60, 3.0))
    assert len(fitted) == len(set(fitted))
    assert len(fitted) >= 3 * (5 + 10)
