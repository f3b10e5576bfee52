"""A search on the command line: what is fixed, what is kept, and what the report shows."""

import json
from pathlib import Path

import pytest

from command_line import Peu
from eager_steps import eager_steps

TINY = (
    *("--epochs", "1", "--image-size", "16"),
    *("--set", "tuned-cnn.batch_size=8", "--set", "tuned-cnn.trials=2"),
)


def test_a_tuned_network_is_trained_and_its_search_is_found_again(
    peu: Peu, photos: Path, private_cache: Path
) -> None:
    # One inner fold, one view and no more than mirrored images: a search is one all the same.
    Path("quick.toml").write_text('[[recipes]]\nkind = "tuned-cnn"\ninner_folds = 1\ntta = 1\n')
    quick = ("--config", "quick.toml", "--augmentation", "flip")
    command = ("train", photos, *quick, "--recipe", "tuned-cnn", *TINY, "-o")
    with eager_steps():
        trained = peu(*command, "model")
    assert trained.exit_code == 0, trained.stderr
    assert trained.stderr.startswith("Inner folds chose 16 x 16 pixels, filters ")
    assert "tuned-cnn learnt 4 classes from 32 images" in trained.stdout
    manifest = json.loads(Path("model/manifest.json").read_text())
    search = manifest["provenance"]["search"]
    assert len(search["trials"]) == 2
    assert search["chosen"]["training"]["epochs"] == 1
    (kept,) = (private_cache / "searches").iterdir()
    before = kept.read_bytes()
    # The same again searches nothing, and learns the same.
    with eager_steps():
        again = peu(*command, "again")
    assert again.stderr == trained.stderr
    assert kept.read_bytes() == before
    twin = json.loads(Path("again/manifest.json").read_text())
    assert twin["provenance"]["search"] == search
    assert twin["history"] == manifest["history"]


@pytest.mark.slow
def test_a_comparison_shows_its_searches(peu: Peu, photos: Path) -> None:
    done = peu(
        *("compare", photos, "--recipes", "hog,tuned-cnn", *TINY, "--set", "tuned-cnn.push=2"),
        *("--folds", 2, "--repeats", 1, "-o", "run", "--json"),
    )
    assert done.exit_code == 0, done.stderr
    recipes = {each["name"]: each for each in json.loads(done.stdout)["recipes"]}
    searches = [trial["search"] for trial in recipes["tuned-cnn"]["trials"]]
    assert all(len(search["trials"]) == 2 for search in searches)
    assert all(search["push"]["factor"] == 2 for search in searches)
    assert len(list(Path("run/searches").iterdir())) == 2
    page = Path("run/report.html").read_text()
    assert "How settings were chosen" in page
    assert "Trained 2 times as long" in page


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("trials=0", "trials"),
        ("tuning_time=0", "tuning_time"),
        ("push=1", "push"),
    ],
)
def test_what_cannot_work_is_a_usage_error(
    peu: Peu, photos: Path, setting: str, named: str
) -> None:
    told = peu("train", photos, "--recipe", "tuned-cnn", "--set", f"tuned-cnn.{setting}")
    assert told.exit_code == 2
    assert f"`{named}`" in told.stderr
