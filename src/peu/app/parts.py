"""Small elements of which screens are made: plain HTML, so that style and labels are one's own."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from peu.app.page import Page
from peu.app.texts import Texts


def text(tag: str, content: str, classes: str = "") -> TextElement:
    """An HTML element with text, escaped: "h2", "p", "span", ..."""
    return TextElement(tag=tag, text=content).classes(classes)


def button(
    label: str, on_click: Callable[[], Any], *, kind: str = "", enabled: bool = True
) -> TextElement:
    """A button.

    Args:
        label: what it says.
        on_click: called when it is pressed.
        kind: "main" for the one that leads on, "quiet" for one beside others.
        enabled: whether it can be pressed.
    """
    made = TextElement(tag="button", text=label).classes(f"peu-button {kind}")
    made.props["type"] = "button"
    if enabled:
        made.on("click", lambda _: on_click())
    else:
        made.props["disabled"] = True
    return made


def choice(
    label: str, options: Sequence[str], on_choose: Callable[[str], Any], *, first: str = ""
) -> ui.element:
    """A list of which one is chosen; phones show their own.

    Args:
        label: what it is for.
        options: texts to choose from.
        on_choose: called with the text that is chosen.
        first: what is shown before one is.
    """
    with ui.element("select").classes("peu-select") as made:
        made.props["aria-label"] = label
        if first:
            text("option", first).props("value=-1")
        for number, option in enumerate(options):
            text("option", option).props["value"] = str(number)

    def chosen(value: Any) -> None:
        number = int(value) if str(value).isdigit() else -1
        if 0 <= number < len(options):
            on_choose(options[number])

    made.on("change", lambda event: chosen(event.args), js_handler="(e) => emit(e.target.value)")
    return made


def card() -> ui.element:
    """A box with a border, to be entered."""
    return ui.element("section").classes("peu-card")


def row(classes: str = "") -> ui.element:
    """Things beside each other, to be entered."""
    return ui.element("div").classes(f"peu-row {classes}")


def time_text(texts: Texts, seconds: float) -> str:
    """A time as one says it: seconds below two minutes, else minutes."""
    if seconds < 120:
        return texts("page.seconds", n=max(1, round(seconds)))
    return texts("page.minutes", n=round(seconds / 60))


def job_progress(page: Page, kind: str, label: Callable[[], str]) -> None:
    """One total with an estimate, and a button that stops it; they follow the job.

    Args:
        page: of whose jobs one runs.
        kind: of that job.
        label: what it does, and perhaps how far it is.
    """
    texts = page.texts
    with ui.element("div").classes("peu-progress"):
        with row():
            said = text("span", label(), "peu-grow")
            left = text("span", "", "peu-soft").props('role="status"')
            button(texts("page.stop"), lambda: page.jobs.stop(kind))
        bar = ui.element("progress").props("max=1")
        bar.props["aria-label"] = label()

    def look() -> tuple[str, str, float | None]:
        job = page.jobs.job(kind)
        seconds = None if job is None else job.seconds_left
        estimate = texts("page.estimating")
        if seconds is not None:
            estimate = texts("page.left", time=time_text(texts, seconds))
        share = None if job is None or job.share is None else round(job.share, 3)
        return label(), estimate, share

    def follow() -> None:
        words, estimate, share = look()
        said.set_text(words)
        left.set_text(estimate)
        if share is not None:
            bar.props["value"] = share

    page.watch(look, follow)
