"""`peu app`: the page on which one drops images and leaves with a model."""

import re
from pathlib import Path
from typing import Annotated

import typer

from peu.cli.console import remark, showing_progress
from peu.cli.handle_errors import handle_errors
from peu.errors import RecipeError, ResourceError
from peu.wording import quoted


@handle_errors
def app_command(
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            help="A folder of class folders, a CSV or a zip to begin with, or a workspace. The "
            "images stay as they are.",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        Path | None,
        typer.Option("--model", help="A model to try, of `peu train`. Default: the workspace's."),
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option(
            "--workspace",
            metavar="FOLDER",
            help="Folder for images, runs and the model. Default: peu-workspace here, or named "
            "after DATA.",
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            "--host", help="Address to listen on. Other machines need the token that is printed."
        ),
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", help="Port to listen on; 0 for any.", min=0, max=65535)
    ] = 8765,
    no_open: Annotated[bool, typer.Option("--no-open", help="Do not open a browser.")] = False,
) -> None:
    """Open a page: drop images, compare, train, try and take a model away, without programming.

    Everything stays on this machine, in one folder that the command line reads too. Closing the
    page loses nothing.
    """
    _check_installed()
    from peu.app.marker import MARKER
    from peu.app.server import fill, run_app
    from peu.app.workspace import Workspace

    if data is not None and not data.exists():
        raise RecipeError(
            f"`peu app` takes a folder of images or a workspace. Received: {quoted(data)}, which "
            "is not there. Check the path."
        )
    if data is not None and (data / MARKER).is_file():
        if workspace is not None:
            raise RecipeError(
                f"{quoted(data)} is a workspace itself. Received: --workspace too. Drop one."
            )
        workspace, data = data, None
    opened = Workspace(workspace or _usual_folder(data))
    if model is not None:
        opened.use_model(model)
    if data is not None:
        with showing_progress():
            added = fill(opened, data)
        said = f"{added} images of {data} are in {opened.root}."
        if not added:
            said = f"{opened.root} holds images already: those of {data} were not added again."
        remark(said)
    run_app(opened, host=host, port=port, open_browser=not no_open, say=remark)


def _usual_folder(data: Path | None) -> Path:
    if data is None:
        return Path("peu-workspace")
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", data.resolve().stem).strip("-.") or "images"
    return Path(f"{stem[:40]}-workspace")


def _check_installed() -> None:
    from importlib.util import find_spec

    if find_spec("nicegui") is None:
        raise ResourceError(
            '`peu app` needs NiceGUI, which is not installed. Run `pip install "peu[app]"`, or '
            '`pip install ".[app]"` in a checkout.'
        )
