"""A page is printed by a browser that is there; one that cannot print is an error in one line."""

import shutil
from pathlib import Path

import pytest

from peu.errors import ResourceError
from peu.reports import pdf
from peu.reports.pdf import find_browser, print_page


def _browser(folder: Path, script: str) -> Path:
    file = folder / "browser"
    file.write_text(f"#!/bin/sh\n{script}\n")
    file.chmod(0o755)
    return file


def test_a_browser_is_found_by_name_or_by_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = _browser(tmp_path, "exit 0")
    monkeypatch.delenv("PEU_BROWSER", raising=False)
    monkeypatch.setattr(pdf, "_BROWSERS", ("no-such-browser", "chromium"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ResourceError, match="none of them"):
        find_browser()
    own.rename(tmp_path / "chromium")
    assert find_browser() == str(tmp_path / "chromium")
    monkeypatch.setenv("PEU_BROWSER", "other")
    with pytest.raises(ResourceError, match="no `other`"):
        find_browser()


def test_a_browser_that_does_not_print_is_an_error_and_leaves_what_was_there(
    tmp_path: Path,
) -> None:
    page, printed = tmp_path / "page.html", tmp_path / "page.pdf"
    page.write_text("<p>Text</p>")
    printed.write_text("before")
    failing = _browser(tmp_path, "echo 'no display' >&2; exit 1")
    with pytest.raises(ResourceError, match="no display"):
        print_page(page, printed, browser=str(failing))
    assert printed.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["browser", "page.html", "page.pdf"]


@pytest.mark.skipif(shutil.which("chromium") is None, reason="Chromium is not here.")
def test_chromium_prints_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<title>T</title><p>One</p><p style='break-before: page'>Two</p>")
    print_page(page, tmp_path / "page.pdf", browser=shutil.which("chromium"))
    content = (tmp_path / "page.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") == 2
