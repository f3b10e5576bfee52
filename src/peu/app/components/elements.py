"""Elements with scripts of their own, as screens use them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from nicegui.element import Element


class Gallery(Element, component="gallery.js"):
    """A grid of thumbnails, of which only the visible rows exist.

    Args:
        class_name: whose images are shown.
        version: another number makes it look again.
        label: what a screen reader calls it.
        on_choose: called with the ids that are chosen.
        on_open: called with the id of an image that is to be shown large.
    """

    def __init__(
        self,
        class_name: str,
        *,
        version: int,
        label: str,
        on_choose: Callable[[Sequence[str]], object],
        on_open: Callable[[str], object],
    ) -> None:
        super().__init__()
        self.props["class-name"] = class_name
        self.props["version"] = version
        self.props["label"] = label
        self.on("choose", lambda event: on_choose(_texts(event.args)))
        self.on("open", lambda event: on_open(str(event.args)))

    def show(self, class_name: str, version: int) -> None:
        """Show a class as it is at a version."""
        self.props["class-name"] = class_name
        self.props["version"] = version

    def choose(self, identities: Sequence[str]) -> None:
        """Choose these images and no others."""
        self.run_method("choose", list(identities))


class Dropzone(Element, component="dropzone.js"):
    """A place to drop files, folders and archives, with buttons for those who do not drag.

    Args:
        texts: `hint`, `folder`, `files`, `sending` and `unreachable`.
        target: class of the images that come in no folder; "" asks.
        on_asked: called with the number of images that came in no folder while `target` is "";
            `name` then says their class.
        on_sent: called with what became of what was dropped: added, aside, errors.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        *,
        target: str = "",
        on_asked: Callable[[int], object],
        on_sent: Callable[[Mapping[str, Any]], object],
    ) -> None:
        super().__init__()
        self.props["texts"] = dict(texts)
        self.props["target"] = target
        self.on("asked", lambda event: on_asked(int(event.args)))
        self.on("sent", lambda event: on_sent(dict(event.args)))

    def name(self, class_name: str) -> None:
        """Say the class of the images that wait."""
        self.run_method("named", class_name)


def _texts(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else []


class Webcam(Element, component="webcam.js"):
    """The camera's picture, with a button for each class that takes photos while it is held.

    Args:
        texts: `video`, `hold` with a gap for {name}, `hint`, `none`, `refused` and `unreachable`.
        classes: names of the classes.
        on_sent: called with the number of photos as a button is let go.
    """

    def __init__(
        self,
        texts: Mapping[str, str],
        classes: Sequence[str],
        *,
        on_sent: Callable[[int], object],
    ) -> None:
        super().__init__()
        self.props["texts"] = dict(texts)
        self.props["classes"] = list(classes)
        self.on("sent", lambda event: on_sent(int(event.args)))

    def show(self, classes: Sequence[str]) -> None:
        """Have a button for each of these."""
        self.props["classes"] = list(classes)


class TryoutPanel(Element, component="tryout.js"):
    """A place to drop or paste an image, or to hold it before the camera, and what it is.

    Args:
        texts: the keys of `tryout.toml` in the page's language.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__()
        self.props["texts"] = dict(texts)


class PlanePanel(Element, component="plane.js"):
    """Latent planes beside each other: one point for all, each with what it decodes to.

    Args:
        texts: `map` and `decoded` with a gap for {name}, `at` with gaps for {x} and {y}, `hint`,
            `dots`.
        planes: each `title`, `text`, `url` of its grid of images, `steps` a side, `width`,
            `height`, `reach`, and `path`, its images' places as SVG.
    """

    def __init__(self, texts: Mapping[str, str], planes: Sequence[Mapping[str, Any]]) -> None:
        super().__init__()
        self.props["texts"] = dict(texts)
        self.props["planes"] = [dict(one) for one in planes]


class NoisePanel(Element, component="noise.js"):
    """Images at rising noise, chosen by a slider, and what a denoiser makes of them.

    Args:
        texts: `choose`, `image` and `quality` with a gap for {n}, `amount`, `noise`, `beyond`,
            `original`, `noisy`, `denoised`.
        urls: addresses of `original`, `noisy` and `denoised`: an image is a column, a level a row.
        facts: `levels`, `count`, `width`, `height`, `learnt_up_to`, `noisy_psnr` and
            `denoised_psnr`, in dB for each level and image.
    """

    def __init__(
        self, texts: Mapping[str, str], urls: Mapping[str, str], facts: Mapping[str, Any]
    ) -> None:
        super().__init__()
        self.props["texts"] = dict(texts)
        self.props["urls"] = dict(urls)
        for name in ("levels", "count", "width", "height"):
            self.props[name] = facts[name]
        self.props["learnt"] = facts["learnt_up_to"]
        self.props["noisy"] = facts["noisy_psnr"]
        self.props["denoised"] = facts["denoised_psnr"]
