"""`peu train`: a model in a folder, then at work."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from command_line import SMALL_HOG, Peu, complaint
from small_set import CLASSES

HOG = ("--recipe", "hog", *SMALL_HOG)


def test_a_model_is_trained_saved_used_and_measured(peu: Peu, photos: Path) -> None:
    trained = peu("train", photos, *HOG, "-o", "model", "--json")
    assert trained.exit_code == 0
    facts = json.loads(trained.stdout)
    assert facts["format"] == 1
    assert facts["output"] == "model"
    assert facts["recipe"] == "hog"
    assert facts["class_names"] == list(CLASSES)
    assert facts["images"] == 32
    assert facts["seed"] == 0
    assert facts["parameters"] == facts["trainable_parameters"] > 0
    image = next((photos / "anchor").iterdir())
    answer = json.loads(peu("predict", "model", image, "--json").stdout)
    assert answer["label"] == "anchor"
    figures = json.loads(peu("evaluate", "model", photos, "--json").stdout)
    assert figures["accuracy"] == 1
    assert figures["seen_in_training"] == 32


def test_a_class_of_copies_is_named(peu: Peu, photos: Path, tmp_path: Path) -> None:
    copies = tmp_path / "copies"
    for name in CLASSES[:2]:
        (copies / name).mkdir(parents=True)
        for number in range(4):
            shutil.copy(min((photos / name).iterdir()), copies / name / f"{number}.png")
    trained = peu("train", copies, *HOG, "-o", "model")
    assert trained.exit_code == 0
    assert "`accordion` has 4 images, and only 1 different" in trained.stderr


def test_without_a_recipe_a_comparison_chooses_and_says_why(peu: Peu, photos: Path) -> None:
    compared = peu("compare", photos, "--recipes", "hog", *SMALL_HOG, "--folds", 2, "--repeats", 1)
    assert compared.exit_code == 0
    trained = peu("train", photos, "-o", "model", "--json")
    assert trained.exit_code == 0
    facts = json.loads(trained.stdout)
    assert facts["recipe"] == "hog"
    assert "did best" in facts["reason"]
    assert f"Chose hog: {facts['reason']}." in trained.stderr
    several = peu("train", photos, "-o", "other", "--recipe", "hog,cnn")
    assert several.exit_code == 2
    assert "hog, cnn" in complaint(several)


def test_a_comparison_is_found_beside_the_images_or_where_it_is_named(
    peu: Peu, photos: Path, tmp_path: Path
) -> None:
    own = Path(shutil.copytree(photos, tmp_path / "there" / "photos"))
    quick = ("--recipes", "hog", "--folds", 2, "--repeats", 1, "-q")
    alone = json.loads(peu("train", own, "--recipe", "hog", "-o", "alone", "--json").stdout)
    assert peu("compare", own, *quick, "-o", own.parent / "runs" / "mine").exit_code == 0
    beside = json.loads(peu("train", own, "-o", "first", "--json").stdout)
    assert beside["recipe"] == "hog"
    assert "mine" in beside["reason"]
    # Its calibration and prediction sets are by that comparison too, not by inner folds.
    assert beside["trust"] != alone["trust"]
    for named in (own.parent / "runs", own.parent / "runs" / "mine"):
        told = peu("train", photos, "--run", named, "-o", "model", "--overwrite", "--json")
        assert json.loads(told.stdout)["recipe"] == "hog"
    Path("empty").mkdir()
    for wrong in ("empty", "nowhere"):
        refused = peu("train", photos, "--run", wrong, "-o", "other")
        assert refused.exit_code == 2
        assert wrong in complaint(refused)


def test_images_kept_for_testing_are_learnt_from_only_when_asked(
    peu: Peu, photos: Path, tmp_path: Path
) -> None:
    parted = tmp_path / "parted"
    for image in sorted(photos.rglob("*.jpg")):
        number = int(image.stem[-1]) if image.stem[-1].isdigit() else 0
        part = {0: "test", 1: "val"}.get(number % 4, "train")
        target = parted / part / image.parent.name / image.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, target)
    kept = json.loads(peu("train", parted, *HOG, "-o", "kept", "--json").stdout)
    assert 0 < kept["left_to_test"] < 32
    assert kept["images"] + kept["left_to_test"] == 32
    tested = json.loads(peu("evaluate", "kept", parted / "test", "--json").stdout)
    assert tested["seen_in_training"] == 0
    every = peu("train", parted, *HOG, "-o", "all", "--use-all", "--json")
    assert json.loads(every.stdout)["images"] == 32
    quick = ("--recipes", "hog", *SMALL_HOG, "--folds", 2, "--repeats", 1, "--json")
    compared = peu("compare", parted, *quick, "-o", "run")
    assert json.loads(compared.stdout)["dataset"]["images"] == kept["images"]
    assert "--use-all" in compared.stderr
    chosen = json.loads(peu("train", parted, "--run", "run", "-o", "chosen", "--json").stdout)
    assert "run" in chosen["reason"]
    fixed = json.loads(peu("labels", "fix", "run", "--json").stdout)
    assert fixed["images"] == kept["images"]
    whole = peu("compare", parted, *quick, "--use-all", "-o", "whole")
    assert json.loads(whole.stdout)["dataset"]["images"] == 32
    again = peu("compare", "--config", "whole/config.toml", "-o", "again", "--json")
    assert json.loads(again.stdout)["dataset"]["images"] == 32


def test_nothing_is_overwritten_unasked(peu: Peu, photos: Path) -> None:
    train = ("train", photos, *HOG, "-q")
    assert peu(*train).exit_code == 0
    before = Path("model/manifest.json").read_bytes()
    refused = peu(*train, "--seed", 1)
    assert refused.exit_code == 5
    assert "--overwrite" in complaint(refused)
    assert Path("model/manifest.json").read_bytes() == before
    assert peu(*train, "--seed", 1, "--overwrite").exit_code == 0
    assert Path("model/manifest.json").read_bytes() != before


_IN_ONE_PROCESS = """
import json, sys
from peu.cli.main import main
for arguments in json.loads(sys.argv[1]):
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as end:
        assert not end.code, end.code
"""


def test_a_network_leaves_the_screen_clean(photos: Path, tmp_path: Path) -> None:
    """Start one process for both commands: most of its time goes into loading the backend."""
    image = next((photos / "anchor").iterdir())
    commands = [
        [
            *("train", str(photos), "--recipe", "cnn", "--epochs", "1", "--quiet"),
            *("--image-size", "24x32", "--set", "cnn.batch_size=8", "--set", "cnn.filters=[4]"),
            *("--set", "cnn.optimizer=sgd", "-o", "[bold]model"),
        ],
        ["predict", "[bold]model", str(image), "--explain", "out", "--json"],
    ]
    told = subprocess.run(
        [sys.executable, "-c", _IN_ONE_PROCESS, json.dumps(commands)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert told.returncode == 0, told.stderr
    *trained, predicted = told.stdout.splitlines()
    assert trained[-1].endswith("Saved to [bold]model.")
    assert json.loads(predicted)["path"] == str(image)
    assert told.stderr.splitlines() == ["Explanations: out"]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("--recipe", "hog,cnn"), 2),
        (("--recipe", "magic"), 2),
        (("--recipe", ""), 2),
        (("--recipe", "hog", "--epochs", "3"), 2),
        (("--recipe", "hog", "--set", "hog.epochs=3"), 2),
        (("--set", "cnn.epochs=3"), 2),
        (("--recipe", "cnn", "--augmentation", "none,flip"), 2),
        (("--recipe", "transfer", "--backbone", "nowhere.h5"), 2),
    ],
)
def test_what_cannot_work_is_one_line_and_a_code(
    peu: Peu, photos: Path, arguments: tuple[str, ...], code: int
) -> None:
    told = peu("train", photos, *arguments)
    assert told.exit_code == code
    complaint(told)
    assert not Path("model").exists()
