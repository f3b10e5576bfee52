"""A folder that holds one report: its page, its figures as JSON, and each drawing as PNG."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peu.errors import ResourceError
from peu.files import write_bytes, write_json, write_text
from peu.reports.html import render_html
from peu.reports.report import Report

PAGE, NUMBERS, DRAWINGS = "report.html", "report.json", "figures"


def claim_report(folder: Path, *, overwrite: bool) -> None:
    """Refuse a folder that must not be written to, before any work is done for it.

    Raises:
        ResourceError: it holds a report, or something else, and that is not to be replaced.
    """
    if folder.exists() and not folder.is_dir():
        raise ResourceError(
            f"`{folder}` must be a folder for a report. A file is there. Choose another name."
        )
    if overwrite or not folder.exists() or not any(folder.iterdir()):
        return
    raise ResourceError(
        f"`{folder}` must not exist yet: nothing is overwritten unasked. Choose another folder, or "
        "say --overwrite."
    )


def write_report_folder(
    folder: Path, report: Report, numbers: Mapping[str, Any], drawings: Mapping[str, bytes]
) -> Path:
    """Write a report; files of these names are replaced, others are left alone.

    Args:
        folder: made if missing.
        report: the page.
        numbers: what JSON holds of it.
        drawings: PNG files by name, without ending.

    Returns:
        The path of the page.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    for name, content in drawings.items():
        write_bytes(folder / DRAWINGS / f"{name}.png", content)
    write_json(folder / NUMBERS, dict(numbers))
    page = folder / PAGE
    write_text(page, render_html(report))
    return page
