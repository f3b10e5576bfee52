"""What a section found, kept as a file as soon as it ends, so that a lab can go on."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peu import __version__
from peu.files import read_json, write_json

FORMAT = 1
Facts = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Findings:
    """Hold what a section found, whatever the language it is told in.

    Attributes:
        section: its key.
        facts: numbers and names, as JSON holds them.
        seconds: that it took.
        failed: why it could not run, or "".
    """

    section: str
    facts: Facts
    seconds: float
    failed: str = ""


def write_findings(folder: Path, findings: Findings) -> None:
    """Keep the findings of a section in the lab's folder.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    write_json(
        _file(folder, findings.section),
        {
            "format": FORMAT,
            "peu": __version__,
            "section": findings.section,
            "facts": _finite(findings.facts),
            "seconds": findings.seconds,
            "failed": findings.failed,
        },
    )


def read_findings(folder: Path, section: str) -> Findings | None:
    """Read what a section found; nothing where it has not run, or its file is not readable."""
    try:
        stored = read_json(_file(folder, section))
        if (stored["format"], stored["peu"], stored["section"]) != (FORMAT, __version__, section):
            return None
        return Findings(
            section=section,
            facts=dict(stored["facts"]),
            seconds=float(stored["seconds"]),
            failed=str(stored["failed"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _file(folder: Path, section: str) -> Path:
    return folder / "parts" / f"{section}.json"


def _finite(value: Any) -> Any:
    """Give the same with None for what is no number: JSON has no word for it."""
    if isinstance(value, dict):
        return {str(key): _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
