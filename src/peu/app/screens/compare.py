"""The second screen: recipes on the same folds, how they stand, and the best one trained."""

from importlib.util import find_spec
from typing import Any

from nicegui import ui

from peu.app.comparisons import (
    DEFAULT_RECIPES,
    KIND,
    NETWORKS,
    THOROUGHNESS,
    compare_arguments,
    option,
    report_language,
)
from peu.app.jobs import Job
from peu.app.leaderboard import Leaderboard, Standing
from peu.app.page import Page
from peu.app.parts import button, card, job_progress, row, text, time_text
from peu.app.tryout import TRAIN as _TRAIN


def build(page: Page) -> None:
    """Build the screen."""
    Compare(page).build()


class Compare:
    """The screen of a comparison, with what is chosen for the next.

    Args:
        page: it belongs to.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.texts = page.texts
        self.board = Leaderboard(page.workspace, page.jobs)
        self.recipes = set(DEFAULT_RECIPES)
        self.thoroughness = "quick"

    def build(self) -> None:
        """Build the screen."""
        text("h1", self.texts("compare.title"))
        text("p", self.texts("compare.lead"), "peu-lead")
        self.page.live(self._state, self._running)
        self.page.live(lambda: self._state_of(_TRAIN), self._training)
        self.page.live(lambda: (self._state(), self.board.trials()), self._standings)
        self.page.live(self._state, self._choice)

    def _state(self) -> object:
        return self.page.workspace.digest(), self._state_of(KIND), self.board.folder()

    def _state_of(self, kind: str) -> object:
        job = self.page.jobs.job(kind)
        return job and (job.state, job.started)

    def _choice(self) -> None:
        """What is to be compared, and how thoroughly; hidden while it runs."""
        job = self.board.job()
        if job is not None and job.state == "running":
            return
        enough = sum(count >= 2 for count in self.page.workspace.classes().values()) >= 2
        if not enough:
            text("p", self.texts("images.too_few"))
            return
        with card():
            self._recipe_choice()
            self._thoroughness_choice()
            with row():
                done = self.board.report() is not None and self.board.is_current()
                label = "compare.again" if done else "compare.start"
                button(self.texts(label), self._start, kind="" if done else "main")

    def _recipe_choice(self) -> None:
        with ui.element("fieldset").classes("peu-fieldset"):
            text("legend", self.texts("compare.recipes"))
            for name in DEFAULT_RECIPES:
                self._recipe_box(name, enabled=True)
            networks = find_spec("keras") is not None
            with ui.element("details"):
                text("summary", self.texts("compare.networks"))
                if not networks:
                    text("p", self.texts("compare.needs_tensorflow"), "peu-soft")
                for name in NETWORKS:
                    self._recipe_box(name, enabled=networks)

    def _recipe_box(self, name: str, *, enabled: bool) -> None:
        def change(chosen: Any) -> None:
            (self.recipes.add if chosen else self.recipes.discard)(name)

        with ui.element("label").classes("peu-choice"):
            box = ui.element("input").props('type="checkbox"')
            if name in self.recipes:
                box.props["checked"] = True
            if not enabled:
                box.props["disabled"] = True
            box.on("change", lambda e: change(e.args), js_handler="(e) => emit(e.target.checked)")
            with ui.element("span"):
                text("strong", self.texts(f"compare.{name}"))
                text("span", f" {name}", "peu-soft")
                text("span", self.texts(f"compare.{name}_text"), "peu-block peu-soft")

    def _thoroughness_choice(self) -> None:
        def change(value: Any) -> None:
            self.thoroughness = str(value) if value in THOROUGHNESS else "quick"

        with ui.element("fieldset").classes("peu-fieldset inline"):
            text("legend", self.texts("compare.thoroughness"))
            for name, (folds, repeats) in THOROUGHNESS.items():
                with ui.element("label").classes("peu-choice"):
                    box = ui.element("input").props(
                        f'type="radio" name="thoroughness" value="{name}"'
                    )
                    if name == self.thoroughness:
                        box.props["checked"] = True
                    box.on(
                        "change", lambda e: change(e.args), js_handler="(e) => emit(e.target.value)"
                    )
                    said = self.texts(f"compare.{name}", folds=folds, repeats=repeats)
                    text("span", said)

    def _start(self) -> None:
        chosen = [one for one in (*DEFAULT_RECIPES, *NETWORKS) if one in self.recipes]
        if not chosen:
            self.page.notify(self.texts("compare.choose_one"), "warning")
            return
        with self.page.complaining():
            arguments = compare_arguments(
                self.page.workspace, chosen, self.thoroughness, self.texts.code
            )
            self.page.jobs.start(KIND, arguments)
        self.page.tick()

    def _running(self) -> None:
        job = self.board.job()
        if job is None:
            return
        if job.state == "running":
            with card():
                job_progress(self.page, KIND, self._how_far)
        elif job.state == "stopped":
            with card(), row():
                text("p", self.texts("page.stopped"), "peu-grow").props('role="status"')
                if self.board.is_current():
                    button(self.texts("page.go_on"), lambda: self._go_on(job), kind="main")
        elif job.state == "failed":
            with card():
                said = self.texts("page.failed", reason=self.texts.engine(job.message))
                text("p", said, "peu-bad").props('role="alert"')

    def _how_far(self) -> str:
        done, total = self.board.trials()
        return self.texts("compare.running", done=done, total=total)

    def _go_on(self, job: Job) -> None:
        with self.page.complaining():
            self.page.jobs.start(KIND, job.arguments)
        self.page.tick()

    def _standings(self) -> None:
        """The leaderboard, and what it says once all is done."""
        job, texts = self.board.job(), self.texts
        standings, report = self.board.standings(), self.board.report()
        if not standings or (job is not None and job.state == "failed"):
            return
        with card():
            text("h2", texts("compare.leaderboard"))
            if not self.board.is_current():
                text("p", texts("compare.changed"), "peu-warn")
            if report is not None:
                self._say_verdict(standings, report)
            with ui.element("div").classes("peu-board").props('role="table"') as board:
                board.props["aria-label"] = texts("compare.leaderboard")
                for place, one in enumerate(standings):
                    self._standing(one, first=place == 0 and report is not None)
            if report is not None:
                with row():
                    best = standings[0].name
                    label = texts("compare.train_best", name=self._called(best))
                    button(label, lambda: self._train(best), kind="main")
                    own = report_language(self.board.folder()) == texts.code
                    said = texts("compare.report" if own else "compare.other_report")
                    link = ui.link(said, "/report", new_tab=True)
                    link.props('rel="noopener"')

    def _standing(self, one: Standing, *, first: bool) -> None:
        texts = self.texts
        with ui.element("div").classes("peu-standing").props('role="row"'):
            with ui.element("div").classes("peu-standing-name").props('role="cell"'):
                text("strong", self._called(one.name))
                if first:
                    text("span", texts("compare.best"), "peu-badge")
            with ui.element("div").classes("peu-bar-place").props('role="cell"'):
                if one.accuracy is not None:
                    low, high = one.low or one.accuracy, one.high or one.accuracy
                    bar = ui.element("div").classes("peu-bar").props('aria-hidden="true"')
                    bar.style(f"--mean: {one.accuracy:.4f}; --low: {low:.4f}; --high: {high:.4f}")
            with ui.element("div").classes("peu-figures").props('role="cell"'):
                self._figures(one)

    def _figures(self, one: Standing) -> None:
        texts, language = self.texts, self.texts.language
        if one.trouble:
            text("span", texts.engine(one.trouble), "peu-bad")
            return
        if one.accuracy is None:
            text("span", texts("compare.waiting"), "peu-soft")
            return
        text("strong", language.percent(one.accuracy))
        if one.low is not None and one.high is not None:
            low, high = language.percent(one.low), language.percent(one.high)
            text("span", texts("compare.interval", low=low, high=high), "peu-soft")
            if one.seconds is not None:
                said = texts("compare.seconds", time=language.seconds(one.seconds))
                text("span", said, "peu-soft")
            label = texts("compare.train")
            made = button(label, lambda: self._train(one.name), kind="quiet small")
            made.props["aria-label"] = f"{label}: {one.name}"
        elif (job := self.board.job()) is not None:
            total = int(option(job, "--folds")) * int(option(job, "--repeats"))
            text("span", texts("compare.so_far", done=one.done, total=total), "peu-soft")

    def _say_verdict(self, standings: tuple[Standing, ...], report: dict[str, Any]) -> None:
        """How good the best is, and whether the others are shown to be worse."""
        texts, language, best = self.texts, self.texts.language, standings[0]
        if best.accuracy is None or best.low is None or best.high is None:
            return
        said = texts(
            "compare.verdict",
            name=self._called(best.name),
            mean=language.percent(best.accuracy),
            low=language.percent(best.low),
            high=language.percent(best.high),
        )
        sure = [
            bool(pair["distinguishable"])
            for pair in report["paired"]
            if best.name in (pair["first"], pair["second"])
        ]
        if sure:
            said += " " + texts("compare.surely" if all(sure) else "compare.not_sure")
        text("p", said).props('role="status"')

    def _train(self, recipe: str) -> None:
        self.page.workspace.use_model(None)
        arguments = ["train", self.page.workspace.images_folder.name, "--recipe", recipe]
        arguments += ["--output", self.page.workspace.model_folder.name, "--overwrite", "--json"]
        with self.page.complaining():
            self.page.jobs.start(_TRAIN, arguments, about=self.page.workspace.digest())
        self.page.tick()

    def _training(self) -> None:
        job, texts = self.page.jobs.job(_TRAIN), self.texts
        if job is None:
            return
        if job.state == "running":
            with card():
                job_progress(self.page, _TRAIN, lambda: texts("compare.training"))
            return
        with card(), row():
            if job.state == "failed":
                said = texts("page.failed", reason=texts.engine(job.message))
                text("p", said, "peu-bad peu-grow").props('role="alert"')
            elif job.state == "stopped":
                text("p", texts("compare.training_stopped"), "peu-grow").props('role="status"')
            else:
                result = self.page.jobs.result(_TRAIN) or {}
                said = texts(
                    "compare.trained",
                    name=self._called(str(result.get("recipe", ""))),
                    n=int(result.get("images", 0)),
                    classes=len(result.get("class_names", ())),
                    time=time_text(texts, job.seconds),
                )
                text("p", said, "peu-grow peu-good").props('role="status"')
                button(texts("compare.try"), lambda: self.page.go("tryout"), kind="main")

    def _called(self, recipe: str) -> str:
        """A recipe in plain words, or its name."""
        key = f"compare.{recipe}"
        return self.texts(key) if self.texts.has(key) else recipe
