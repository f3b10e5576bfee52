"""What can be taken away: the model as a folder, and as one file for other programs."""

import asyncio
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

from fastapi import BackgroundTasks, FastAPI, Response
from fastapi.responses import FileResponse

from peu.app.workspace import Workspace


@dataclass(frozen=True)
class FileKind:
    """A form that a model can be taken away in.

    Attributes:
        name: of the job that makes it, and of the text that describes it.
        file: what it is called in `exports/`.
        options: of `peu export`.
    """

    name: str
    file: str
    options: tuple[str, ...] = ()

    def arguments(self, workspace: Workspace) -> list[str]:
        """The command that makes it."""
        output = str(self.path(workspace).relative_to(workspace.root))
        return ["export", model_name(workspace), "--output", output, *self.options, "--overwrite"]

    def path(self, workspace: Workspace) -> Path:
        """Where it is made."""
        return workspace.root / "exports" / self.file


KINDS = (
    FileKind("onnx", "model.onnx", ("--input", "any-size")),
    FileKind("litert", "model.tflite"),
)


def model_name(workspace: Workspace) -> str:
    """The model's folder as commands in the workspace name it."""
    folder = workspace.model_folder
    inside = folder.is_relative_to(workspace.root)
    return str(folder.relative_to(workspace.root) if inside else folder)


def add_downloads(app: FastAPI, workspace: Workspace) -> None:
    """Answer at `/download`: the model's folder as a zip, and each of its files.

    Args:
        app: to be extended.
        workspace: whose model it is. What is asked for is a name of a list, never a path.
    """

    @app.get("/download/model")
    async def _model(later: BackgroundTasks) -> Response:
        folder = workspace.model_folder
        if not (folder / "manifest.json").is_file():
            return _missing()
        packed = await asyncio.to_thread(_packed, folder, workspace.root)
        later.add_task(packed.unlink, missing_ok=True)
        return FileResponse(packed, filename="model.zip", media_type="application/zip")

    @app.get("/download/{name}")
    def _file(name: str) -> Response:
        for kind in KINDS:
            path = kind.path(workspace)
            if kind.name == name and path.is_file():
                return FileResponse(path, filename=kind.file)
        return _missing()


def _missing() -> Response:
    return Response("There is no such file yet.", 404, media_type="text/plain")


def _packed(folder: Path, root: Path) -> Path:
    """A folder as a zip; its files are small or compressed already."""
    with tempfile.NamedTemporaryFile(
        prefix=".model-", suffix=".zip", dir=root, delete=False
    ) as stream:
        with zipfile.ZipFile(stream, "w") as archive:
            for file in sorted(folder.rglob("*")):
                if file.is_file():
                    archive.write(file, Path("model") / file.relative_to(folder))
        return Path(stream.name)
