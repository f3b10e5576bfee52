"""The settings of a variational auto-encoder: the sheet's, checked, and through JSON."""

from typing import Any

import pytest

from peu.errors import RecipeError
from peu.recipes.autoencoders import autoencoder_from_dict, autoencoder_to_dict
from peu.recipes.variational import Variational


def test_the_defaults_are_the_sheet_s() -> None:
    recipe = Variational()
    assert (recipe.latent, recipe.filters, recipe.dense_units) == (2, (32, 32), 16)
    assert recipe.decoder_filters == (32, 16)
    assert (recipe.training.epochs, recipe.training.batch_size) == (15, 128)
    assert recipe.kl_weight == "auto"


@pytest.mark.parametrize("kl_weight", ["auto", 0.001])
def test_a_recipe_survives_json(kl_weight: Any) -> None:
    recipe = Variational(latent=3, kl_weight=kl_weight, image_size=(20, 31), start="neighbours")
    assert autoencoder_from_dict(autoencoder_to_dict(recipe)) == recipe


@pytest.mark.parametrize(
    "settings",
    [
        {"latent": 0},
        {"latent": 2.5},
        {"start": "pca"},
        {"start": "neighbours", "latent": 4},
        {"kl_weight": 0},
        {"kl_weight": -1.0},
        {"kl_weight": float("nan")},
        {"kl_weight": float("inf")},
        {"kl_weight": "Auto"},
        {"filters": ()},
        {"filters": (32, 0), "decoder_filters": (32, 16)},
        {"filters": (32, 32, 32)},
        {"filters": (4,) * 4, "decoder_filters": (4,) * 4, "image_size": (12, 64)},
        {"dense_units": 0},
        {"warm_up": -1},
        {"restarts": -1},
        {"restarts": True},
        {"test_share": 1.0},
        {"channels": "rgb"},
        {"image_size": (4, 28)},
        {"training": None},
    ],
)
def test_what_cannot_work_is_refused_in_one_line(settings: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r"must be .*Received: ") as caught:
        Variational(**settings)
    assert "\n" not in str(caught.value)
