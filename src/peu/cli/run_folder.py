"""The folder of a comparison: its name, and whether it holds the same run already."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from peu.cli.config import CONFIG_FILE, FORMAT, read_config
from peu.errors import RecipeError
from peu.files import canonical_json, sha256_of_text
from peu.output_folder import OutputFolder

if TYPE_CHECKING:
    from peu.classifiers.base import ImageClassifier

RUNS = Path("runs")
# The fingerprint says which images it were, wherever they lie.
_ALSO_TOLD = {"data": "", "use_all": False}


def run_config(
    data: str,
    fingerprint: str,
    folds: int,
    repeats: int,
    seed: int,
    recipes: "Sequence[ImageClassifier]",
    *,
    use_all: bool = False,
) -> dict[str, Any]:
    """Everything that a comparison depends on, in the form of a config file."""
    return {
        "format": FORMAT,
        "data": data,
        "fingerprint": fingerprint,
        "folds": folds,
        "repeats": repeats,
        "seed": seed,
        "recipes": [recipe.to_dict() for recipe in recipes],
        **({"use_all": True} if use_all else {}),
    }


def run_folder(
    output: Path | None, dataset_name: str, config: dict[str, Any], *, overwrite: bool
) -> OutputFolder:
    """The folder of a run: the one that is named, or one that the same command finds again.

    Args:
        output: as the user named it, or None.
        dataset_name: what a folder in `runs/` is called by.
        config: of `run_config`.
        overwrite: take over a folder of another run. Its finished trials stay, and are used where
            they are the same.
    """
    if output is None:
        essence = {name: value for name, value in config.items() if name not in _ALSO_TOLD}
        digest = sha256_of_text(canonical_json(essence))[:8]
        stem = re.sub(r"[^A-Za-z0-9._-]+", "-", dataset_name).strip("-.") or "images"
        output = RUNS / f"{stem[:40]}-{digest}"
    return OutputFolder(path=output, kind="run", marker=CONFIG_FILE, overwrite=overwrite)


def is_same_run(file: Path, config: dict[str, Any]) -> bool:
    """Whether a config file is of the same run, wherever its images lie."""
    try:
        return _essence(read_config(file)) == _essence(config)
    except RecipeError:
        return False


def _essence(config: dict[str, Any]) -> dict[str, Any]:
    from peu.classifiers.registry import recipe_from_dict

    # Through recipes, so that what a file leaves out is as if it were written.
    recipes = [recipe_from_dict(each).to_dict() for each in config.get("recipes", [])]
    return {**config, **_ALSO_TOLD, "recipes": recipes}
