"""Section 1.3: one setting at a time, then the best of each together, then for longer."""

from typing import Any

from peu.comparison.comparison import Comparison
from peu.lab.bench import Bench, by_rank, fold_rows, trial_facts
from peu.lab.findings import Facts
from peu.lab.settings import LabSettings
from peu.recipes.scratch import SmallCNN
from peu.recipes.training import TrainingSettings

Settings = dict[str, float]
_VALUES: dict[str, tuple[float, ...]] = {
    "layers": (3, 1),
    "width": (16, 64),
    "dropout": (0.5, 0.25),
}
# Of the usual rate and epochs.
_TIMES: dict[str, tuple[float, ...]] = {"learning_rate": (0.3, 3.0), "epochs": (2,)}


def measure(bench: Bench) -> Facts:
    """Vary each setting, join the best values, and test what came out."""
    pace = bench.settings.pace
    base = usual_settings(bench.settings)
    varied = [
        (setting, value, {**base, setting: value})
        for setting, values in _values(base).items()
        for value in values[: pace.values]
    ]
    alone = {"base": base, **{f"{setting} {value:g}": each for setting, value, each in varied}}
    compared = bench.compare_by_folds(
        [recipe_of(each, pace.small_size, name) for name, each in alone.items()]
    )
    rows = _rows(compared, alone)
    joined = dict(base)
    for setting in base:
        same = [row for row in rows if differs_only_in(row["settings"], base, setting)]
        if same:
            joined[setting] = max(same, key=by_rank)["settings"][setting]
    if joined not in [row["settings"] for row in rows]:
        together = {"together": joined}
        again = bench.compare_by_folds([recipe_of(joined, pace.small_size, "together")])
        rows += _rows(again, together)
    best = max(rows, key=by_rank)
    pushed = {**best["settings"], "epochs": pace.push * best["settings"]["epochs"]}
    trials = bench.test(
        [
            recipe_of(base, pace.small_size, "base"),
            recipe_of(best["settings"], pace.small_size, "best"),
            recipe_of(pushed, pace.small_size, "pushed"),
        ],
        partly=True,
    )
    return {
        "classes": len(bench.images.class_names),
        "train": len(bench.split.train),
        "folds": pace.tried_folds,
        "parts": pace.folds,
        "image_size": pace.small_size,
        "base": base,
        "rows": rows,
        "failed": [failure.name for failure in compared.failures],
        "best": best["name"],
        "settings": best["settings"],
        "push": pace.push,
        "trials": {trial.recipe.name: trial_facts(trial) for trial in trials},
    }


def usual_settings(settings: LabSettings) -> Settings:
    """Give the settings of the sheet's network."""
    return {
        "learning_rate": settings.learning_rate,
        "layers": 2,
        "width": 32,
        "dropout": 0.0,
        "epochs": settings.pace.sheet_epochs,
    }


def recipe_of(settings: Settings, side: int, name: str) -> SmallCNN:
    """Give the recipe of some settings: so many layers, each twice as wide as the one before."""
    return SmallCNN(
        name=name,
        image_size=(side, side),
        filters=tuple(
            int(settings["width"]) * 2**layer for layer in range(int(settings["layers"]))
        ),
        dropout=settings["dropout"],
        training=TrainingSettings(
            epochs=int(settings["epochs"]), learning_rate=settings["learning_rate"]
        ),
    )


def _values(base: Settings) -> dict[str, tuple[float, ...]]:
    times = {
        setting: tuple(round(base[setting] * factor, 10) for factor in factors)
        for setting, factors in _TIMES.items()
    }
    # A rate is in (0, 10].
    times["learning_rate"] = tuple(min(10.0, rate) for rate in times["learning_rate"])
    return {**times, **_VALUES}


def _rows(compared: Comparison, settings: dict[str, Settings]) -> list[dict[str, Any]]:
    return [{**row, "settings": settings[row["name"]]} for row in fold_rows(compared)]


def differs_only_in(settings: Settings, base: Settings, setting: str) -> bool:
    """Tell whether all settings but one are the base's."""
    return all(settings[name] == base[name] for name in base if name != setting)
