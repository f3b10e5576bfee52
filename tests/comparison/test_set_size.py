"""Recipes that cannot learn from very many images are named before any work."""

import pytest

from peu.classifiers.fisher import FisherVectors
from peu.classifiers.hog import HogSVM
from peu.classifiers.transfer import Transfer
from peu.comparison.set_size import about_set_size
from peu.errors import ResourceError

ALL = (HogSVM(), FisherVectors(), Transfer())


def test_few_images_need_no_word() -> None:
    assert about_set_size(ALL, 200) == ()


def test_what_takes_long_and_what_is_left_out_is_said() -> None:
    slow, out = about_set_size(ALL, 16_000)
    assert slow.startswith("hog takes minutes")
    assert out.startswith("fisher is left out: it takes at most 5,000 images")
    assert len(about_set_size(ALL, 160_000)) == 2


def test_where_no_recipe_can_nothing_is_begun() -> None:
    with pytest.raises(ResourceError, match="hog, fisher must learn from at most 20,000") as one:
        about_set_size(ALL[:2], 25_000)
    assert "transfer" in str(one.value)
    with pytest.raises(ResourceError, match="fisher"):
        about_set_size(ALL[1:2], 6000)
