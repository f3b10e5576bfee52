"""Recorded findings of every section, in each state that its answers tell apart."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydantic

from peu.lab.rendering import CHARTS
from peu.lab.sections import LabSection
from peu.reports.blocks import Block
from peu.reports.figure import figure
from peu.reports.table import Table

EXAMPLES = Path(__file__).parent / "lab" / "examples"


def examples_of(section: LabSection) -> dict[str, Any]:
    """Read the recorded findings of a section by the name of their state."""
    adapter = pydantic.TypeAdapter(dict[str, section.findings])  # type: ignore[name-defined]
    stored = (EXAMPLES / f"{section.key}.json").read_bytes()
    return dict(adapter.validate_json(stored))


def undrawn_charts() -> dict[str, Callable[..., Block]]:
    """Stand in for the charts of a page: figures with nothing in them, as drawing takes longest."""
    empty = figure(Table("", (), ()), lambda _: None, caption="")
    return dict.fromkeys(CHARTS, lambda *_, **__: empty)
