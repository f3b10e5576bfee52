"""Small elements of which screens are made: plain HTML, so that style and labels are one's own."""

from collections.abc import Callable, Sequence
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from peu.app.jobs import Job
from peu.app.texts import Texts


def text(tag: str, content: str, classes: str = "") -> ui.element:
    """An HTML element with text, escaped: "h2", "p", "span", ..."""
    return TextElement(tag=tag, text=content).classes(classes)


def button(
    label: str, on_click: Callable[[], Any], *, kind: str = "", enabled: bool = True
) -> ui.element:
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


def job_progress(texts: Texts, job: Job, label: str, on_stop: Callable[[], Any]) -> None:
    """One total with an estimate, and a button that stops it.

    Args:
        texts: of the page.
        job: that runs.
        label: what it does.
        on_stop: called when it is to stop.
    """
    with ui.element("div").classes("peu-progress"):
        with row():
            text("span", label, "peu-grow")
            left = job.seconds_left
            text(
                "span",
                texts("page.estimating")
                if left is None
                else texts("page.left", time=time_text(texts, left)),
                "peu-soft",
            ).props('role="status"')
            button(texts("page.stop"), on_stop)
        bar = ui.element("progress").props("max=1")
        bar.props["aria-label"] = label
        if job.share is not None:
            bar.props["value"] = round(job.share, 3)
