"""The first screen: images come in, are sorted into classes, looked at and cleaned."""

from collections.abc import Mapping, Sequence
from typing import Any

from nicegui import ui

from peu.app.components.elements import Dropzone, Gallery, Webcam
from peu.app.page import Page
from peu.app.parts import button, card, choice, row, text
from peu.app.screens.check import CheckPanel

_FEWEST = 2
_MOST_ASIDE = 200


def build(page: Page) -> None:
    """Build the screen."""
    Images(page).build()


class Images:
    """The screen of images, with the class and the images that are chosen on it.

    Args:
        page: it belongs to.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.texts = page.texts
        self.shown = ""
        self.chosen: Sequence[str] = ()
        self.camera = False
        self.webcam: Webcam | None = None
        self.gallery: Gallery | None = None
        self.drop: Dropzone | None = None

    def build(self) -> None:
        """Build the screen."""
        page, texts = self.page, self.texts
        text("h1", texts("images.title"))
        text("p", texts("images.lead"), "peu-lead")
        said = {
            name: texts(f"images.drop_{name}") for name in ("hint", "folder", "files", "sending")
        }
        self.drop = Dropzone(
            {**said, "unreachable": texts("page.unreachable")},
            on_asked=self._ask_class,
            on_sent=self._sent,
        )
        page.live(lambda: (*page.workspace.classes(), self.shown, self.camera), self._classes)
        page.live(lambda: self.camera, self._camera)
        page.live(self._what_can_be_done, self._actions)
        self.gallery = Gallery(
            self.shown,
            version=page.workspace.version,
            label=texts("images.gallery"),
            on_choose=self._choose,
            on_open=self.open_image,
        )
        page.watch(lambda: (page.workspace.version, self.shown), self._show)
        page.live(page.workspace.what_is_aside, self._aside)
        CheckPanel(page, self.open_image).build()
        page.live(self._is_ready, self._next)

    def _classes(self) -> None:
        """The classes with their numbers, one of which is shown."""
        classes = self.page.workspace.classes()
        if self.shown not in classes:
            self.shown = ""
        with ui.element("div").classes("peu-chips").props('role="group"') as chips:
            chips.props["aria-label"] = self.texts("images.classes")
            if classes:
                self._chip("", self.texts("images.all"))
            for name in classes:
                self._chip(name, name)
            button(self.texts("images.new_class"), self._new_class, kind="quiet")
            made = button(self.texts("images.camera"), self._switch_camera, kind="quiet")
            made.props["aria-pressed"] = "true" if self.camera else "false"
        if self.webcam is not None:
            self.webcam.show(list(classes))

    def _chip(self, name: str, label: str) -> None:
        def show() -> None:
            self.shown = name
            self.page.tick()

        def said() -> str:
            classes = self.page.workspace.classes()
            count = classes.get(name, 0) if name else sum(classes.values())
            return f"{label} · {self.texts.language.count(count)}"

        made = button(said(), show, kind="peu-chip")
        made.props["aria-pressed"] = "true" if self.shown == name else "false"
        self.page.watch(said, lambda: made.set_text(said()))

    def _switch_camera(self) -> None:
        self.camera = not self.camera
        self.page.tick()

    def _camera(self) -> None:
        """The camera, where it is on, with a button for each class."""
        self.webcam = None
        if not self.camera:
            return
        texts = self.texts
        said = {
            name: texts(f"images.camera_{name}") for name in ("video", "hint", "none", "refused")
        }
        said["hold"] = texts("images.camera_hold", name="{name}")
        said["unreachable"] = texts("page.unreachable")
        classes = list(self.page.workspace.classes())
        with card():
            self.webcam = Webcam(said, classes, on_sent=self._photographed)
            if not classes:
                text("p", texts("images.camera_no_class"), "peu-warn")

    def _photographed(self, count: int) -> None:
        if count:
            self.page.notify(self.texts("images.added", n=count), "positive")
        self.page.tick()

    def _show(self) -> None:
        if self.gallery is not None:
            self.gallery.show(self.shown, self.page.workspace.version)
            self.gallery.set_visibility(bool(self.page.workspace.images()))
        if self.drop is not None:
            self.drop.props["target"] = self.shown
            self.drop.props["large"] = not self.page.workspace.images()

    def _what_can_be_done(self) -> object:
        workspace = self.page.workspace
        action = workspace.last_action()
        shown = bool(workspace.images(self.shown or None))
        return tuple(workspace.classes()), self.shown, bool(self.chosen), shown, action is None

    def _actions(self) -> None:
        """What can be done with the chosen images, with the class, and undone."""
        page, texts = self.page, self.texts
        if not page.workspace.images() and page.workspace.last_action() is None:
            return
        with row():
            if self.chosen:
                self._with_the_chosen()
            elif page.workspace.images(self.shown or None):
                button(texts("images.choose_all"), self._choose_all)
            if self.shown and not self.chosen:
                button(texts("images.rename"), lambda: self._rename(self.shown))
                button(texts("images.remove_class"), lambda: self._remove_class(self.shown))
            ui.element("span").classes("peu-grow")
            if page.workspace.last_action() is not None:
                undo = button(self._what_is_undone(), self._undo)
                page.watch(self._what_is_undone, lambda: undo.set_text(self._what_is_undone()))

    def _with_the_chosen(self) -> None:
        texts = self.texts

        def said() -> str:
            return texts("images.chosen", n=len(self.chosen))

        chosen = text("span", said()).props('role="status"')
        self.page.watch(said, lambda: chosen.set_text(said()))
        others = [name for name in self.page.workspace.classes() if name != self.shown]
        if others:
            choice(texts("images.move_to"), others, self._move, first=texts("images.move_to"))
        button(texts("images.remove"), self._remove)
        button(texts("images.none"), lambda: self._choose_in_gallery(()), kind="quiet")

    def _what_is_undone(self) -> str:
        action = self.page.workspace.last_action()
        if action is None:
            return ""
        count = max(1, len(action.moves))
        label = self.texts(f"images.undo_{action.what}", n=count, name=action.name)
        return self.texts("images.undo", what=label)

    def _aside(self) -> None:
        """What was not taken, and why."""
        aside = self.page.workspace.what_is_aside()
        if not aside:
            return
        with card(), ui.element("details"):
            text("summary", self.texts("images.aside", n=len(aside)))
            with ui.element("ul").classes("peu-list"):
                for one in aside[-_MOST_ASIDE:]:
                    with ui.element("li"):
                        text("strong", one.path, "peu-break")
                        text("span", f" – {self.texts.engine(one.reason)}", "peu-soft peu-break")
            button(self.texts("images.forget_aside"), self._forget_aside)

    def _forget_aside(self) -> None:
        with self.page.complaining():
            self.page.workspace.forget_aside()
        self.page.tick()

    def _is_ready(self) -> tuple[bool, bool]:
        counts = self.page.workspace.classes().values()
        return any(counts), sum(count >= _FEWEST for count in counts) >= _FEWEST

    def _next(self) -> None:
        """What is missing before a comparison, or the way to it."""
        any_images, ready = self._is_ready()
        if not any_images:
            return
        texts, workspace = self.texts, self.page.workspace

        def said() -> str:
            if not ready:
                return texts("images.too_few")
            return texts(
                "images.ready", n=len(workspace.images()), classes=len(workspace.classes())
            )

        with ui.element("div").classes("peu-bottom"), row():
            words = text("p", said(), "peu-grow")
            self.page.watch(said, lambda: words.set_text(said()))
            if ready:
                button(texts("images.next"), lambda: self.page.go("compare"), kind="main")

    def _choose(self, chosen: Sequence[str]) -> None:
        self.chosen = tuple(chosen)
        self.page.tick()

    def _choose_all(self) -> None:
        images = self.page.workspace.images(self.shown or None)
        self._choose_in_gallery([one.id for one in images])

    def _choose_in_gallery(self, identities: Sequence[str]) -> None:
        if self.gallery is not None:
            self.gallery.choose(identities)

    def _move(self, class_name: str) -> None:
        with self.page.complaining():
            self.page.workspace.move(self.chosen, class_name)
        self._choose_in_gallery(())

    def _remove(self) -> None:
        with self.page.complaining():
            self.page.workspace.remove(self.chosen)
        self._choose_in_gallery(())

    def _undo(self) -> None:
        with self.page.complaining():
            self.page.workspace.undo()
        self.page.tick()

    def _remove_class(self, name: str) -> None:
        with self.page.complaining():
            self.page.workspace.remove_class(name)
        self.page.tick()

    def _rename(self, old: str) -> None:
        def rename(new: str) -> None:
            self.shown = self.page.workspace.rename_class(old, new)

        self._ask(self.texts("images.rename_title", name=old), old, rename)

    def _new_class(self) -> None:
        def make(name: str) -> None:
            self.shown = self.page.workspace.new_class(name)

        self._ask(self.texts("images.new_class_title"), "", make)

    def _ask_class(self, count: int) -> None:
        def name_them(name: str) -> None:
            if self.drop is not None:
                self.drop.name(name)

        self._ask(self.texts("images.which_class", n=count), "", name_them)

    def _ask(self, question: str, value: str, do: Any) -> None:
        """Ask for a name in a dialog."""

        def done() -> None:
            with self.page.complaining():
                do(field.value or "")
                dialog.close()
            self.page.tick()

        with ui.dialog() as dialog, ui.element("div").classes("peu-card peu-dialog"):
            text("h2", question)
            known = list(self.page.workspace.classes())
            field = ui.input(
                label=self.texts("images.class_name"), value=value, autocomplete=known
            ).props("outlined autofocus maxlength=120")
            field.on("keydown.enter", done)
            with row():
                button(self.texts("images.done"), done, kind="main")
                button(self.texts("page.cancel"), dialog.close)
        dialog.open()

    def _sent(self, result: Mapping[str, Any]) -> None:
        texts = self.texts
        self.page.workspace.refresh()
        if result.get("empty"):
            self.page.notify(texts("images.no_images"), "warning")
        elif result["added"]:
            self.page.notify(texts("images.added", n=int(result["added"])), "positive")
        if result["aside"]:
            self.page.notify(texts("images.were_aside", n=int(result["aside"])), "warning")
        if result.get("kept"):
            self.page.notify(texts("images.were_kept", n=int(result["kept"])), "info")
        for error in result["errors"]:
            self.page.notify(texts.engine(error), "negative")
        self.page.tick()

    def open_image(self, identity: str) -> None:
        """Show an image large."""
        image = self.page.workspace.image(identity)
        if image is None:
            return
        with ui.dialog() as dialog, ui.element("div").classes("peu-card peu-dialog wide"):
            text("h2", image.path.name, "peu-break")
            shown = ui.element("img").classes("peu-large")
            shown.props["src"] = self.page.image_url(image)
            shown.props["alt"] = image.key
            with row():
                text("span", image.class_name, "peu-soft peu-grow")
                button(self.texts("page.close"), dialog.close)
        dialog.open()
