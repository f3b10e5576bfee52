"""The folder of a report: its page, its numbers as JSON, its plots as PNG."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from PIL.Image import Image

from peu.files import with_checksum, write_bytes, write_json, write_text
from peu.output_folder import OutputFolder
from peu.reports.blocks import Figure, Report
from peu.reports.html import render_html
from peu.reports.thumbnails import png_bytes

PAGE, NUMBERS, PLOTS = "report.html", "report.json", "figures"

_OPENING = 200
"""Bytes that hold a page's first element."""
_LANGUAGE = re.compile(rb'<html lang="([A-Za-z-]+)"')


def report_folder(folder: Path, *, overwrite: bool) -> OutputFolder:
    """The folder that a report goes to; `check` it before any work is done for it."""
    return OutputFolder(path=folder, kind="report", marker=NUMBERS, overwrite=overwrite)


def page_language(page: Path) -> str:
    """The BCP 47 tag of a page's language, as the page itself says; "" where there is none.

    Raises:
        OSError: there is no such file, or it cannot be read.
    """
    with page.open("rb") as stream:
        found = _LANGUAGE.search(stream.read(_OPENING))
    return found[1].decode("ascii") if found else ""


def write_report_folder(
    folder: Path,
    report: Report,
    numbers: Mapping[str, Any],
    plots: Mapping[str, Figure | Image] = MappingProxyType({}),
) -> Path:
    """Write a report; files of these names are replaced, others are left alone.

    Args:
        folder: made if missing.
        report: the page.
        numbers: the content of its JSON file, which gets a checksum beside it.
        plots: figures and images to write as PNG files too, by name without ending.

    Returns:
        The path of the page.

    Raises:
        ResourceError: the disk is full or cannot be written.
    """
    for name, plot in plots.items():
        content = plot.png if isinstance(plot, Figure) else png_bytes(plot)
        write_bytes(folder / PLOTS / f"{name}.png", content)
    write_json(folder / NUMBERS, with_checksum(numbers))
    page = folder / PAGE
    write_text(page, render_html(report))
    return page
