"""Seeds hang on names alone."""

import hashlib

from hypothesis import assume, given
from hypothesis import strategies as st

from peu.seeds import child_seed

NAMES = st.lists(st.integers() | st.text(st.characters(exclude_categories=["C"])), max_size=4)


@given(st.integers(), NAMES)
def test_the_same_names_give_the_same_seed_in_range(root: int, names: list[str | int]) -> None:
    seed = child_seed(root, *names)
    assert seed == child_seed(root, *names)
    assert 0 <= seed < 2**32


@given(st.integers(), NAMES, st.integers(), NAMES)
def test_other_roots_or_names_give_other_seeds(
    root: int, names: list[str | int], other_root: int, other_names: list[str | int]
) -> None:
    assume((root, names) != (other_root, other_names))
    assert child_seed(root, *names) != child_seed(other_root, *other_names)


def test_a_number_is_no_text_and_order_counts() -> None:
    assert child_seed(0, 1) != child_seed(0, "1")
    assert child_seed(0, "folds", 1) != child_seed(0, 1, "folds")
    assert child_seed(0, "ab") != child_seed(0, "a", "b")


def test_seeds_stay_what_they_are_from_release_to_release() -> None:
    # The SHA-256 of "0" begins with 5feceb66.
    assert child_seed(0) == 0x5FECEB66
    text = "0\x1fstr:folds\x1fint:1"
    assert child_seed(0, "folds", 1) == int(hashlib.sha256(text.encode()).hexdigest()[:8], 16)
