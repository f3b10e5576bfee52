"""A setting's check says what was expected, what was received and what to do, in one line."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.errors import RecipeError
from peu.recipes.checks import (
    ResizeMode,
    check,
    check_choice,
    check_count,
    check_image,
    check_name,
    check_range,
)


def test_a_message_has_its_three_parts() -> None:
    with pytest.raises(RecipeError) as caught:
        check("epochs", holds=False, expected="1 or more", received="a\nb", advice="Try 15.")
    assert str(caught.value) == "`epochs` must be 1 or more. Received: 'a\\nb'. Try 15."
    check("epochs", holds=True, expected="", received=None, advice="")


@given(st.integers(1))
def test_counts_are_whole_numbers_from_one(count: int) -> None:
    check_count("epochs", count, "")
    with pytest.raises(RecipeError, match="whole number"):
        check_count("epochs", 1 - count, "")


@pytest.mark.parametrize("received", [True, 1.0, "1", None, math.nan, [1]])
def test_nothing_else_is_a_count(received: object) -> None:
    with pytest.raises(RecipeError, match="whole number"):
        check_count("epochs", received, "")


@given(st.floats() | st.integers(), st.sampled_from(["[)", "(]", "()", "[]"]))
def test_ranges_hold_at_their_ends_as_their_brackets_say(received: float, ends: str) -> None:
    inside = 0 < received < 1
    inside = inside or (received == 0 and ends[0] == "[") or (received == 1 and ends[1] == "]")
    if inside:
        check_range("dropout", received, 0, 1, "", ends=ends)
    else:
        with pytest.raises(RecipeError, match="must be in"):
            check_range("dropout", received, 0, 1, "", ends=ends)


@pytest.mark.parametrize("received", [True, "0.5", None, [0.5]])
def test_a_range_holds_numbers_only(received: object) -> None:
    with pytest.raises(RecipeError, match="must be in"):
        check_range("dropout", received, 0, 1, "")


@pytest.mark.parametrize("received", ["Pad", "", None, 1, ["pad"]])
def test_a_choice_is_one_of_its_names(received: object) -> None:
    check_choice("resize_mode", "crop", ResizeMode)
    with pytest.raises(RecipeError, match="one of pad, stretch, crop"):
        check_choice("resize_mode", received, ResizeMode)


@pytest.mark.parametrize("received", ["", " a", "a/b", "../a", ".a", "a\n", "é", "a" * 61, 3, None])
def test_names_can_name_files(received: object) -> None:
    check_name("HOG + SVM_2.1-b")
    with pytest.raises(RecipeError, match="`name`"):
        check_name(received)


@pytest.mark.parametrize(
    "received", [(7, 64), (64, 2049), (64,), (64, 64, 3), [64, 64], 64, (64.0, 64), (True, 64)]
)
def test_image_sizes_are_two_sides_in_proportion(received: object) -> None:
    check_image((8, 2048), "pad")
    with pytest.raises(RecipeError, match="image_size"):
        check_image(received, "pad")
