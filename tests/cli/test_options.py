"""Values of options that are read by hand."""

import pytest

from peu.cli.options import read_duration, read_filters, read_image_size
from peu.errors import RecipeError

ENDLESS = pytest.param("9" * 5000, id="endless")


@pytest.mark.parametrize(
    ("text", "size"),
    [("224", (224, 224)), ("240x320", (240, 320)), ("240X320", (240, 320)), (" 9 x 10 ", (9, 10))],
)
def test_an_image_size_is_a_side_or_two(text: str, size: tuple[int, int]) -> None:
    assert read_image_size(text) == size


@pytest.mark.parametrize("text", ["", "x", "12x", "1x2x3", "-5", "4.5", "big", "²", ENDLESS])
def test_anything_else_is_no_image_size(text: str) -> None:
    with pytest.raises(RecipeError, match="--image-size"):
        read_image_size(text)


@pytest.mark.parametrize(("text", "filters"), [("16", (16,)), ("24, 48,96", (24, 48, 96))])
def test_filters_are_whole_numbers_with_commas_between(text: str, filters: tuple[int, ...]) -> None:
    assert read_filters(text) == filters


@pytest.mark.parametrize("text", ["", "24,", "24x48", "-8", "2.5", ENDLESS])
def test_anything_else_is_no_filters(text: str) -> None:
    with pytest.raises(RecipeError, match="--filters"):
        read_filters(text)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("10m", 600), ("1.5h", 5400), ("45", 45), (" 2 M ", 120)]
)
def test_a_duration_has_a_unit_or_is_in_seconds(text: str, seconds: float) -> None:
    assert read_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "0", "-5m", "soon", "nan", "inf", "5 days", ENDLESS])
def test_anything_else_is_no_duration(text: str) -> None:
    with pytest.raises(RecipeError, match="--time-limit") as caught:
        read_duration(text)
    assert "\n" not in str(caught.value)
