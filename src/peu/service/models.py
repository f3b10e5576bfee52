"""The models of a service, each read anew when its folder changes."""

import re
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from peu.errors import PeuError, RecipeError
from peu.models.bundle import MANIFEST
from peu.models.predictor import Predictor
from peu.models.saved import load
from peu.service.refusals import Refusal
from peu.wording import quoted

_NAME = re.compile(r"[^/\\\x00-\x1f\x7f]{1,100}")
_MOST_FILES = 1000
_WARM_UP = (256, 192)

Signature = tuple[tuple[str, int, int, int], ...]


@dataclass(frozen=True, eq=False)
class ServedModel:
    """A model that answers, and the folder as it was when it was read."""

    name: str
    folder: Path
    predictor: Predictor
    signature: Signature


class ServedModels:
    """Models by name. The first one answers where a request names none.

    Args:
        folders: of saved models, by name.
        told: is told in a line what was read anew, or could not be.

    Raises:
        BundleError: a folder holds no sound model.
    """

    def __init__(
        self, folders: Mapping[str, Path], told: Callable[[str], None] = lambda _: None
    ) -> None:
        self._told = told
        self._lock = threading.Lock()
        self._models = {name: _read(name, folder) for name, folder in folders.items()}
        self._seen = {name: model.signature for name, model in self._models.items()}
        self._refused: dict[str, Signature] = {}

    def __iter__(self) -> Iterator[ServedModel]:
        return iter(self._models.values())

    def __getitem__(self, name: str | None) -> ServedModel:
        """The model of a name; None is the first.

        Raises:
            Refusal: 404, no such model.
        """
        model = next(iter(self._models.values())) if name is None else self._models.get(name)
        if model is None:
            names = ", ".join(quoted(each) for each in list(self._models)[:10])
            raise Refusal(404, f"The model must be one of {names}. Received: {quoted(name)}.")
        return model

    def refresh(self) -> None:
        """Read the models whose folders have changed, once they have not changed for one call.

        The old model answers until the new one was checked, and goes on where it does not hold.
        """
        with self._lock:
            for name, model in list(self._models.items()):
                found = _signature(model.folder)
                settled = found == self._seen[name]
                self._seen[name] = found
                if found == model.signature or found == self._refused.get(name) or not settled:
                    continue
                try:
                    self._models[name] = _read(name, model.folder)
                except PeuError as error:
                    self._refused[name] = found
                    self._told(f"The model {quoted(name)} stays as it was: {error}")
                else:
                    self._told(f"The model {quoted(name)} was read anew.")


def name_models(models: list[str]) -> dict[str, Path]:
    """Names of models from what the command line was given.

    Args:
        models: a folder, whose last part is the name, or NAME=FOLDER.

    Raises:
        RecipeError: two of one name, or a name that an address cannot hold.

    Example:
        >>> name_models(["runs/model", "birds=/srv/birds"])
        {'model': PosixPath('runs/model'), 'birds': PosixPath('/srv/birds')}
    """
    named: dict[str, Path] = {}
    for text in models:
        name, equals, folder = text.partition("=")
        if not equals or Path(text).is_dir():
            name, folder = Path(text).resolve().name, text
        if not _NAME.fullmatch(name) or name in (".", ".."):
            raise RecipeError(
                f"A model's name must be 1 to 100 characters without slashes. Received: "
                f"{quoted(name)}. Give one as NAME=FOLDER."
            )
        if name in named:
            raise RecipeError(
                f"Models must have different names. Received: {quoted(name)} twice. Give one as "
                "NAME=FOLDER."
            )
        named[name] = Path(folder)
    return named


def _read(name: str, folder: Path) -> ServedModel:
    signature = _signature(folder)
    predictor = load(folder)
    # The first prediction plans its memory; no request should wait for that.
    predictor.predict(Image.new("RGB", _WARM_UP, "grey"))
    return ServedModel(name, folder, predictor, signature)


def _signature(folder: Path) -> Signature:
    """What tells that a folder's files have changed, without reading them."""
    found = []
    try:
        for path in sorted(folder.rglob("*"))[:_MOST_FILES]:
            status = path.stat()
            found.append((str(path), status.st_size, status.st_mtime_ns, status.st_ino))
    except OSError:
        # It is being replaced at this moment.
        return ()
    return tuple(found) if (folder / MANIFEST).exists() else ()
