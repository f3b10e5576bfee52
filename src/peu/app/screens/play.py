"""The sixth screen: networks to play with, latent planes and a denoiser."""

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Any

from nicegui import ui

from peu.app.components.elements import NoisePanel, PlanePanel
from peu.app.jobs import Job
from peu.app.page import Page
from peu.app.parts import button, card, job_progress, row, text
from peu.app.playing import FEWEST_IMAGES, IMAGES, Game, Made, Playing

_PLANE_SAID = ("map", "decoded", "at", "hint", "dots")
_NOISE_SAID = (
    "choose", "image", "amount", "noise", "beyond", "original", "noisy", "denoised", "quality",
)  # fmt: skip
_DOT = 0.0001


def build(page: Page) -> None:
    """Build the screen."""
    text("h1", page.texts("play.title"))
    text("p", page.texts("play.lead"), "peu-lead")
    if find_spec("keras") is None or find_spec("tensorflow") is None:
        with card():
            text("p", page.texts("play.needs_tensorflow"))
            text("pre", 'pip install "peu[tensorflow]"', "peu-code")
        return
    playing = Playing(page.workspace, page.jobs)
    PlaneGame(page, playing).build()
    NoiseGame(page, playing).build()


class _Game:
    """A card: what it shows, what it can learn from, and how far it is.

    Args:
        page: it belongs to.
        playing: that knows the commands.
    """

    game: Game

    def __init__(self, page: Page, playing: Playing) -> None:
        self.page = page
        self.texts = page.texts
        self.playing = playing
        self.chosen = playing.source(self.game)

    def build(self) -> None:
        """Build the card."""
        with card():
            text("h2", self._said("title"))
            text("p", self._said("text"), "peu-soft peu-lead")
            self.page.live(lambda: self.playing.stamp(self.game), self.show)
            self.page.live(self._state, self._job)

    def show(self) -> None:
        """Show what there is to play with."""
        raise NotImplementedError

    def _said(self, name: str, **values: Any) -> str:
        return self.texts(f"play.{self.game}_{name}", **values)

    def _state(self) -> object:
        job = self.page.jobs.job(self.game)
        return job and (job.state, job.started), self.playing.sources()

    def _job(self) -> None:
        job = self.page.jobs.job(self.game)
        if job is not None and job.state == "running":
            job_progress(self.page, self.game, lambda: self._how_far(job))
            return
        if job is not None and job.state == "failed":
            said = self.texts("page.failed", reason=self.texts.engine(job.message))
            text("p", said, "peu-bad").props('role="alert"')
        stopped = job is not None and job.state == "stopped"
        if job is not None and stopped:
            with row():
                text("p", self._said("stopped"), "peu-grow").props('role="status"')
                if self.playing.is_current(self.game):
                    source, label = job.arguments[2], self.texts("page.go_on")
                    button(label, lambda: self._start(source), kind="main")
        self._choice(done=job is not None and job.state == "done", stopped=stopped)

    def _choice(self, *, done: bool, stopped: bool) -> None:
        """What it can learn from, and the button that begins."""
        sources = self.playing.sources()
        if self.chosen not in sources:
            self.chosen = sources[0]

        def change(value: Any) -> None:
            self.chosen = str(value) if value in sources else sources[0]

        with ui.element("fieldset").classes("peu-fieldset inline"):
            text("legend", self.texts("play.learn_from"))
            for source in sources:
                with ui.element("label").classes("peu-choice"):
                    box = ui.element("input").props(
                        f'type="radio" name="{self.game}" value="{source}"'
                    )
                    if source == self.chosen:
                        box.props["checked"] = True
                    box.on(
                        "change", lambda e: change(e.args), js_handler="(e) => emit(e.target.value)"
                    )
                    text("span", self.texts(f"play.from_{source}"))
        if "digits" in sources:
            text("p", self.texts("play.no_mnist"), "peu-soft")
        if IMAGES not in sources:
            text("p", self.texts("play.more_images", n=FEWEST_IMAGES), "peu-soft")
        with row():
            label = self.texts("play.again" if done else "play.start")
            kind = "" if done or stopped else "main"
            button(label, lambda: self._start(self.chosen), kind=kind)
            text("span", self._said("time"), "peu-soft")

    def _start(self, source: str) -> None:
        with self.page.complaining():
            self.page.jobs.start(self.game, self.playing.arguments(self.game, source))
        self.page.tick()

    def _how_far(self, job: Job) -> str:
        return self._said("running", source=self._source(job))

    def _source(self, job: Job) -> str:
        return self.texts(f"play.from_{job.arguments[2]}")

    def _learnt_from(self, made: Made) -> None:
        job = self.page.jobs.job(self.game)
        if job is None:
            return
        said = self.texts("play.learnt", n=int(made.facts["trained_on"]), source=self._source(job))
        text("p", said, "peu-soft")
        own = job.arguments[2] == IMAGES
        if own and job.state == "done" and not self.playing.is_current(self.game):
            text("p", self.texts("play.changed"), "peu-warn")


class PlaneGame(_Game):
    """The latent plane under the pointer, for several KL weights."""

    game = "plane"

    def show(self) -> None:
        """Show the planes that are there."""
        planes = self.playing.planes()
        if not planes:
            return
        said = {name: self.texts(f"play.{name}", **_gaps(name)) for name in _PLANE_SAID}
        PlanePanel(said, [self._plane(one) for one in planes])
        self._learnt_from(planes[0])

    def _plane(self, one: Made) -> Mapping[str, Any]:
        facts, language = one.facts, self.texts.language
        weight = language.short(float(facts["kl_weight"]))
        automatic = facts["requested"] == "auto"
        inside = language.percent(float(facts["inside"]), 0)
        return {
            **{name: facts[name] for name in ("steps", "width", "height", "reach")},
            "title": self.texts("play.automatic" if automatic else "play.weight", weight=weight),
            "text": self.texts("play.empty" if facts["empty"] else "play.inside", share=inside),
            "url": next(iter(one.pictures.values())),
            "path": _dots(facts["places"], float(facts["reach"])),
        }


class NoiseGame(_Game):
    """A slider of noise, and what the denoiser makes of it."""

    game = "noise"

    def show(self) -> None:
        """Show the images, once they are there."""
        made = self.playing.examples()
        if made is None:
            return
        said = {name: self.texts(f"play.{name}", **_gaps(name)) for name in _NOISE_SAID}
        NoisePanel(said, made.pictures, made.facts)
        self._learnt_from(made)


def _gaps(name: str) -> dict[str, str]:
    """Gaps that the page's script fills."""
    names = {"at": ("x", "y"), "map": ("name",), "decoded": ("name",)}.get(name, ())
    names = ("n",) if name in ("image", "quality") else names
    return {gap: f"{{{gap}}}" for gap in names}


def _dots(places: Sequence[Sequence[float]], reach: float) -> str:
    """The places of images as the path of an SVG: a line of no length is drawn as a dot."""
    inside = ((x, y) for x, y, _ in places if max(abs(x), abs(y)) <= reach)
    return "".join(f"M{x / reach:.3f} {-y / reach:.3f}h{_DOT}" for x, y in inside)
