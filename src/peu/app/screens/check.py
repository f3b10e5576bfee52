"""What `peu check` found, below the images: each finding with the images concerned."""

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui

from peu.app.jobs import Job
from peu.app.listing import WorkspaceImage
from peu.app.page import Page
from peu.app.parts import button, card, job_progress, row, text

KIND = "check"
_MOST_GROUPS, _MOST_IN_GROUP = 12, 8
_MARKS = {"serious": "peu-bad", "warning": "peu-warn", "note": "peu-soft"}


class CheckPanel:
    """The part of the screen that checks the images and lists what was found.

    Args:
        page: it belongs to.
        on_open: called with the id of an image that is to be shown large.
    """

    def __init__(self, page: Page, on_open: Callable[[str], object]) -> None:
        self._page = page
        self._on_open = on_open

    def build(self) -> None:
        """Build the part."""
        self._page.live(self._state, self._show)

    def _state(self) -> object:
        job = self._page.jobs.job(KIND)
        return self._page.workspace.version, job and job.state

    def _show(self) -> None:
        page, texts = self._page, self._page.texts
        if not page.workspace.images():
            return
        job = page.jobs.job(KIND)
        with card():
            with row():
                text("h2", texts("check.title"), "peu-grow")
                if job is None or job.state != "running":
                    button(texts("check.start" if job is None else "check.again"), self._start)
            if job is None:
                text("p", texts("check.lead"), "peu-soft")
            elif job.state == "running":
                job_progress(page, KIND, lambda: texts("check.running"))
            elif job.state == "done":
                self._found(job)
            else:
                said = texts("page.failed", reason=texts.engine(job.message) or "–")
                text("p", said, "peu-bad").props('role="alert"')

    def _start(self) -> None:
        workspace = self._page.workspace
        arguments = ["check", workspace.images_folder.name, "--json"]
        with self._page.complaining():
            self._page.jobs.start(KIND, arguments, about=workspace.digest())
        self._page.tick()

    def _found(self, job: Job) -> None:
        texts = self._page.texts
        if job.about != self._page.workspace.digest():
            text("p", texts("check.changed"), "peu-warn")
        result = self._page.jobs.result(KIND)
        findings = result.get("findings", []) if isinstance(result, dict) else []
        if not findings:
            text("p", texts("check.nothing"), "peu-good")
        for finding in findings:
            self._finding(finding)

    def _finding(self, finding: Mapping[str, Any]) -> None:
        texts = self._page.texts
        groups = [self._images(group) for group in finding["images"]]
        groups = [group for group in groups if group]
        # Of copies one alone is none any more.
        if finding["kind"].startswith("duplicates"):
            groups = [group for group in groups if len(group) > 1]
        if finding["images"] and not groups:
            return
        with ui.element("div").classes("peu-finding"):
            mark = _MARKS.get(finding["severity"], "peu-soft")
            text("p", self._sentence(finding, len(groups)), mark)
            with row("peu-strips"):
                for group in groups[:_MOST_GROUPS]:
                    self._strip(group)
                if len(groups) > _MOST_GROUPS:
                    text("span", texts("check.more", n=len(groups) - _MOST_GROUPS), "peu-soft")
            offending = self._images(finding["offending"])
            if offending and finding["kind"] != "unreadable":
                ids = [one.id for one in offending]
                label = texts("check.remove", n=len(ids))
                button(label, lambda: self._remove(ids))

    def _sentence(self, finding: Mapping[str, Any], count: int) -> str:
        texts, kind = self._page.texts, finding["kind"]
        shortcut = finding.get("shortcut")
        if shortcut:
            cue = str(shortcut["cue"]).replace(" ", "_").lower()
            return texts(
                "check.shortcut",
                cue=texts(f"check.cue_{cue}") if texts.has(f"check.cue_{cue}") else shortcut["cue"],
                name=shortcut["class_name"],
                recognised=int(shortcut["recognised"]),
                of_class=int(shortcut["of_class"]),
            )
        # The engine's own words where there is no text for a kind.
        known = texts.has(f"check.{kind}")
        return texts(f"check.{kind}", n=count) if known else str(finding["sentence"])

    def _images(self, keys: list[str]) -> list[WorkspaceImage]:
        found = (self._page.workspace.image_of_key(key) for key in keys)
        return [one for one in found if one is not None]

    def _strip(self, group: list[WorkspaceImage]) -> None:
        with ui.element("div").classes("peu-strip"):
            for image in group[:_MOST_IN_GROUP]:
                shown = ui.element("button").props("type=button").classes("peu-tile")
                shown.props["aria-label"] = image.key
                shown.props["title"] = image.key
                shown.on("click", lambda _, identity=image.id: self._on_open(identity))
                with shown:
                    small = ui.element("img").props('alt="" loading=lazy')
                    small.props["src"] = self._page.thumbnail_url(image)

    def _remove(self, identities: list[str]) -> None:
        with self._page.complaining():
            self._page.workspace.remove(identities)
        self._page.tick()
