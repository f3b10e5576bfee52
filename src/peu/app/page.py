"""What every screen of the page stands on: workspace, jobs, texts, and news that redraw it."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from nicegui import ui

from peu.app.jobs import JobRunner
from peu.app.listing import WorkspaceImage
from peu.app.texts import Texts
from peu.app.workspace import Workspace
from peu.errors import PeuError

Kind = Literal["positive", "negative", "warning", "info"]
_UNKNOWN = object()


@dataclass
class _Live:
    """A part of a screen that is drawn anew when its key has another value."""

    step: str
    place: ui.element
    key: Callable[[], object]
    draw: Callable[[], object]
    drawn: object = _UNKNOWN


@dataclass(eq=False)
class Page:
    """One open page: what its screens share.

    A screen is a module of `peu.app.screens` with a function `build(page)`, called once, when the
    screen is first shown, inside the element that it fills. What changes goes into `page.live`.

    Attributes:
        workspace: images, runs, model.
        jobs: what runs outside the page's process.
        texts: in the page's language.
        step: name of the screen that is shown.
        go: shows another screen.
    """

    workspace: Workspace
    jobs: JobRunner
    texts: Texts
    step: str = ""
    go: Callable[[str], None] = field(default=lambda _: None, repr=False)
    _parts: list[_Live] = field(default_factory=list, repr=False)

    def live(self, key: Callable[[], object], draw: Callable[[], object]) -> None:
        """Draw a part of the screen now, and anew whenever `key` gives another value.

        Args:
            key: cheap; called twice a second while the screen is shown. `workspace.version` and a
                frozen `Job` make good parts of one.
            draw: makes the elements; those of before are removed.

        Example:
            >>> page.live(  # doctest: +SKIP
            ...     lambda: page.workspace.version, lambda: ui.label(str(page.workspace.classes()))
            ... )
        """
        part = _Live(self.step, ui.element("div").classes("peu-part"), key, draw)
        self._parts.append(part)
        self._draw(part)

    def tick(self) -> None:
        """Redraw what has changed on the screen that is shown."""
        self.workspace.refresh()
        for part in self._parts:
            if part.step == self.step:
                self._draw(part)

    def notify(self, text: str, kind: Kind = "info") -> None:
        """Show a message for some seconds; a screen reader says it."""
        ui.notify(text, type=kind, position="bottom", multi_line=True, html=False)

    @contextlib.contextmanager
    def complaining(self) -> Iterator[None]:
        """Show an error that a person can mend as a message, and go on."""
        try:
            yield
        except PeuError as error:
            self.notify(str(error), "negative")

    def thumbnail_url(self, image: WorkspaceImage) -> str:
        """Address of a small copy of an image."""
        return f"/images/{image.id}/thumbnail?{image.stamp}"

    def image_url(self, image: WorkspaceImage) -> str:
        """Address of an image as large as a screen shows it."""
        return f"/images/{image.id}/view?{image.stamp}"

    def _draw(self, part: _Live) -> None:
        key = part.key()
        if key != part.drawn:
            part.drawn = key
            part.place.clear()
            with part.place:
                part.draw()
