"""The TOML file of a run's settings: read, checked, written."""

import tomllib
from pathlib import Path
from typing import Any

from peu.errors import RecipeError
from peu.files import read_text, write_text
from peu.wording import quoted

FORMAT = 1
CONFIG_FILE = "config.toml"
_MOST_BYTES = 1 << 20
_KEYS: dict[str, type] = {
    "format": int,
    "data": str,
    "folds": int,
    "repeats": int,
    "seed": int,
    "recipes": list,
    "fingerprint": str,
    "task": str,
    "use_all": bool,
}
_TYPE_NAMES = {
    str: "a text in quotes",
    int: "a whole number",
    bool: "true or false",
    list: "tables, each headed [[recipes]]",
}


def read_config(path: Path | None) -> dict[str, Any]:
    """Read a TOML file of settings; without a path there are none.

    Raises:
        RecipeError: no such file, no TOML, an unknown key, a value of another type or a newer
            format.
    """
    if path is None:
        return {}
    try:
        config = tomllib.loads(read_text(path, most_bytes=_MOST_BYTES))
    except (OSError, ValueError, RecursionError) as error:
        raise RecipeError(
            f"`--config` must be a readable TOML file. Received: {quoted(path)}, {error}. Check "
            "the path and the file."
        ) from error
    for key, value in config.items():
        if key not in _KEYS:
            raise RecipeError(
                f"{quoted(path)} must have keys among {', '.join(_KEYS)}. Received: `{key}`. Check "
                "its spelling."
            )
        if type(value) is not _KEYS[key]:
            raise RecipeError(
                f"`{key}` in {quoted(path)} must be {_TYPE_NAMES[_KEYS[key]]}. Received: "
                f"{value!r}. Change it."
            )
    tables = config.get("recipes", [])
    if not all(isinstance(table, dict) for table in tables):
        raise RecipeError(
            f"`recipes` in {quoted(path)} must be tables, each headed [[recipes]]. Received: "
            f"{tables!r}. Write `kind` and any settings below each heading."
        )
    if config.get("format", FORMAT) != FORMAT:
        raise RecipeError(
            f"{quoted(path)} must have format {FORMAT}. Received: {config['format']}. Update peu."
        )
    return config


def write_config(folder: Path, config: dict[str, Any]) -> None:
    """Write the settings of a run into its folder.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    import tomli_w

    text = tomli_w.dumps(_without_none(config))
    # A folder's name may be bytes that are no text, which TOML cannot hold.
    write_text(folder / CONFIG_FILE, text.encode("utf-8", "replace").decode("utf-8"))


def _without_none(value: Any) -> Any:
    """Leave out what is None, since TOML has no word for it; read back, it is the default."""
    if isinstance(value, dict):
        return {key: _without_none(item) for key, item in value.items() if item is not None}
    if isinstance(value, (list, tuple)):
        return [_without_none(item) for item in value]
    return value
