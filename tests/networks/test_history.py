"""When training curves look at images that are only watched."""

from hypothesis import given
from hypothesis import strategies as st

from peu.networks.history import watched_epochs


@given(st.integers(1, 500), st.integers(1, 600))
def test_looks_are_even_and_end_with_the_training(epochs: int, every: int) -> None:
    looks = watched_epochs(epochs, every)
    steps = [after - before for before, after in zip((0, *looks), looks, strict=False)]
    assert looks[-1] == epochs
    assert min(steps) >= 1
    assert max(steps) - min(steps) <= 1
    assert max(steps) <= every


def test_every_epoch_is_every_epoch() -> None:
    assert watched_epochs(4, 1) == (1, 2, 3, 4)
