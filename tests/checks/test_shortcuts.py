from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from peu.checks.measurements import Measurements
from peu.checks.shortcuts import Shortcut, find_shortcuts

N = 60


def _found(
    corners: NDArray[Any], *, kinds: str = "JPEG", seed: int = 0, groups: NDArray[Any] | None = None
) -> tuple[Shortcut, ...]:
    labels = np.repeat([0, 1, 2], N // 3)
    formats = ["PNG" if kinds == "mixed" and label == 1 else "JPEG" for label in labels]
    images: Any = SimpleNamespace(
        labels=labels,
        class_names=("a", "b", "c"),
        metadata=[
            SimpleNamespace(width=90, height=60, format=each, mode="RGB") for each in formats
        ],
    )
    same = np.zeros((N, 12), np.float32)
    measured = Measurements(
        corners.astype(np.float32),
        same,
        same[:, :6],
        same[:, 0],
        same[:, 0],
        same[:, 0],
        same[:, 0],
    )
    return find_shortcuts(images, measured, np.arange(N) if groups is None else groups, seed=seed)


def test_a_corner_that_goes_with_a_class_is_named_with_its_class() -> None:
    rng = np.random.default_rng(0)
    corners = rng.uniform(60, 255, (N, 12))
    corners[20:40] = 0
    (one,) = _found(corners)
    assert (one.cue, one.class_name, one.recognised, one.of_class) == ("corner colour", "b", 20, 20)
    assert one.p_value <= 0.01
    assert one.low > one.majority == pytest.approx(1 / 3)
    assert 0.3 < one.gain < 1


def test_chance_is_called_a_shortcut_about_once_in_a_hundred_sets() -> None:
    named = [
        bool(_found(np.random.default_rng(100 + seed).uniform(0, 255, (N, 12)), seed=seed))
        for seed in range(20)
    ]
    assert sum(named) <= 1


def test_a_format_that_goes_with_a_class_is_named() -> None:
    corners = np.random.default_rng(0).uniform(0, 255, (N, 12))
    (one,) = _found(corners, kinds="mixed")
    assert (one.cue, one.class_name, one.recognised) == ("file format", "b", 20)


def test_copies_do_not_vote_for_one_another() -> None:
    rng = np.random.default_rng(0)
    corners = np.repeat(rng.uniform(0, 255, (N // 2, 12)), 2, axis=0)
    corners += rng.uniform(0, 1, corners.shape)
    assert _found(corners, groups=np.arange(N) // 2) == ()


def test_nothing_that_differs_is_no_shortcut() -> None:
    assert _found(np.zeros((N, 12))) == ()
