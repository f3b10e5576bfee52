"""The frame of the page: header, steps, and a screen for each, made when it is first shown."""

import importlib
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse
from nicegui import ui

from peu.app.jobs import JobRunner
from peu.app.page import Page
from peu.app.parts import text
from peu.app.screens import STEPS
from peu.app.texts import Texts, preferred_language
from peu.app.workspace import Workspace
from peu.translations.language import LanguageCode

_SECONDS_BETWEEN_LOOKS = 0.5
_STYLE = Path(__file__).with_name("style.css")
_COLOURS = {
    "primary": "#1f5fbf",
    "secondary": "#3b4a5a",
    "accent": "#8a4fbf",
    "positive": "#1b7f4b",
    "negative": "#b3261e",
    "warning": "#8a5a00",
    "info": "#1f5fbf",
}
_QUASAR = {"en": "en-US", "fr": "fr"}


def add_pages(app: FastAPI, workspace: Workspace, jobs: JobRunner) -> None:
    """Make the page known to NiceGUI, at `/en` and `/fr`; `/` leads to the browser's language."""
    ui.add_css(_STYLE, shared=True)

    @app.get("/")
    def _home(request: Request) -> RedirectResponse:
        code = preferred_language(request.headers.get("accept-language", ""))
        return RedirectResponse(f"/{code}", headers={"vary": "accept-language"})

    def make(code: LanguageCode) -> None:
        texts = Texts(code)

        @ui.page(f"/{code}", title=texts("page.title"), language=_QUASAR[code])  # type: ignore[arg-type]
        def _page(step: str = "") -> None:
            _build(Page(workspace, jobs, texts), step)

    make("en")
    make("fr")


def _build(page: Page, step: str) -> None:
    texts = page.texts
    built: set[str] = set()

    def show(name: str) -> None:
        page.step = name
        if name not in built:
            built.add(name)
            with panels[name]:
                importlib.import_module(f"peu.app.screens.{name}").build(page)
        page.tick()
        ui.run_javascript(f"history.replaceState(null, '', '?step={name}'); scrollTo(0, 0)")

    def go(name: str) -> None:
        tabs.set_value(name)

    page.go = go
    first = step if step in STEPS else STEPS[0]
    ui.colors(**_COLOURS)
    skip = text("a", texts("page.skip"), "peu-skip")
    skip.props["href"] = "#screen"
    skip.on(
        "click",
        js_handler="(e) => { e.preventDefault(); document.getElementById('screen').focus() }",
    )
    with ui.element("header").classes("peu-header"):
        with ui.element("div").classes("peu-brand"):
            ui.label("peu").classes("peu-name").props("translate=no")
            ui.label(page.workspace.root.name).classes("peu-place")
        _language_link(texts)
        steps = "no-caps outside-arrows mobile-arrows align=left"
        with ui.tabs().classes("peu-steps").props(steps) as tabs:
            tabs.props["aria-label"] = texts("page.steps")
            for name in STEPS:
                ui.tab(name, texts(f"page.{name}"))
        tabs.set_value(first)
    content = ui.element("div").props('id="screen" tabindex="-1"').classes("peu-main")
    with content, ui.tab_panels(tabs, value=first, animated=False).classes("peu-panels"):
        panels = {name: ui.tab_panel(name).classes("peu-screen") for name in STEPS}
    tabs.on_value_change(lambda change: show(str(change.value)))
    show(first)
    ui.timer(_SECONDS_BETWEEN_LOOKS, page.tick)


def _language_link(texts: Texts) -> None:
    other = "fr" if texts.code == "en" else "en"
    link = text("a", texts("page.other_language"), "peu-language")
    link.props(f'lang="{other}" hreflang="{other}" href="/{other}"')
    go = f"(e) => {{ e.preventDefault(); location = '/{other}' + location.search }}"
    link.on("click", js_handler=go)
