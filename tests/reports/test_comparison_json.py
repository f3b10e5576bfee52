"""The JSON holds every figure, and nothing that JSON has no word for."""

import dataclasses
import json

import pytest

from peu.comparison.comparison import Comparison
from peu.comparison.summaries import summarise
from peu.evaluation.metrics import METRICS, Evaluation, Metric
from peu.images.checks import describe_dataset
from peu.reports.comparison_json import comparison_to_dict
from peu.reports.comparison_report import comparison_report
from peu.reports.html import render_html
from undrawn_pages import undrawn_pages


def test_the_promised_keys(comparison: Comparison) -> None:
    value = comparison_to_dict(comparison)
    assert set(value) == {
        "format",
        "dataset",
        "folds",
        "repeats",
        "seed",
        "recipes",
        "paired",
        "failures",
        "left_out",
        "label_errors",
        "verdict",
        "summary",
        "provenance",
    }
    assert value["format"] == 1
    assert (value["folds"], value["repeats"], value["seed"]) == (3, 1, 7)
    first = value["recipes"][0]
    assert first["name"] == "hog"
    assert first["recipe"]["kind"] == "hog"
    assert first["accuracy"] == pytest.approx({"mean": 0.8, "low": 0.7, "high": 0.9, "level": 0.95})
    assert first["seconds_per_trial"] == 0.25
    assert value["recipes"][1]["parameters"] == 20090296
    assert value["paired"][0]["difference"]["mean"] == 0.3
    assert value["paired"][0]["distinguishable"] is True
    assert value["failures"] == [{"name": "transfer", "reason": "No <weights>: give a file."}]


def test_the_images(comparison: Comparison) -> None:
    dataset = comparison_to_dict(comparison)["dataset"]
    assert dataset["images"] == 18
    assert dataset["warnings"] == list(describe_dataset(comparison.dataset).warnings) != []
    assert list(dataset["classes"].values()) == [6, 6, 6]
    assert dataset["fingerprint"] == comparison.dataset.fingerprint
    assert [each["path"] for each in dataset["set_aside"]] == [
        "a&b $x_1$/<img src=x onerror=alert(1)>.jpg"
    ]
    assert dataset["duplicates"] == [list(comparison.dataset.keys[:2])]


def test_each_image_counts_once_in_the_confusion(comparison: Comparison) -> None:
    for recipe in comparison_to_dict(comparison)["recipes"]:
        figures = recipe["out_of_fold"]
        assert sum(map(sum, figures["confusion"])) == figures["n"] == 18
        right = sum(figures["confusion"][k][k] for k in range(3))
        assert abs(figures["accuracy"] - right / 18) < 1e-12
        assert len(figures["per_class"]) == 3


def test_every_trial_is_there_with_its_history(comparison: Comparison) -> None:
    trials = comparison_to_dict(comparison)["recipes"][1]["trials"]
    assert [(each["repeat"], each["fold"]) for each in trials] == [(0, 0), (0, 1), (0, 2)]
    assert trials[1]["history"]["loss"] == [1.5, 1.0, 0.5]
    assert trials[0]["notes"] == ["stopped early"]


def test_what_is_no_number_is_null(comparison: Comparison) -> None:
    value = comparison_to_dict(comparison)
    assert value["recipes"][1]["log_loss"]["mean"] is None
    again = json.loads(json.dumps(value, allow_nan=False))
    assert again == value


def test_a_new_metric_is_in_the_json_and_on_the_page(
    comparison: Comparison, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(METRICS, "error_rate", Metric("error_rate", "Error rate", "share wrong"))
    monkeypatch.setattr(
        Evaluation, "error_rate", property(lambda self: 1 - self.accuracy), raising=False
    )
    recipes = [summary.recipe for summary in comparison.summaries]
    measured = dataclasses.replace(comparison, summaries=summarise(recipes, comparison.trials))
    for recipe in comparison_to_dict(measured)["recipes"]:
        assert recipe["error_rate"]["mean"] == pytest.approx(1 - recipe["accuracy"]["mean"])
        for trial in recipe["trials"]:
            assert trial["error_rate"] == pytest.approx(1 - trial["accuracy"])
        assert "error_rate" in recipe["out_of_fold"]
    with undrawn_pages():
        page = render_html(comparison_report(measured))
    assert '<th scope="col" class="n">Error rate</th>' in page


def test_calibration_is_measured_before_and_after(comparison: Comparison) -> None:
    for recipe in comparison_to_dict(comparison)["recipes"]:
        figures = recipe["calibration"]
        for when in ("before", "after"):
            bins = figures[when]["reliability"]["bins"]
            assert sum(each["images"] for each in bins) == pytest.approx(18)
            assert all(each["low"] <= each["accuracy"] <= each["high"] for each in bins)
        fall = figures["before"]["log_loss"] - figures["after"]["log_loss"]
        assert figures["gain"]["mean"] == pytest.approx(fall)
        assert [each["wanted"] for each in figures["sets"]] == [0.8, 0.9]
    with undrawn_pages():
        page = render_html(comparison_report(comparison))
    assert "Can the probabilities be believed?" in page
