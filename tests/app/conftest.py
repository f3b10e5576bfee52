"""A browser that looks at the page."""

import os
import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from app_pages import OpenPage

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_LEFT_OUT = "no Chromium is installed: the page is not tested in a browser"


# Not longer: while it is there an event loop runs, beside which no test can run one of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return the system's Chromium; without one skip, or fail where it is required."""
    program = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if program is None:
        if os.environ.get("PEU_BROWSER_REQUIRED"):
            pytest.fail(_LEFT_OUT)
        pytest.skip(_LEFT_OUT)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(
            executable_path=program,
            args=[
                "--no-sandbox",
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ],
        )
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a page; in the end nothing must have gone wrong in it, nor been asked for elsewhere."""
    contexts: list[BrowserContext] = []
    troubles: list[str] = []
    asked: list[str] = []

    def opened(address: str, *, width: int = 1280, **options: Any) -> Page:
        size = {"width": width, "height": 900 if width > 500 else 740}
        context = browser.new_context(viewport=size, **{"locale": "en", **options})  # type: ignore[arg-type]
        context.set_default_timeout(90_000)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(address)
        page.wait_for_selector(".peu-screen h1")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert troubles == []
    assert len(asked) >= len(contexts)
    assert {
        re.split("[:/]+", url)[1] for url in asked if not url.startswith(("data:", "blob:"))
    } <= {"127.0.0.1"}
