"""From the settings of a search to a network of the sheet's family, and back to words."""

import dataclasses

from peu.classifiers.proposals import Range
from peu.classifiers.search_record import Settings
from peu.recipes.scratch import SmallCNN
from peu.recipes.training import TrainingSettings
from peu.recipes.tuned import TunedCNN

_STEPS = {"image_size": 16, "layers": 1, "filters": 1, "batch_norm": 1, "epochs": 10}
_FACTORS = {"filters", "learning_rate", "weight_decay"}
_MOST_FILTERS = 128
_WARMUP = 0.05
# Usual values, and the first that a search tries.
_START: Settings = {
    "image_size": 64,
    "layers": 4,
    "filters": 16,
    "batch_norm": 1,
    "dropout": 0.3,
    "learning_rate": 3e-3,
    "weight_decay": 0.01,
    "epochs": 60,
    "augmentation": 1.0,
}


def ranges_of(recipe: TunedCNN) -> dict[str, Range]:
    """Give the range of each setting that a recipe leaves to be searched."""
    fixed = {
        "image_size": recipe.image_size is not None,
        "epochs": recipe.epochs is not None,
        "learning_rate": recipe.learning_rate is not None,
        "augmentation": recipe.augmentation.policy in ("none", "flip"),
    }
    return {
        setting.name: _range(setting.name, *getattr(recipe.space, setting.name))
        for setting in dataclasses.fields(recipe.space)
        if not fixed.get(setting.name)
    }


def starting_point(ranges: dict[str, Range]) -> Settings:
    """Give the configuration to begin with: usual values, as far as the ranges allow."""
    return {name: _within(each, _START[name]) for name, each in ranges.items()}


def configure(recipe: TunedCNN, settings: Settings) -> SmallCNN:
    """Build the recipe that values of the searched settings stand for."""
    side = int(settings.get("image_size", 0))
    width = int(settings["filters"])
    strength = settings.get("augmentation", recipe.augmentation.strength)
    return SmallCNN(
        name=recipe.name,
        image_size=recipe.image_size or (side, side),
        resize_mode=recipe.resize_mode,
        filters=tuple(
            min(width * 2**layer, max(width, _MOST_FILTERS))
            for layer in range(int(settings["layers"]))
        ),
        dense_units=recipe.dense_units,
        batch_norm=bool(settings["batch_norm"]),
        dropout=settings["dropout"],
        augmentation=dataclasses.replace(recipe.augmentation, strength=strength),
        views=recipe.views,
        training=TrainingSettings(
            epochs=recipe.epochs or int(settings["epochs"]),
            batch_size=recipe.batch_size,
            learning_rate=recipe.learning_rate or settings["learning_rate"],
            optimizer="adamw",
            weight_decay=settings["weight_decay"],
            schedule="cosine",
            warmup=_WARMUP,
        ),
    )


def in_words(chosen: SmallCNN) -> str:
    """Name what matters of a configuration in one line."""
    height, width = chosen.image_size
    training = chosen.training
    normalised = " with batch norm" if chosen.batch_norm else ""
    return (
        f"{height} x {width} pixels, filters {', '.join(map(str, chosen.filters))}{normalised}, "
        f"dropout {chosen.dropout:.2g}, learning rate {training.learning_rate:.2g}, "
        f"weight decay {training.weight_decay:.2g}, {training.epochs} epochs, "
        f"augmentation {chosen.augmentation.policy} x {chosen.augmentation.strength:.2g}"
    )


def _range(setting: str, low: float, high: float) -> Range:
    step = _STEPS.get(setting)
    if step is not None:
        high -= (high - low) % step
    return Range(low=low, high=high, step=step, log=setting in _FACTORS)


def _within(allowed: Range, value: float) -> float:
    inside = min(max(value, allowed.low), allowed.high)
    if allowed.step is None:
        return inside
    steps = int((inside - allowed.low) // allowed.step)
    return int(allowed.low) + steps * allowed.step
