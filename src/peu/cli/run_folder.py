"""The folder of a run: claimed, resumed, or refused."""

import re
from pathlib import Path
from typing import Any

from peu.cli.settings import CONFIG_FILE, read_config, same_settings, write_config
from peu.errors import RecipeError, ResourceError
from peu.files import canonical_json, owning, sha256_of_text

RUNS = Path("runs")


def default_folder(dataset_name: str, settings: dict[str, Any]) -> Path:
    """Name a run by its images and its settings, so that the same command finds it again."""
    essence = {name: value for name, value in settings.items() if name != "data"}
    mark = sha256_of_text(canonical_json(essence))[:8]
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", dataset_name).strip("-.") or "images"
    return RUNS / f"{stem[:40]}-{mark}"


def claim_folder(folder: Path, settings: dict[str, Any], *, overwrite: bool) -> bool:
    """Make a folder this run's own, or find that it was already.

    Args:
        folder: where the run goes.
        settings: what the run depends on.
        overwrite: take over a folder of another run. Its finished trials stay of use where
            they are the same.

    Returns:
        Whether the folder holds the same run already, to be resumed.

    Raises:
        ResourceError: it holds something else, or another run is working in it.
    """
    # Names with a dot in front are locks, and drafts that a killed run left.
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    written = [name for name in names if not name.startswith(".")]
    if folder.exists() and not folder.is_dir():
        raise ResourceError(
            f"`{folder}` must be a folder. Received: a file. Choose another with --output."
        )
    if written and not (folder / CONFIG_FILE).is_file():
        raise ResourceError(
            f"`{folder}` must be empty or a run of peu. It holds {len(written)} other things. "
            "Choose another folder with --output."
        )
    if written and _same_run(folder, settings):
        return True
    if written and not overwrite:
        raise ResourceError(
            f"`{folder}` holds a run with other settings or images, and nothing is overwritten "
            "unasked. Choose another folder with --output, or say --overwrite."
        )
    with owning(folder):
        write_config(folder, settings)
    return False


def _same_run(folder: Path, settings: dict[str, Any]) -> bool:
    try:
        return same_settings(read_config(folder / CONFIG_FILE), settings)
    except RecipeError:
        return False
