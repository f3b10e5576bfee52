"""The config file of a run: read, checked and written."""

import tomllib
from pathlib import Path

import pytest

from peu.cli.chosen_recipes import choose_recipes
from peu.cli.config import CONFIG_FILE, read_config, write_config
from peu.cli.run_folder import run_config
from peu.errors import RecipeError
from small_set import PLAIN, TINY


def test_settings_come_back_from_their_file(tmp_path: Path) -> None:
    write_config(tmp_path, run_config("photos", "abc", 3, 1, 7, [PLAIN, TINY]))
    read = read_config(tmp_path / CONFIG_FILE)
    assert choose_recipes(None, read, []) == [PLAIN, TINY]
    assert {key: read[key] for key in ("data", "folds", "repeats", "seed")} == {
        "data": "photos",
        "folds": 3,
        "repeats": 1,
        "seed": 7,
    }


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("colour = 3", "colour"),
        ("folds = [", "TOML"),
        ("format = 2", "format"),
        ('seed = "one"', "`seed`"),
        ("seed = true", "`seed`"),
        ("folds = 2.5", "`folds`"),
        ("data = 5", "`data`"),
        ("recipes = 5", "[[recipes]]"),
        ('recipes = ["cnn"]', "[[recipes]]"),
        ('[[recipes]]\nkind = "cnn"\nheight = 3', "height"),
        ('[[recipes]]\nkind = "unheard"', "unheard"),
        ("[[recipes]]\nkind = 3", "3"),
        ('[[recipes]]\nname = "cnn"', "None"),
        ('[[recipes]]\nkind = "cnn"\n[[recipes]]\nkind = "cnn"', "names of their own"),
        ('[[recipes]]\nkind = "cnn"\n[recipes.training]\nepochs = "x"', "epochs"),
    ],
)
def test_a_file_with_anything_wrong_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    with pytest.raises(RecipeError) as caught:
        choose_recipes(None, read_config(file), [])
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_or_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bytes.toml").write_bytes(b"data = '\xff'")
    for path in (tmp_path / "nowhere.toml", tmp_path, tmp_path / "bytes.toml"):
        with pytest.raises(RecipeError, match="--config"):
            read_config(path)


def test_a_folder_name_that_is_no_text_does_not_stop_a_run(tmp_path: Path) -> None:
    write_config(tmp_path, run_config("caf\udce9", "abc", 3, 1, 7, [PLAIN]))
    assert tomllib.loads((tmp_path / CONFIG_FILE).read_text())["data"] == "caf?"
