"""Manifests of saved models that say what a test likes, under a checksum that holds."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from peu.files import with_checksum, without_checksum


def forge_manifest(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a saved model's manifest in place.

    Args:
        folder: of the model.
        change: alters the manifest that it is given.
    """
    path = folder / "manifest.json"
    manifest = without_checksum(json.loads(path.read_text(encoding="utf-8")))
    change(manifest)
    path.write_text(json.dumps(with_checksum(manifest)), encoding="utf-8")
