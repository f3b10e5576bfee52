"""The last screen: the model as files, and the commands that do the same."""

import shlex

from nicegui import ui

from peu.app.comparisons import KIND as COMPARE
from peu.app.comparisons import report_language, run_folder
from peu.app.downloads import KINDS, FileKind, model_name
from peu.app.page import Page
from peu.app.parts import button, card, job_progress, row, text
from peu.app.tryout import TRAIN, Tryout

_PYTHON = """import peu

model = peu.load({model!r})
for found in model.predict(["photo.jpg"]):
    print(found.label, found.probability, found.none_of_these)
"""
_CURL = """peu serve {model} --port 8000
curl -F image=@photo.jpg http://127.0.0.1:8000/predict
"""


def build(page: Page) -> None:
    """Build the screen."""
    text("h1", page.texts("take_away.title"))
    text("p", page.texts("take_away.lead"), "peu-lead")
    TakeAway(page).build()


class TakeAway:
    """The screen of what can be taken away.

    Args:
        page: it belongs to.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.texts = page.texts
        self.tryout = Tryout(page.workspace, page.jobs)

    def build(self) -> None:
        """Build the screen."""
        self.page.live(self._state, self._show)

    def _state(self) -> object:
        jobs = [self.page.jobs.job(name) for name in (COMPARE, TRAIN, *(k.name for k in KINDS))]
        return self.tryout.version(), [job and (job.state, job.started) for job in jobs]

    def _show(self) -> None:
        if self.tryout.version() is None:
            with card():
                text("p", self.texts("tryout.no_model"))
                go = lambda: self.page.go("compare")  # noqa: E731
                button(self.texts("page.compare"), go, kind="main")
            return
        self._files()
        self._code()

    def _files(self) -> None:
        texts = self.texts
        with card():
            text("h2", texts("take_away.files"))
            with ui.element("div").classes("peu-finding"):
                text("h3", texts("take_away.model"))
                text("p", texts("take_away.model_text"), "peu-soft")
                self._link(texts("take_away.download"), "/download/model", "model.zip")
            for kind in KINDS:
                with ui.element("div").classes("peu-finding"):
                    text("h3", texts(f"take_away.{kind.name}"))
                    text("p", texts(f"take_away.{kind.name}_text"), "peu-soft")
                    self._made(kind)
            job = self.page.jobs.job(COMPARE)
            if job is not None and (run_folder(self.page.workspace, job) / "report.html").is_file():
                with ui.element("div").classes("peu-finding"):
                    text("h3", texts("take_away.report"))
                    own = report_language(run_folder(self.page.workspace, job)) == texts.code
                    said = "take_away.report_text" if own else "take_away.other_report_text"
                    text("p", texts(said), "peu-soft")
                    self._link(texts("take_away.download"), "/report", "report.html")

    def _made(self, kind: FileKind) -> None:
        """A file that is there, is being made, or could be."""
        texts, job = self.texts, self.page.jobs.job(kind.name)
        if job is not None and job.state == "running":
            job_progress(self.page, kind.name, lambda: texts("take_away.making"))
            return
        if job is not None and job.state == "failed":
            said = texts("page.failed", reason=texts.engine(job.message))
            text("p", said, "peu-bad peu-break").props('role="alert"')
        path = kind.path(self.page.workspace)
        current = path.is_file() and job is not None and job.about == self._about()
        with row():
            if current and job is not None and job.state == "done":
                self._link(texts("take_away.download"), f"/download/{kind.name}", kind.file)
            else:
                button(texts("take_away.make"), lambda: self._make(kind))

    def _about(self) -> str:
        return str(self.tryout.version())

    def _make(self, kind: FileKind) -> None:
        arguments = kind.arguments(self.page.workspace)
        with self.page.complaining():
            self.page.jobs.start(kind.name, arguments, about=self._about())
        self.page.tick()

    def _link(self, label: str, address: str, name: str) -> None:
        link = text("a", label, "peu-button")
        link.props["href"] = address
        link.props["download"] = name
        link.props["aria-label"] = f"{label}: {name}"

    def _code(self) -> None:
        texts, workspace = self.texts, self.page.workspace
        model = model_name(workspace)
        commands = [
            shlex.join(["peu", *job.arguments])
            for job in (self.page.jobs.job(COMPARE), self.page.jobs.job(TRAIN))
            if job is not None
        ]
        predict = shlex.join(["peu", "predict", model, "photo.jpg"])
        lines = [shlex.join(["cd", str(workspace.root)]), *commands, predict]
        with card():
            text("h2", texts("take_away.same"))
            for name, code in (
                ("command", "\n".join(lines)),
                ("python", _PYTHON.format(model=str(workspace.model_folder))),
                ("curl", _CURL.format(model=shlex.quote(str(workspace.model_folder)))),
            ):
                text("h3", texts(f"take_away.{name}"))
                shown = text("pre", code.strip(), "peu-code")
                shown.props["tabindex"] = "0"
                shown.props["aria-label"] = texts(f"take_away.{name}")
