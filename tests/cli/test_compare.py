"""`peu compare`: its table, its JSON, its folder, and what it refuses."""

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from broken_images import BROKEN
from command_line import SMALL_HOG, Peu, complaint
from locked_folder import locked_elsewhere
from peu.cli.chosen_recipes import choose_recipes
from peu.cli.config import read_config
from peu.files import read_json, without_checksum
from small_set import CLASSES

QUICK = ("--recipes", "hog", *SMALL_HOG, "--folds", 2, "--repeats", 1)


@pytest.mark.usefixtures("real_plots")
def test_a_table_a_verdict_and_where_the_report_is(peu: Peu, photos: Path) -> None:
    told = peu("compare", photos, *QUICK, "-o", "run")
    assert told.exit_code == 0
    assert "photos: 32 images, 4 classes; 2 folds x 1" in told.stdout
    assert "hog is right on" in told.stdout
    verdict, advice, report = told.stdout.strip().splitlines()[-3:]
    assert verdict.startswith("hog is right on")
    assert advice.startswith("Next: ")
    assert report == f"Report: {Path('run/report.html')}"
    assert "\x1b" not in told.stdout + told.stderr
    beginning, first, second, done = told.stderr.splitlines()
    assert done.startswith("hog is done: accuracy ")
    assert beginning == "32 images; 2 trials in run."
    assert first.startswith("1/2 hog, repeat 1, fold 1: accuracy ")
    assert second.startswith("2/2 hog, repeat 1, fold 2: accuracy ")
    found = {path.relative_to("run").parts[0] for path in Path("run").iterdir()}
    assert found - {".lock"} == {
        "config.toml",
        "report.html",
        "report.json",
        "splits.json",
        "trials",
    }


def test_json_has_the_documented_form(peu: Peu, photos: Path) -> None:
    recipes = ("--recipes", "hog,transfer", "--backbone", "nowhere.keras")
    told = peu(
        *("compare", photos, *recipes, *SMALL_HOG),
        *("--backbone-preprocessing", "tf", "--quick", "--json"),
    )
    assert told.exit_code == 0
    result = json.loads(told.stdout)
    assert result["format"] == 1
    assert result["dataset"]["name"] == "photos"
    assert result["dataset"]["images"] == 32
    assert (result["folds"], result["repeats"], result["seed"]) == (3, 1, 0)
    (recipe,) = result["recipes"]
    assert recipe["name"] == "hog"
    assert set(recipe["accuracy"]) >= {"mean", "low", "high"}
    assert recipe["accuracy"]["low"] <= recipe["accuracy"]["mean"] <= recipe["accuracy"]["high"]
    assert recipe["seconds_per_trial"] > 0
    assert recipe["parameters"] > 0
    assert result["paired"] == []
    assert result["verdict"].startswith("hog is right on")
    assert [failure["name"] for failure in result["failures"]] == ["transfer"]
    assert "transfer could not run: " in told.stderr
    assert without_checksum(read_json(next(Path("runs").glob("*/report.json")))) == result


@pytest.mark.usefixtures("few_samples")
def test_without_a_folder_the_built_in_images_are_compared(peu: Peu) -> None:
    told = peu("compare", *QUICK, "--json")
    assert told.exit_code == 0
    result = json.loads(told.stdout)
    assert result["dataset"]["name"] == "samples"
    assert result["dataset"]["images"] == 32
    assert result["recipes"][0]["accuracy"]["mean"] > 0.5


def test_the_same_command_resumes_and_gives_the_same_figures(peu: Peu, photos: Path) -> None:
    first = peu("compare", photos, *QUICK, "--json")
    second = peu("compare", photos, *QUICK, "--json")
    (folder,) = Path("runs").iterdir()
    assert folder.name.startswith("photos-")
    assert second.stderr.splitlines() == [f"Going on with {folder}: finished trials are kept."]
    assert json.loads(first.stdout) == json.loads(second.stdout)
    figures = [json.loads(told.stdout) for told in (first, second)]
    # A page that is gone is written again, one that is there stays as it is.
    (folder / "report.html").unlink()
    assert json.loads(peu("compare", photos, *QUICK, "--json").stdout)["recipes"]
    written = (folder / "report.html").stat().st_mtime_ns
    assert peu("compare", photos, *QUICK).exit_code == 0
    assert (folder / "report.html").stat().st_mtime_ns == written
    third = peu("compare", photos, *QUICK, "--seed", 1, "--json")
    assert json.loads(third.stdout)["recipes"] != figures[0]["recipes"]
    assert len(list(Path("runs").iterdir())) == 2


def test_a_time_limit_says_what_it_left_out(peu: Peu, photos: Path) -> None:
    recipes = ("--recipes", "hog,tuned-cnn", *SMALL_HOG, "--folds", 2, "--repeats", 1)
    told = peu("compare", photos, *recipes, "--time-limit", "60s", "-o", "run", "--json")
    assert told.exit_code == 0
    result = json.loads(told.stdout)
    assert [recipe["name"] for recipe in result["recipes"]] == ["hog"]
    assert [each["name"] for each in result["left_out"]] == ["tuned-cnn"]
    assert "tuned-cnn is left out" in result["verdict"]
    assert "tuned-cnn" in Path("run/report.html").read_text(encoding="utf-8")
    refused = peu("compare", photos, *QUICK, "--time-limit", 1, "-o", "other")
    assert refused.exit_code == 5
    assert "--time-limit" in refused.stderr


def test_other_settings_are_refused_in_the_same_folder(peu: Peu, photos: Path) -> None:
    assert peu("compare", photos, *QUICK, "-o", "run").exit_code == 0
    before = Path("run/report.html").read_bytes()
    refused = peu("compare", photos, *QUICK, "-o", "run", "--seed", 1)
    assert refused.exit_code == 5
    assert "--overwrite" in complaint(refused)
    assert Path("run/report.html").read_bytes() == before
    assert peu("compare", photos, *QUICK, "-o", "run", "--seed", 1, "--overwrite").exit_code == 0
    assert Path("run/report.html").read_bytes() != before


def test_a_folder_of_something_else_is_refused(peu: Peu, photos: Path) -> None:
    Path("thesis").mkdir()
    Path("thesis/text.txt").write_text("precious")
    refused = peu("compare", photos, *QUICK, "-o", "thesis", "--overwrite")
    assert refused.exit_code == 5
    assert "run of peu" in complaint(refused)
    assert [path.name for path in Path("thesis").iterdir()] == ["text.txt"]


def test_a_second_run_in_a_folder_at_the_same_time_is_refused(peu: Peu, photos: Path) -> None:
    assert peu("compare", photos, *QUICK, "-o", "run").exit_code == 0
    with locked_elsewhere(Path("run")):
        refused = peu("compare", photos, *QUICK, "-o", "run")
    assert refused.exit_code == 5
    assert "Another run is working in it" in refused.stderr


def test_the_config_of_a_run_makes_it_again(peu: Peu, photos: Path) -> None:
    first = peu(
        "compare",
        photos,
        *QUICK,
        "--seed",
        3,
        "--set",
        "hog.resize_mode=pad",
        "-o",
        "run",
        "--json",
    )
    again = peu("compare", "--config", "run/config.toml", "-o", "again", "--json")
    assert again.exit_code == 0
    results = [json.loads(told.stdout) for told in (first, again)]
    for result in results:
        for recipe in result["recipes"]:
            recipe.pop("seconds_per_trial")
            recipe.pop("seconds_per_image")
            for trial in recipe["trials"]:
                trial.pop("seconds")
    assert results[0]["recipes"] == results[1]["recipes"]
    assert Path("run/config.toml").read_bytes() == Path("again/config.toml").read_bytes()
    other = peu("compare", "--config", "run/config.toml", "--seed", 4, "--folds", 3, "--json")
    assert json.loads(other.stdout)["seed"] == 4
    assert json.loads(other.stdout)["folds"] == 3


def test_presets_set_folds_and_repeats_unless_they_are_given(peu: Peu, photos: Path) -> None:
    told = peu("compare", photos, *QUICK[:-4], "--quick", "--folds", 2, "--json")
    assert (json.loads(told.stdout)["folds"], json.loads(told.stdout)["repeats"]) == (2, 1)


def test_quiet_is_quiet_and_a_broken_image_is_told_of(
    peu: Peu, photos: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(photos, tmp_path / "with-broken"))
    for number in range(5):
        (folder / "anchor" / f"broken{number}.jpg").write_bytes(BROKEN["empty"][0])
    told = peu("compare", folder, *QUICK)
    assert told.stderr.count("Set aside: anchor/broken") == 3
    assert "... and 2 more; see the report." in told.stderr
    assert peu("compare", folder, *QUICK, "--quiet").stderr == ""


@pytest.mark.usefixtures("real_plots")
def test_odd_names_work(peu: Peu, photos: Path, tmp_path: Path) -> None:
    odd = ["<script>", "two\nlines", "[bold]ü 猫", "\x1b[31mred"]
    folder = Path(shutil.copytree(photos, tmp_path / f"set {''.join(odd)}"))
    for usual, name in zip(CLASSES, odd, strict=True):
        (folder / usual).rename(folder / name)
        image = next((folder / name).iterdir())
        image.rename(image.with_name(f"{name}.jpg"))
        (folder / odd[0] / f"broken {name}.jpg").write_bytes(b"")
    told = peu("compare", folder, *QUICK)
    assert told.exit_code == 0
    assert "\x1b" not in told.stdout + told.stderr
    page = next(Path("runs").glob("*/report.html")).read_text(encoding="utf-8")
    assert "<script>.jpg" not in page
    data = json.loads(next(Path("runs").glob("*/report.json")).read_text(encoding="utf-8"))
    assert sorted(data["dataset"]["classes"]) == sorted(odd)


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (("--recipes", "magic"), 2, "magic"),
        (("--image-size", "huge"), 2, "--image-size"),
        (("--recipes", "cnn", "--epochs", 0), 2, "epochs"),
        (("--recipes", "hog", "--epochs", 3), 2, "--epochs"),
        (("--recipes", "hog", "--set", "hog.resize_mode=bend"), 2, "resize_mode"),
        (("--quick", "--thorough"), 2, "--thorough"),
        (("--time-limit", "soon"), 2, "--time-limit"),
        (("--recipes", "hog,hog"), 2, "names of their own"),
        (("--config", "nowhere.toml"), 2, "--config"),
        (("--recipes", "hog", "--folds", 9), 3, "9"),
    ],
)
def test_what_cannot_work_is_one_line_and_a_code(
    peu: Peu, photos: Path, arguments: tuple[object, ...], code: int, reason: str
) -> None:
    told = peu("compare", photos, *arguments)
    assert told.exit_code == code
    assert reason in complaint(told)
    assert not Path("runs").exists()


def test_where_no_recipe_can_run_the_first_ones_trouble_is_told(peu: Peu, photos: Path) -> None:
    told = peu("compare", photos, "--recipes", "transfer", "--backbone", "nowhere", "--quiet")
    assert told.exit_code == 2
    assert "nowhere" in complaint(told)


def test_typers_own_refusals_are_usage_errors(peu: Peu, photos: Path) -> None:
    for arguments in (("--folds", 1), ("--set",), ("--nonsense",), ("--seed", "x")):
        told = peu("compare", photos, *arguments)
        assert told.exit_code == 2
        assert arguments[0] in complaint(told)
        assert "`peu compare --help`" in complaint(told)


def test_images_that_are_not_there_or_too_few(peu: Peu, tmp_path: Path) -> None:
    told = peu("compare", "nowhere")
    assert told.exit_code == 3
    assert "nowhere" in complaint(told)
    (tmp_path / "set" / "one").mkdir(parents=True)
    Image.new("RGB", (40, 40)).save(tmp_path / "set" / "one" / "a.png")
    assert peu("compare", tmp_path / "set").exit_code == 3


def test_the_config_in_the_folder_holds_every_setting(peu: Peu, photos: Path) -> None:
    peu("compare", photos, *QUICK, "-o", "run", "--set", "hog.resize_mode=crop")
    (recipe,) = choose_recipes(None, read_config(Path("run/config.toml")), [])
    assert recipe.resize_mode == "crop"
    assert 'kernel = "rbf"' in Path("run/config.toml").read_text()
