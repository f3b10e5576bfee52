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
class _Part:
    """A part of a screen that follows a key."""

    step: str
    place: ui.element
    key: Callable[[], object]
    do: Callable[[], object]
    seen: object = _UNKNOWN

    def follow(self) -> None:
        key = self.key()
        if key != self.seen:
            self.seen = key
            with self.place:
                self.do()


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
    _parts: list[_Part] = field(default_factory=list, repr=False)

    def live(self, key: Callable[[], object], draw: Callable[[], object]) -> None:
        """Draw a part of the screen now, and anew whenever `key` gives another value.

        What is under somebody's finger, or has the focus, is lost when it is drawn anew: so the key
        of a part with buttons should change rarely. What changes often is for `watch`.

        Args:
            key: cheap; called twice a second while the screen is shown.
            draw: makes the elements; those of before are removed.

        Example:
            >>> page.live(  # doctest: +SKIP
            ...     lambda: page.workspace.version, lambda: ui.label(str(page.workspace.classes()))
            ... )
        """
        place = ui.element("div").classes("peu-part")

        def anew() -> None:
            place.clear()
            draw()

        self._add(_Part(self.step, place, key, anew))

    def watch(self, key: Callable[[], object], do: Callable[[], object]) -> None:
        """Do something now, and again whenever `key` gives another value: change a text, a bar.

        Args:
            key: as `live` takes it.
            do: changes elements that are there. It is forgotten with the part it was called in.
        """
        self._add(_Part(self.step, ui.context.slot.parent, key, do))

    def tick(self) -> None:
        """Look what has changed on the screen that is shown."""
        self.workspace.refresh()
        self._parts = [part for part in self._parts if not part.place.is_deleted]
        for part in tuple(self._parts):
            if part.step == self.step and not part.place.is_deleted:
                part.follow()

    def notify(self, text: str, kind: Kind = "info") -> None:
        """Show a message for some seconds; a screen reader says it."""
        ui.notify(text, type=kind, position="bottom", multi_line=True, html=False)

    @contextlib.contextmanager
    def complaining(self) -> Iterator[None]:
        """Show an error that a person can mend as a message, and go on."""
        try:
            yield
        except PeuError as error:
            self.notify(self.texts.engine(error), "negative")

    def thumbnail_url(self, image: WorkspaceImage) -> str:
        """Address of a small copy of an image."""
        return f"/images/{image.id}/thumbnail?{image.stamp}"

    def image_url(self, image: WorkspaceImage) -> str:
        """Address of an image as large as a screen shows it."""
        return f"/images/{image.id}/view?{image.stamp}"

    def _add(self, part: _Part) -> None:
        self._parts.append(part)
        part.follow()
