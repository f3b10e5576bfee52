"""The workspace's model, tried on one image at a time."""

import asyncio
import base64
import functools
import io
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from PIL import Image

from peu.app.engine_sentences import translated
from peu.app.jobs import JobRunner
from peu.app.workspace import Workspace
from peu.errors import DataError, PeuError
from peu.images.content import MAX_FILE_BYTES
from peu.images.decoding import decode_image
from peu.translations.language import LanguageCode

if TYPE_CHECKING:
    from peu.models.predictor import Predictor

TRAIN = "train"
"""The kind of job that trains the model."""

COVERAGE = 0.95
_MOST_CLASSES = 6
_ALIKE = 5
_VIEW_SIDE = 480


class Tryout:
    """The model that is tried: one for all open pages, loaded anew when another one is saved.

    Args:
        workspace: whose model it is.
        jobs: that trained it.
    """

    def __init__(self, workspace: Workspace, jobs: JobRunner) -> None:
        self._workspace = workspace
        self._jobs = jobs

    def version(self) -> object:
        """Another value when another model is there; None while there is none."""
        return _stamp(self._workspace.model_folder)

    def predictor(self) -> "Predictor | None":
        """The model; None where there is none.

        Raises:
            PeuError: it is damaged.
        """
        with _loading:
            version = self.version()
            return None if version is None else _loaded(self._workspace.model_folder, version)

    def answer(self, content: bytes, *, live: bool = False) -> dict[str, Any]:
        """Recognise an image.

        Args:
            content: of an image file.
            live: leave out what takes longer: the heat map and the images most alike.

        Returns:
            As JSON: `label`, `probability`, `classes` (the likeliest, each `name` and
            `probability`), `none_of_these`, `prediction_set`, and unless `live` `alike` (ids of
            the workspace's images) and `heat_map` (a data URL).

        Raises:
            DataError: it is no image that can be read.
            PeuError: there is no model, or it is damaged.
        """
        predictor = self.predictor()
        if predictor is None:
            raise DataError("There is no model yet. Compare first, then train the best.")
        started = time.perf_counter()
        image = decode_image(content, shorter=predictor.shorter_side).image
        prepared = predictor.prepare(image)
        (found,) = predictor.predict_prepared([prepared])
        likely = sorted(found.probabilities.items(), key=lambda pair: -pair[1])[:_MOST_CLASSES]
        answer: dict[str, Any] = {
            "label": found.label,
            "probability": found.probability,
            "classes": [{"name": name, "probability": value} for name, value in likely],
            "none_of_these": bool(found.none_of_these),
            "prediction_set": found.prediction_set and list(found.prediction_set),
            "milliseconds": round(1000 * (time.perf_counter() - started)),
        }
        if not live:
            answer["alike"] = self._alike(predictor, prepared)
            answer["heat_map"] = _heat_map(predictor, image, found.label)
        return answer

    def _alike(self, predictor: "Predictor", prepared: Any) -> list[dict[str, str]]:
        """The images most like it, where the workspace's are still those that were learnt from."""
        job, images = self._jobs.job(TRAIN), self._workspace.images()
        novelty = predictor.trust.novelty
        own = self._workspace.model_folder == self._workspace.root / "model"
        current = job is not None and job.about == self._workspace.digest()
        if novelty is None or not own or not current or len(novelty.known) != len(images):
            return []
        found = (images[at] for at in predictor.most_alike(prepared, _ALIKE))
        return [{"id": one.id, "stamp": str(one.stamp), "label": one.class_name} for one in found]


def _heat_map(predictor: "Predictor", image: Image.Image, label: str) -> str:
    """The areas behind the answer, over the image, as a data URL."""
    from peu.reports.heat_map import overlay

    small = image.copy()
    small.thumbnail((_VIEW_SIDE, _VIEW_SIDE))
    shown = overlay(
        small,
        predictor.explain(image, label).values.tolist(),
        resize_mode=predictor.resize_mode,
        input_size=predictor.image_size,
    )
    stream = io.BytesIO()
    shown.save(stream, "JPEG", quality=85)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


# Held while a model is loaded, so that two pages do not load it twice.
_loading = threading.Lock()


@functools.lru_cache(maxsize=1)
def _loaded(folder: Path, _version: object) -> "Predictor":
    from peu.models.saved import load

    found = load(folder)
    try:
        return found.asked(coverage=COVERAGE)
    except DataError:
        # Too few images to promise as much: the answer goes without a set.
        return found


def _stamp(folder: Path) -> object:
    try:
        status = (folder / "manifest.json").stat()
    except OSError:
        return None
    return folder, status.st_mtime_ns, status.st_size


def add_tryout(app: FastAPI, tryout: Tryout) -> None:
    """Answer at `/try`: an image's bytes in, what the model says of it out.

    Args:
        app: to be extended.
        tryout: that answers.
    """
    free = asyncio.Semaphore(2)

    @app.post("/try")
    async def _answer(
        request: Request, live: bool = False, language: LanguageCode = "en"
    ) -> JSONResponse:
        content = bytearray()
        async for chunk in request.stream():
            content += chunk
            if len(content) > MAX_FILE_BYTES:
                said = translated("the file is too large", language)
                return JSONResponse({"error": said}, 413)
        try:
            async with free:
                found = await asyncio.to_thread(tryout.answer, bytes(content), live=live)
        except PeuError as error:
            return JSONResponse({"error": translated(str(error), language)}, 422)
        return JSONResponse(found, headers={"cache-control": "no-store"})
