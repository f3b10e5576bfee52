"""What a trained model says of itself: none of these, prediction sets, calibration."""

import csv
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import SMALL_HOG, Peu, complaint
from eager_steps import eager_steps

HOG = ("--recipe", "hog", *SMALL_HOG)


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("noise")
    rng = np.random.default_rng(0)
    for number in range(4):
        pixels = rng.integers(0, 255, (90, 120, 3)).astype(np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.png")
    return folder


def test_a_model_says_none_of_these_and_gives_sets(peu: Peu, photos: Path, noise: Path) -> None:
    trained = peu("train", photos, *HOG, "-o", "model", "--json", "-q")
    trust = json.loads(trained.stdout)["trust"]
    assert trust["none_of_these"]["known"] == 32
    assert trust["none_of_these"]["false_refusals"] == 0.05
    assert trust["prediction_sets"]["images"] == 32
    known = sorted((photos / "anchor").iterdir())
    told = peu("predict", "model", *known, noise, "--coverage", 0.9, "--json", "-q")
    answers = [json.loads(line) for line in told.stdout.splitlines()]
    assert sum(each["none_of_these"] for each in answers[:8]) <= 1
    assert all(each["none_of_these"] for each in answers[8:])
    assert all(each["label"] for each in answers)
    assert all(set(each["prediction_set"]) <= set(each["probabilities"]) for each in answers)
    everything = peu("predict", "model", noise, "--accept-all", "--json", "-q")
    assert "none_of_these" not in everything.stdout
    assert "prediction_set" not in everything.stdout
    assert "none of these; if any" in peu("predict", "model", noise, "-q").stdout
    table = peu("predict", "model", noise, "--coverage", 0.9, "--csv", "-", "-q").stdout
    assert {row["none_of_these"] for row in csv.DictReader(io.StringIO(table))} == {"true"}
    sorted_ = peu("predict", "model", noise, known[0], "--sort-into", "out", "-q")
    assert sorted_.exit_code == 0
    assert len(list(Path("out/none of these").iterdir())) == 4
    refused = peu("predict", "model", noise, "--coverage", 0.99)
    assert refused.exit_code == 3
    assert "99 images" in complaint(refused)


def test_images_of_something_else_are_learnt_from(peu: Peu, photos: Path, noise: Path) -> None:
    told = peu("train", photos, *HOG, "--none", noise, "-o", "model", "--json", "-q")
    trust = json.loads(told.stdout)["trust"]
    assert trust["none_of_these"]["others"] == 4
    assert trust["none_of_these"]["auroc"] > 0.9
    missing = peu("train", photos, *HOG, "--none", "nowhere", "-o", "other")
    assert missing.exit_code == 3
    assert not Path("other").exists()


def test_a_network_that_was_not_compared_says_so(peu: Peu, photos: Path) -> None:
    quick = (
        *("--set", "cnn.filters=[2]", "--set", "cnn.dense_units=4", "--image-size", 16),
        *("--set", "cnn.optimizer=sgd"),
    )
    recipe = ("--recipe", "cnn", "--epochs", 1, *quick)
    with eager_steps():
        alone = peu("train", photos, *recipe, "-o", "alone")
    assert alone.exit_code == 0
    assert "`peu compare`" in alone.stderr
    compared = ("--recipes", "cnn", "--epochs", 1, *quick, "--folds", 2, "--repeats", 1, "-q")
    with eager_steps():
        assert peu("compare", photos, *compared).exit_code == 0
        after = json.loads(peu("train", photos, *recipe, "-o", "after", "--json", "-q").stdout)
    assert after["trust"]["prediction_sets"]["images"] == 32
