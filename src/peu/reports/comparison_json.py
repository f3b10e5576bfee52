"""A comparison as JSON: the content of `report.json` and the output of `compare --json`."""

import dataclasses
import math
from collections import Counter
from typing import Any

import numpy as np

from peu.classifiers.search_record import search_to_dict
from peu.comparison.calibration import calibration_summary
from peu.comparison.comparison import Comparison
from peu.comparison.overview import overview
from peu.evaluation.metrics import METRICS
from peu.images.checks import describe_dataset
from peu.reports.mistakes import find_mistakes

FORMAT = 1


def comparison_to_dict(comparison: Comparison) -> dict[str, Any]:
    """All numbers of a comparison as JSON values.

    Format 1:

    - `format`: 1. A reader should refuse a number that it does not know.
    - `dataset`: `name`, `fingerprint`, `images` (number), `classes` (class name to number of
      images), `set_aside` (list of `path`, `reason`), `duplicates` (list of lists of paths
      that show the same image and stay on one side of every split), `warnings` (sentences on
      what may go wrong with these images).
    - `folds`, `repeats`, `seed`.
    - `recipes`, the best first, each with `name`, `recipe` (kind and every setting), the metrics
      of `peu.evaluation.metrics.METRICS` by name (`accuracy`, `balanced_accuracy`, `log_loss`,
      `brier`; each `mean`, `low`, `high`, `level`), `seconds_per_trial`, `parameters`,
      `trainable_parameters`, `seconds_per_image` (to predict one, decoded; null where it was not
      timed), `out_of_fold` (metrics of each image's averaged out-of-fold
      prediction, `n`, `confusion` with a row for each true class, `per_class`, `class_names`),
      `mistakes` (images that it took for something else, the most confident first: `image`,
      `label`, `predicted`, `probability` and `heat_map`: `values`, rows in [0, 1], `resize_mode`
      and `input_size` of what the model saw; null where none was made),
      `calibration` (`method`, null where none helps; `before` and `after` it on folds that it was
      not fitted on: `log_loss`, `brier`, `reliability`; `gain` in log loss; `sets`, of prediction
      sets after it: `wanted`, `covered`, `low`, `high`, `mean_size`, `empty`)
      and `trials` (each `repeat`, `fold`, the metrics, `seconds`, `history`, `notes`, `search`:
      null, or the configurations that were tried, and `phases`: `name`, `trainable_parameters`
      and, on the test images after it, `accuracy` and `log_loss` of each phase of a training in
      several).
    - `paired`: `first`, `second`, `difference` (first less second, in accuracy: `mean`, `low`,
      `high`, `level`), `p_value`, `distinguishable`, `probability` (that the first is better),
      `detectable` (the difference that would be shown in 4 of 5 such comparisons).
    - `failures`: `name`, `reason` of each recipe that could not run.
    - `left_out`: `name`, `reason` of what a time limit left no time for; a `name` of null is
      about all recipes.
    - `label_errors`: labels that are probably wrong: `method`, `checked` (number of images), `note`
      (why nothing is listed, or ""), and `suspects`, the most suspicious first: `image`, `given`,
      `suggested`, `probability_given`, `probability_suggested` and `nearest` (`image` and `label`
      of the images most like it); null where no recipe could run.
    - `verdict`: a sentence or a few.
    - `summary`: three sentences, `how_good`, `how_sure` and `next_step`, and the `rule` that chose
      the last (see `peu.comparison.overview`); null where no recipe could run.
    - `provenance`: the command, versions, hashes, machine and times.

    A figure that is not a finite number is null.
    """
    dataset, errors = comparison.dataset, comparison.label_errors
    summary = overview(comparison)
    value = {
        "format": FORMAT,
        "dataset": {
            "name": dataset.name,
            "fingerprint": dataset.fingerprint,
            "images": len(dataset),
            "classes": class_counts(comparison),
            "set_aside": [{"path": each.path, "reason": each.reason} for each in dataset.set_aside],
            "duplicates": duplicate_paths(comparison),
            "warnings": describe_dataset(dataset).warnings,
        },
        "folds": comparison.folds,
        "repeats": comparison.repeats,
        "seed": comparison.seed,
        "recipes": [
            {
                "name": summary.name,
                "recipe": summary.recipe.to_dict(),
                **{name: dataclasses.asdict(summary.metrics[name]) for name in METRICS},
                "seconds_per_trial": summary.seconds_per_trial,
                "parameters": summary.parameters,
                "trainable_parameters": summary.trainable_parameters,
                "seconds_per_image": summary.seconds_per_image,
                "out_of_fold": comparison.out_of_fold(summary.name).to_dict(),
                "calibration": dataclasses.asdict(calibration_summary(comparison, summary.name)),
                "mistakes": _mistakes(comparison, summary.name),
                "trials": _trials(comparison, summary.name),
            }
            for summary in comparison.summaries
        ],
        "paired": [dataclasses.asdict(pair) for pair in comparison.paired],
        "failures": [dataclasses.asdict(failure) for failure in comparison.failures],
        "left_out": [dataclasses.asdict(each) for each in comparison.left_out],
        "label_errors": None if errors is None else errors.to_dict(),
        "verdict": comparison.verdict,
        "summary": None if summary is None else summary.to_dict(),
        "provenance": comparison.provenance,
    }
    plain: dict[str, Any] = _plain(value)
    return plain


def class_counts(comparison: Comparison) -> dict[str, int]:
    """Number of images of each class, in the order of the classes."""
    dataset = comparison.dataset
    labels = np.asarray(dataset.labels if dataset.labels is not None else (), dtype=np.int64)
    counts = np.bincount(labels, minlength=len(dataset.class_names))
    return {name: int(count) for name, count in zip(dataset.class_names, counts, strict=True)}


def duplicate_paths(comparison: Comparison) -> list[list[str]]:
    """Keys of the images that are near-duplicates, a list for each group of two or more."""
    keys = comparison.dataset.keys
    groups = np.asarray(comparison.groups)
    repeated = [group for group, count in sorted(Counter(groups.tolist()).items()) if count > 1]
    return [[keys[int(index)] for index in np.flatnonzero(groups == group)] for group in repeated]


def _mistakes(comparison: Comparison, name: str) -> list[dict[str, Any]]:
    return [
        {
            "image": comparison.dataset.keys[each.image],
            "label": each.truth,
            "predicted": each.taken_for,
            "probability": each.probability,
            "heat_map": each.heat_map
            and {
                "values": [list(row) for row in each.heat_map.values],
                "resize_mode": each.heat_map.resize_mode,
                "input_size": list(each.heat_map.input_size),
            },
        }
        for each in find_mistakes(comparison, name)
    ]


def _trials(comparison: Comparison, name: str) -> list[dict[str, Any]]:
    return [
        {
            "repeat": trial.split.repeat,
            "fold": trial.split.fold,
            **trial.evaluation.metrics(),
            "seconds": trial.seconds,
            "history": trial.history,
            "notes": trial.notes,
            "search": None if trial.search is None else search_to_dict(trial.search),
            "phases": [dataclasses.asdict(phase) for phase in trial.phases],
        }
        for trial in comparison.trials_of(name)
    ]


def _plain(value: Any) -> Any:
    """Turn NumPy's types into Python's, NaN into null, and bytes of file names that are no text."""
    if isinstance(value, dict):
        return {_plain_text(str(key)): _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if value is None or isinstance(value, (bool, np.bool_)):
        return None if value is None else bool(value)
    if isinstance(value, (int, np.integer)):
        return int(value)
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None
    return _plain_text(str(value))


def _plain_text(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
