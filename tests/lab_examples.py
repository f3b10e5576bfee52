"""Recorded findings of every section, in each state that its answers tell apart."""

from pathlib import Path
from typing import Any

import pydantic

from peu.lab.sections import LabSection

EXAMPLES = Path(__file__).parent / "lab" / "examples"


def examples_of(section: LabSection) -> dict[str, Any]:
    """Read the recorded findings of a section by the name of their state."""
    adapter = pydantic.TypeAdapter(dict[str, section.findings])  # type: ignore[name-defined]
    stored = (EXAMPLES / f"{section.key}.json").read_bytes()
    return dict(adapter.validate_json(stored))
