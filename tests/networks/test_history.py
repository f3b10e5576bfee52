"""When validation images are evaluated for the curves."""

from hypothesis import given
from hypothesis import strategies as st

from peu.networks.history import validation_epochs


@given(st.integers(1, 500), st.integers(1, 600))
def test_evaluations_are_even_and_end_with_the_training(epochs: int, every: int) -> None:
    evaluated = validation_epochs(epochs, every)
    steps = [after - before for before, after in zip((0, *evaluated), evaluated, strict=False)]
    assert evaluated[-1] == epochs
    assert min(steps) >= 1
    assert max(steps) - min(steps) <= 1
    assert max(steps) <= every


def test_every_epoch_is_every_epoch() -> None:
    assert validation_epochs(4, 1) == (1, 2, 3, 4)
