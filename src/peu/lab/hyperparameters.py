"""Section 1.3: one knob at a time, then the best of each together, then for longer."""

from typing import Any

from peu.experiments.comparison import Comparison
from peu.lab.bench import Bench, by_rank, fold_rows, trial_facts
from peu.lab.findings import Facts
from peu.lab.settings import LabSettings
from peu.recipes.scratch import Scratch
from peu.recipes.training import TrainingSettings

Knobs = dict[str, float]
_VALUES: dict[str, tuple[float, ...]] = {
    "layers": (3, 1),
    "width": (16, 64),
    "dropout": (0.5, 0.25),
}
# Of the usual rate and epochs.
_TIMES: dict[str, tuple[float, ...]] = {"learning_rate": (0.3, 3.0), "epochs": (2,)}


def measure(bench: Bench) -> Facts:
    """Vary each knob, join the best values, and test what came out."""
    pace = bench.settings.pace
    base = usual_knobs(bench.settings)
    varied = [
        (knob, value, {**base, knob: value})
        for knob, values in _values(base).items()
        for value in values[: pace.values]
    ]
    alone = {"base": base, **{f"{knob} {value:g}": each for knob, value, each in varied}}
    compared = bench.compare_by_folds(
        [recipe_of(each, pace.small_size, name) for name, each in alone.items()]
    )
    rows = _rows(compared, alone)
    joined = dict(base)
    for knob in base:
        same = [row for row in rows if differs_only_in(row["knobs"], base, knob)]
        if same:
            joined[knob] = max(same, key=by_rank)["knobs"][knob]
    if joined not in [row["knobs"] for row in rows]:
        together = {"together": joined}
        again = bench.compare_by_folds([recipe_of(joined, pace.small_size, "together")])
        rows += _rows(again, together)
    best = max(rows, key=by_rank)
    pushed = {**best["knobs"], "epochs": pace.push * best["knobs"]["epochs"]}
    trials = bench.test(
        [
            recipe_of(base, pace.small_size, "base"),
            recipe_of(best["knobs"], pace.small_size, "best"),
            recipe_of(pushed, pace.small_size, "pushed"),
        ],
        partly=True,
    )
    return {
        "classes": len(bench.pictures.class_names),
        "train": len(bench.split.train),
        "folds": pace.tried_folds,
        "parts": pace.folds,
        "image_size": pace.small_size,
        "base": base,
        "rows": rows,
        "failed": [failure.name for failure in compared.failures],
        "best": best["name"],
        "knobs": best["knobs"],
        "push": pace.push,
        "trials": {trial.recipe.name: trial_facts(trial) for trial in trials},
    }


def usual_knobs(settings: LabSettings) -> Knobs:
    """Give the knobs of the sheet's network."""
    return {
        "learning_rate": settings.learning_rate,
        "layers": 2,
        "width": 32,
        "dropout": 0.0,
        "epochs": settings.pace.sheet_epochs,
    }


def recipe_of(knobs: Knobs, side: int, name: str) -> Scratch:
    """Give the recipe of some knobs: so many layers, each twice as wide as the one before."""
    return Scratch(
        name=name,
        image_size=(side, side),
        filters=tuple(int(knobs["width"]) * 2**layer for layer in range(int(knobs["layers"]))),
        dropout=knobs["dropout"],
        training=TrainingSettings(
            epochs=int(knobs["epochs"]), learning_rate=knobs["learning_rate"]
        ),
    )


def _values(base: Knobs) -> dict[str, tuple[float, ...]]:
    times = {
        knob: tuple(round(base[knob] * factor, 10) for factor in factors)
        for knob, factors in _TIMES.items()
    }
    # A rate is in (0, 10].
    times["learning_rate"] = tuple(min(10.0, rate) for rate in times["learning_rate"])
    return {**times, **_VALUES}


def _rows(compared: Comparison, knobs: dict[str, Knobs]) -> list[dict[str, Any]]:
    return [{**row, "knobs": knobs[row["name"]]} for row in fold_rows(compared)]


def differs_only_in(knobs: Knobs, base: Knobs, knob: str) -> bool:
    """Tell whether all knobs but one are the base's."""
    return all(knobs[name] == base[name] for name in base if name != knob)
