"""An image size is two sides in proportion, written as a pair or as one number."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peu.errors import RecipeError
from peu.images.image_size import ImageSize
from peu.images.resizing import ResizeMode, check_image_size
from peu.settings import settings, settings_from_dict, settings_to_dict


@settings()
class Sized:
    image_size: ImageSize = (64, 64)
    resize_mode: ResizeMode = "pad"


IMPOSSIBLE = [(7, 64), (64, 2049), (64,), (64, 64, 3), (64.5, 64), "64", None, True, 7, 2049]


@pytest.mark.parametrize("received", IMPOSSIBLE)
def test_sides_out_of_proportion_are_refused(received: Any) -> None:
    with pytest.raises(RecipeError, match=r"`image_size` must .* Received: ") as caught:
        Sized(image_size=received)
    assert "\n" not in str(caught.value)
    with pytest.raises(RecipeError, match="`image_size`"):
        check_image_size(received, "pad")


@given(st.integers(8, 2048), st.integers(8, 2048))
def test_all_others_are_taken_and_come_back_from_json(height: int, width: int) -> None:
    check_image_size((height, width), "pad")
    one = Sized(image_size=(height, width))
    assert settings_from_dict(Sized, settings_to_dict(one)) == one
    # A list is what JSON has for a pair.
    assert Sized(image_size=[height, width]).image_size == (height, width)  # type: ignore[arg-type]


def test_one_number_is_a_square() -> None:
    assert Sized(image_size=96).image_size == (96, 96)  # type: ignore[arg-type]


@pytest.mark.parametrize("received", ["Pad", "", None, 1, ["pad"]])
def test_a_resize_mode_is_one_of_its_names(received: Any) -> None:
    with pytest.raises(RecipeError, match=r"`resize_mode` must .*crop"):
        Sized(resize_mode=received)
    with pytest.raises(RecipeError, match="one of pad, stretch, crop"):
        check_image_size((64, 64), received)
