"""Fisher vectors' settings: what fits into an image, and what does not is refused."""

from typing import Any

import pytest

from peu.errors import RecipeError
from peu.recipes.fisher import FisherVectors


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"radius": 0}, "`radius` must be a whole number"),
        ({"radius": 1}, "`radius` must be from 2"),
        ({"step": 0}, "`step`"),
        ({"step": 1.5}, "`step`"),
        ({"dimensions": 137}, "`dimensions` must be at most 136"),
        ({"components": 2000}, "`components` must be at most 1024"),
        ({"scales": ()}, "`scales` must be one to ten numbers"),
        ({"scales": (0.5,)}, "`scales` must be one to ten numbers"),
        ({"scales": (float("nan"),)}, "`scales` must be one to ten numbers"),
        ({"scales": (float("inf"),)}, "`scales` must be at most 7.4"),
        ({"scales": (8.0,)}, "a radius of 6 fits into"),
        ({"image_size": (32, 96)}, "`scales` must be at most 2.5"),
        ({"place": -1.0}, "`place`"),
        ({"regularization": 0.0}, "`regularization`"),
    ],
)
def test_what_cannot_work_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said.replace("(", r"\(")):
        FisherVectors(**changes)


def test_patches_may_just_fit() -> None:
    assert FisherVectors(image_size=(13, 39), scales=(1,)).scales == (1,)
