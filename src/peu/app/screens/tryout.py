"""The fourth screen: the model on new images."""

from peu.app.components.elements import TryoutPanel
from peu.app.page import Page
from peu.app.parts import button, card, text
from peu.app.tryout import Tryout
from peu.errors import PeuError

_SAID = (
    "hint", "file", "camera", "stop", "video", "heat", "heat_alt", "none", "if_any", "set",
    "set_empty", "alike", "no_camera", "refused",
)  # fmt: skip


def build(page: Page) -> None:
    """Build the screen."""
    text("h1", page.texts("tryout.title"))
    text("p", page.texts("tryout.lead"), "peu-lead")
    tryout = Tryout(page.workspace, page.jobs)
    page.live(tryout.version, lambda: _model(page, tryout))


def _model(page: Page, tryout: Tryout) -> None:
    """What there is to try, or the way to it."""
    texts = page.texts
    try:
        predictor = tryout.predictor()
    except PeuError as error:
        text("p", texts("page.failed", reason=texts.engine(error)), "peu-bad").props('role="alert"')
        return
    if predictor is None:
        with card():
            text("p", texts("tryout.no_model"))
            button(texts("page.compare"), lambda: page.go("compare"), kind="main")
        return
    said = {name: texts(f"tryout.{name}") for name in _SAID}
    TryoutPanel(
        {**said, "unreachable": texts("page.unreachable"), "time": texts("tryout.time", n="{n}")}
    )
    novelty = predictor.trust.novelty
    if novelty is not None:
        refusals = texts.language.percent(novelty.false_refusals)
        text("p", texts("tryout.about_none", share=refusals), "peu-soft")
