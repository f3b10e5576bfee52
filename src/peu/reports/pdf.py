"""A page as PDF, printed by a browser that is already there."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from peu.errors import ResourceError
from peu.files import replacing
from peu.wording import quoted

BROWSER_VARIABLE = "PEU_BROWSER"
_BROWSERS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)
_SECONDS = 180


def find_browser() -> str:
    """Find a browser that prints: the one that PEU_BROWSER names, Chromium, Chrome or Edge.

    Raises:
        ResourceError: none is there.
    """
    named = os.environ.get(BROWSER_VARIABLE)
    for name in (named,) if named else _BROWSERS:
        if found := shutil.which(name):
            return found
    raise ResourceError(
        "A PDF needs Chromium, Chrome or Edge, which prints the page. Found: "
        f"{f'no {quoted(named)}' if named else 'none of them'}. Name a browser in "
        f"{BROWSER_VARIABLE}, or print the page from your own."
    )


def print_page(page: Path, pdf: Path, *, browser: str | None = None) -> None:
    """Print a page into a PDF, with the page's own print styles.

    The browser starts without a window, with a profile of its own and without the network.

    Args:
        page: an HTML file that needs no other.
        pdf: the file to write, *.pdf; replaced if it is there.
        browser: from `find_browser`; None finds one.

    Raises:
        ResourceError: no browser, or it could not print.
    """
    command = browser or find_browser()
    with tempfile.TemporaryDirectory(prefix="peu-") as profile, replacing(pdf) as draft:
        arguments = [
            command,
            "--headless",
            "--disable-gpu",
            "--disable-extensions",
            "--no-first-run",
            "--no-pdf-header-footer",
            "--proxy-server=127.0.0.1:9",
            f"--user-data-dir={profile}",
            f"--print-to-pdf={draft}",
            page.absolute().as_uri(),
        ]
        # As in containers, where its sandbox refuses to start.
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            arguments.insert(1, "--no-sandbox")
        try:
            told = subprocess.run(  # noqa: S603 - a fixed list, no shell
                arguments, capture_output=True, timeout=_SECONDS, check=False
            )
            reason = told.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        except (OSError, subprocess.TimeoutExpired) as error:
            reason = [str(error)]
        if draft.stat().st_size == 0:
            raise ResourceError(
                f"{quoted(command)} must print {quoted(page)}. It did not: "
                f"{' '.join(reason)[:200] or 'no reason given'}. Print the page from your browser, "
                f"or name another in {BROWSER_VARIABLE}."
            )
