"""Recipes of auto-encoders: the sheet's by default, checked, and the same after JSON."""

import json
from typing import Any

import pytest

from peu.errors import RecipeError
from peu.recipes.autoencoders import autoencoder_from_dict, autoencoder_to_dict
from peu.recipes.denoising import Denoising
from peu.recipes.training import TrainingSettings


def test_the_defaults_are_the_sheets() -> None:
    recipe = Denoising()
    assert recipe.widths == (16, 32)
    assert recipe.stride == 4
    assert recipe.noise == 0.2
    assert (recipe.training.epochs, recipe.training.batch_size) == (20, 32)
    assert recipe.training.learning_rate == 1e-3


@pytest.mark.parametrize(
    "recipe",
    [
        Denoising(),
        Denoising(
            name="mine",
            image_size=(32, 48),
            resize_mode="pad",
            channels="colour",
            network="unet",
            filters=(4, 8, 16),
            noise="poisson:3-30",
            loss="mae",
            output_bias="zero",
            test_share=0.1,
            restarts=0,
            training=TrainingSettings(epochs=3, patience=2),
        ),
    ],
)
def test_a_recipe_survives_json(recipe: Denoising) -> None:
    text = json.dumps(autoencoder_to_dict(recipe))
    assert autoencoder_from_dict(json.loads(text)) == recipe


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"noise": "loud"}, "noise"),
        ({"network": "gan"}, "network"),
        ({"channels": "4"}, "channels"),
        ({"resize_mode": "squash"}, "resize_mode"),
        ({"image_size": (30, 28)}, "image_size"),
        ({"image_size": (28, 4)}, "image_size"),
        ({"image_size": (44, 44), "filters": (4, 8, 16)}, "image_size"),
        ({"filters": ()}, "filters"),
        ({"filters": (0, 4)}, "filters"),
        ({"filters": (1,) * 7}, "filters"),
        ({"test_share": 0}, "test_share"),
        ({"test_share": 1.0}, "test_share"),
        ({"restarts": -1}, "restarts"),
        ({"restarts": True}, "restarts"),
        ({"name": "../x"}, "name"),
        ({"training": 3}, "training"),
    ],
)
def test_values_that_cannot_work_are_refused(settings: dict[str, Any], named: str) -> None:
    with pytest.raises(RecipeError, match=f"`{named}` must be .* Received: "):
        Denoising(**settings)


def test_a_size_that_one_network_cannot_halve_another_can() -> None:
    size = (30, 30)
    assert Denoising(image_size=size, network="unet", filters=(4, 8)).stride == 2


@pytest.mark.parametrize(
    "value", [{"kind": "cnn"}, {"kind": "denoising", "loud": 1}, {"kind": []}, {"format": 2}]
)
def test_foreign_recipes_are_refused(value: dict[str, Any]) -> None:
    with pytest.raises(RecipeError):
        autoencoder_from_dict(value)
