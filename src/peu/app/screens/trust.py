"""The third screen: how far the best recipe can be trusted, and what to do about it."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from peu.app.comparisons import KIND as COMPARE
from peu.app.findings import Findings, Mistake, Suspect
from peu.app.listing import WorkspaceImage
from peu.app.page import Page
from peu.app.parts import button, card, job_progress, row, text
from peu.app.screens.check import KIND as CHECK

_CURVE = "curve"
_MOST_MISTAKES, _MOST_SUSPECTS = 60, 20


def build(page: Page) -> None:
    """Build the screen."""
    text("h1", page.texts("trust.title"))
    text("p", page.texts("trust.lead"), "peu-lead")
    Trust(page).build()


class Trust:
    """The screen of what a comparison found out.

    Args:
        page: it belongs to.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.texts = page.texts
        self.findings = Findings(page.workspace, page.jobs)
        self.kept: set[str] = set()

    def build(self) -> None:
        """Build the screen."""
        version = self.findings.version
        self.page.live(version, self._good)
        self.page.live(
            lambda: (version(), self.page.workspace.version, len(self.kept)), self._labels
        )
        self.page.live(lambda: (version(), self.page.workspace.version), self._mistakes)
        self.page.live(version, self._probabilities)
        self.page.live(lambda: (version(), self._state(CHECK)), self._shortcut)
        self.page.live(lambda: (version(), self._state(_CURVE)), self._curve)

    def _state(self, kind: str) -> object:
        job = self.page.jobs.job(kind)
        return job and (job.state, job.started)

    def _good(self) -> None:
        texts, best = self.texts, self.findings.best()
        if best is None:
            with card():
                text("p", texts("trust.no_report"))
                go = lambda: self.page.go("compare")  # noqa: E731
                button(texts("page.compare"), go, kind="main")
            return
        accuracy, percent = best["accuracy"], texts.language.percent
        with card():
            text("h2", texts("trust.good"))
            said = texts(
                "compare.verdict",
                name=self._called(str(best["name"])),
                mean=percent(accuracy["mean"]),
                low=percent(accuracy["low"]),
                high=percent(accuracy["high"]),
            )
            text("p", said)
            rule = str(self.findings.summary().get("rule", ""))
            if texts.has(f"trust.next_{rule}"):
                text("p", texts(f"trust.next_{rule}"), "peu-good")

    def _labels(self) -> None:
        texts = self.texts
        if self.findings.best() is None:
            return
        found = [one for one in self.findings.suspects() if one.image.id not in self.kept]
        with card():
            text("h2", texts("trust.labels"))
            if not found:
                text("p", texts("trust.no_labels"), "peu-good")
                return
            text("p", texts("trust.labels_text"), "peu-soft")
            for one in found[:_MOST_SUSPECTS]:
                self._suspect(one)
            if len(found) > _MOST_SUSPECTS:
                text("p", texts("check.more", n=len(found) - _MOST_SUSPECTS), "peu-soft")

    def _suspect(self, one: Suspect) -> None:
        texts = self.texts
        with ui.element("div").classes("peu-finding"), row():
            self._tile(one.image, lambda: self._open(one.image, one.given))
            with ui.element("div").classes("peu-grow"):
                share = texts.language.percent(one.probability)
                said = texts("trust.suspect", given=one.given, suggested=one.suggested, share=share)
                text("p", said, "peu-break")
                with row():
                    for label, choose in (
                        (texts("trust.is", name=one.suggested), lambda: self._move(one)),
                        (texts("trust.stays", name=one.given), lambda: self._keep(one)),
                    ):
                        made = button(label, choose)
                        made.props["aria-label"] = f"{label}: {one.image.key}"
            with ui.element("div").classes("peu-strip"):
                for near in one.alike:
                    self._tile(near, lambda near=near: self._open(near, near.class_name))

    def _move(self, one: Suspect) -> None:
        with self.page.complaining():
            self.page.workspace.move([one.image.id], one.suggested)
            self.page.notify(self.texts("trust.moved", name=one.suggested), "positive")
        self.page.tick()

    def _keep(self, one: Suspect) -> None:
        self.kept.add(one.image.id)
        self.page.tick()

    def _mistakes(self) -> None:
        texts, best = self.texts, self.findings.best()
        if best is None:
            return
        found = self.findings.mistakes()
        with card():
            text("h2", texts("trust.mistakes"))
            if not found:
                text("p", texts("trust.no_mistakes"), "peu-good")
                return
            text("p", texts("trust.mistakes_text", n=len(found)), "peu-soft")
            with ui.element("div").classes("peu-mistakes"):
                for one in found[:_MOST_MISTAKES]:
                    with ui.element("figure").classes("peu-mistake"):
                        self._tile(one.image, lambda one=one: self._open_mistake(one))
                        share = texts.language.percent(one.probability, 0)
                        text("figcaption", f"{one.label} → {one.predicted} {share}")

    def _probabilities(self) -> None:
        texts, best = self.texts, self.findings.best()
        calibration = (best or {}).get("calibration") or {}
        bins = ((calibration.get("after") or {}).get("reliability") or {}).get("bins", ())
        if not bins:
            return
        percent = texts.language.percent
        with card():
            text("h2", texts("trust.reliability"))
            text("p", texts("trust.reliability_text"), "peu-soft")
            columns = ("trust.says", "trust.right", "trust.between", "trust.images")
            rows = [
                (
                    percent(one["confidence"]),
                    percent(one["accuracy"]),
                    f"{percent(one['low'])} – {percent(one['high'])}",
                    texts.language.count(round(one["images"])),
                )
                for one in bins
            ]
            _table([texts(each) for each in columns], rows, texts("trust.reliability"))

    def _shortcut(self) -> None:
        texts = self.texts
        if self.findings.best() is None:
            return
        with card():
            text("h2", texts("trust.shortcut"))
            job, result = self.page.jobs.job(CHECK), self.page.jobs.result(CHECK)
            if job is None or job.state != "done" or not isinstance(result, Mapping):
                text("p", texts("trust.not_checked"), "peu-soft")
                with row():
                    button(texts("trust.go_check"), lambda: self.page.go("images"))
                return
            found = [one["shortcut"] for one in result.get("findings", ()) if one.get("shortcut")]
            if not found:
                text("p", texts("trust.no_shortcut"), "peu-good")
            for one in found:
                cue = "check.cue_" + str(one["cue"]).replace(" ", "_").lower()
                said = texts(
                    "check.shortcut",
                    cue=texts(cue) if texts.has(cue) else one["cue"],
                    name=one["class_name"],
                    recognised=int(one["recognised"]),
                    of_class=int(one["of_class"]),
                )
                text("p", said, "peu-warn")

    def _curve(self) -> None:
        texts, best = self.texts, self.findings.best()
        if best is None:
            return
        job = self.page.jobs.job(_CURVE)
        with card():
            text("h2", texts("trust.more"))
            text("p", texts("trust.more_text"), "peu-soft")
            if job is not None and job.state == "running":
                job_progress(self.page, _CURVE, lambda: texts("trust.measuring"))
                return
            if job is not None and job.state == "failed":
                said = texts("page.failed", reason=texts.engine(job.message))
                text("p", said, "peu-bad peu-break").props('role="alert"')
            result = self.page.jobs.result(_CURVE)
            if job is not None and job.state == "done" and isinstance(result, Mapping):
                if job.about != self.page.workspace.digest():
                    text("p", texts("check.changed"), "peu-warn")
                for curve in result.get("curves", ()):
                    self._show_curve(curve)
            with row():
                button(texts("trust.measure"), lambda: self._measure(str(best["name"])))

    def _measure(self, recipe: str) -> None:
        workspace = self.page.workspace
        name = hashlib.sha256(f"{workspace.digest()} {recipe}".encode()).hexdigest()[:8]
        arguments = [_CURVE, workspace.images_folder.name, "--recipes", recipe, "--repeats", "1"]
        arguments += ["--output", f"{workspace.runs_folder.name}/curve-{name}", "--json"]
        with self.page.complaining():
            self.page.jobs.start(_CURVE, arguments, about=workspace.digest())
        self.page.tick()

    def _show_curve(self, curve: Mapping[str, Any]) -> None:
        texts, percent = self.texts, self.texts.language.percent
        rows = [
            (
                texts.language.number(point["images_per_class"], 1),
                percent(point["accuracy"]["mean"]),
                texts("trust.measured"),
            )
            for point in curve["points"]
        ]
        rows += [
            (
                texts.language.number(point["images_per_class"], 1),
                percent(point["accuracy"]["mean"]),
                f"{percent(point['accuracy']['low'])} – {percent(point['accuracy']['high'])}",
            )
            for point in curve["expected"][:4]
        ]
        columns = [texts(f"trust.{name}") for name in ("per_class", "accuracy", "expected")]
        _table(columns, rows, texts("trust.more"))
        need, target = curve["needed"], percent(curve["needed"]["target"], 0)
        if need["more"] == 0:
            text("p", texts("trust.enough", target=target), "peu-good")
        elif need["more"] is None:
            text("p", texts("trust.out_of_reach", target=target), "peu-warn")
        else:
            text("p", texts("trust.needed", target=target, n=round(need["more"])))

    def _tile(self, image: WorkspaceImage, on_click: Any) -> None:
        shown = ui.element("button").props("type=button").classes("peu-tile")
        shown.props["aria-label"] = image.key
        shown.props["title"] = image.key
        shown.on("click", lambda _: on_click())
        with shown:
            small = ui.element("img").props('alt="" loading=lazy')
            small.props["src"] = self.page.thumbnail_url(image)

    def _open_mistake(self, one: Mistake) -> None:
        heat = f"/mistakes/{one.number}" if one.heat_map else ""
        self._open(one.image, f"{one.label} → {one.predicted}", heat)

    def _open(self, image: WorkspaceImage, caption: str, heat: str = "") -> None:
        with ui.dialog() as dialog, ui.element("div").classes("peu-card peu-dialog wide"):
            text("h2", caption, "peu-break")
            shown = ui.element("img").classes("peu-large")
            shown.props["src"] = heat or self.page.image_url(image)
            shown.props["alt"] = self.texts("tryout.heat_alt") if heat else image.key
            with row():
                text("span", image.key, "peu-soft peu-grow peu-break")
                button(self.texts("page.close"), dialog.close)
        dialog.open()

    def _called(self, recipe: str) -> str:
        key = f"{COMPARE}.{recipe}"
        return self.texts(key) if self.texts.has(key) else recipe


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> None:
    with ui.element("div").classes("peu-table-place"):
        table = ui.element("table").classes("peu-table")
        table.props["aria-label"] = caption
        with table:
            with ui.element("thead"), ui.element("tr"):
                for each in columns:
                    text("th", each).props("scope=col")
            with ui.element("tbody"):
                for cells in rows:
                    with ui.element("tr"):
                        for cell in cells:
                            text("td", cell)
