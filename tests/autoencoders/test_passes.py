"""How a denoiser runs over an image: shifts that are different, and words that are none."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.autoencoders.passes import ONCE, Passes, passes_of, shifts
from peu.errors import BundleError
from peu.models.autoencoder import Autoencoder
from peu.recipes.denoising import Denoising

_MODEL = Autoencoder(networks={}, image_size=(16, 16), channels=1, recipe=Denoising())


@given(stride=st.integers(1, 64))
def test_shifts_are_different_and_within_the_stride(stride: int) -> None:
    chosen = shifts(stride)
    assert len(set(chosen)) == len(chosen) == min(4, stride**2)
    assert chosen[0] == (0, 0)
    assert all(0 <= side < stride for shift in chosen for side in shift)


@given(
    shifted=st.booleans(),
    rounds=st.integers(0, 9),
    usual=st.floats(1e-9, 0.5),
    over=st.floats(0, 0.5),
)
def test_passes_survive_a_model(shifted: bool, rounds: int, usual: float, over: float) -> None:
    passes = Passes(shifted=shifted, rounds=rounds, usual=usual, most=usual + over)
    assert passes_of(dataclasses.replace(_MODEL, provenance=passes.to_dict())) == passes


def test_a_model_that_says_nothing_runs_once() -> None:
    assert passes_of(_MODEL) == ONCE


@pytest.mark.parametrize(
    "stored",
    [
        {"shifted": 1},
        {"rounds": -1},
        {"rounds": 1.5},
        {"usual": 0.0},
        {"usual": 0.2, "most": 0.1},
        {"usual": float("nan")},
        {"usual": "much"},
        {"colour": True},
        [0.1],
        None,
    ],
)
def test_passes_that_are_none_are_refused(stored: object) -> None:
    model = dataclasses.replace(_MODEL, provenance={"passes": stored})
    with pytest.raises(BundleError, match=r"must say how images pass.*Train it again"):
        passes_of(model)
