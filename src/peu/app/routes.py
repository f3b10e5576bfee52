"""What the page's scripts ask for beside the page itself: lists of images, copies, uploads."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse

from peu.app.intake import Taken, take_archive, take_image
from peu.app.jobs import JobRunner
from peu.app.leaderboard import Leaderboard
from peu.app.listing import WorkspaceImage
from peu.app.thumbnails import Thumbnails
from peu.app.workspace import Workspace
from peu.errors import PeuError
from peu.images.colours import UnreadableImage
from peu.images.content import MAX_FILE_BYTES
from peu.wording import one_line

_MOST_ARCHIVE_BYTES = 4 << 30
_MOST_LISTED = 500
_MOST_ASIDE = 20
_A_YEAR = "private, max-age=31536000, immutable"


def add_routes(app: FastAPI, workspace: Workspace, jobs: JobRunner) -> None:
    """Answer at `/images`: lists, thumbnails, views and uploads; at `/report` the comparison's.

    Args:
        app: to be extended.
        workspace: whose images they are. A request names one by its id, never by a path.
        jobs: of the workspace.
    """
    thumbnails = Thumbnails(workspace.root / ".thumbnails")
    decoding = asyncio.Semaphore(2)

    @app.get("/images")
    def _list(class_name: str = "", offset: int = 0, limit: int = _MOST_LISTED) -> Response:
        images = workspace.images(class_name or None)
        shown = images[max(0, offset) : max(0, offset) + max(0, min(limit, _MOST_LISTED))]
        rows = [{"id": one.id, "stamp": one.stamp, "name": one.path.name} for one in shown]
        return JSONResponse({"total": len(images), "images": rows}, headers=_NOT_KEPT)

    @app.get("/images/{identity}/thumbnail")
    def _thumbnail(identity: str) -> Response:
        return _copy(workspace, identity, thumbnails.thumbnail)

    @app.get("/images/{identity}/view")
    def _view(identity: str) -> Response:
        return _copy(workspace, identity, thumbnails.view)

    @app.get("/report")
    def _report() -> Response:
        return _report_in(Leaderboard(workspace, jobs).folder())

    @app.post("/images")
    async def _upload(
        request: Request, name: str, class_name: str = "", batch: str = ""
    ) -> Response:
        archive = name.lower().endswith(".zip")
        most = _MOST_ARCHIVE_BYTES if archive else MAX_FILE_BYTES
        with tempfile.TemporaryDirectory(prefix=".upload-", dir=workspace.root) as folder:
            file = Path(folder) / "upload"
            if not await _received(request, file, most):
                reason = f"{one_line(name)}: larger than {most >> 20} MiB"
                return JSONResponse({"error": reason}, 413)

            def take() -> Taken:
                if archive:
                    return take_archive(workspace, file, name, class_name, batch)
                return take_image(workspace, class_name, name, file.read_bytes(), batch)

            try:
                async with decoding:
                    taken = await asyncio.to_thread(take)
            except PeuError as error:
                return JSONResponse({"error": str(error)}, 422)
        aside = [[one.path, one.reason] for one in taken.aside[:_MOST_ASIDE]]
        return JSONResponse({"added": taken.added, "aside": aside, "set_aside": len(taken.aside)})


_NOT_KEPT = {"cache-control": "no-store"}


def _report_in(folder: Path | None) -> Response:
    file = None if folder is None else folder / "report.html"
    if file is None or not file.is_file():
        return Response("There is no report yet.", 404, _NOT_KEPT, "text/plain")
    return FileResponse(file, media_type="text/html", headers=_NOT_KEPT)


def _copy(workspace: Workspace, identity: str, make: Callable[[WorkspaceImage], bytes]) -> Response:
    image = workspace.image(identity)
    if image is None:
        return Response(status_code=404, headers=_NOT_KEPT)
    try:
        content = make(image)
    except UnreadableImage as error:
        return JSONResponse({"error": str(error)}, 422, headers=_NOT_KEPT)
    return Response(content, media_type="image/jpeg", headers={"cache-control": _A_YEAR})


async def _received(request: Request, file: Path, most: int) -> bool:
    """Write a request's body to a file; return whether it was of a size that is taken."""
    announced: Any = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        return False
    size = 0
    with file.open("wb") as stream:
        async for chunk in request.stream():
            size += len(chunk)
            if size > most:
                return False
            stream.write(chunk)
    return True
