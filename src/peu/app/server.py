"""`peu app`: a workspace, its page and what stands before it, served until Ctrl-C."""

import contextlib
import secrets
import socket
import threading
import webbrowser
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from peu.app.guard import Guard
from peu.app.intake import take_folder
from peu.app.jobs import JobRunner
from peu.app.workspace import Workspace
from peu.errors import ResourceError
from peu.hosts import is_loopback
from peu.output_folder import lock_folder

_TOKEN_BYTES = 24


def run_app(
    workspace: Workspace,
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    open_browser: bool = True,
    say: Callable[[str], object] = print,
) -> None:
    """Serve the page of a workspace until it is interrupted.

    Args:
        workspace: what is worked on; no other server may have it open.
        host: address to listen on. For one that other machines reach, a token is asked for.
        port: its port; 0 takes a free one.
        open_browser: whether to open the page.
        say: is told the address.

    Raises:
        ResourceError: the port or the workspace is in use.
    """
    import uvicorn
    from fastapi import FastAPI
    from nicegui import ui

    from peu.app.downloads import add_downloads
    from peu.app.findings import Findings, add_findings
    from peu.app.frame import add_pages
    from peu.app.playing import Playing, add_playing
    from peu.app.routes import add_routes
    from peu.app.tryout import Tryout, add_tryout

    listener = _listener(host, port)
    port = listener.getsockname()[1]
    token = None if is_loopback(host) else secrets.token_urlsafe(_TOKEN_BYTES)
    jobs = JobRunner(workspace.jobs_folder, workspace.root)

    @contextlib.asynccontextmanager
    async def until_the_end(_: FastAPI) -> AsyncIterator[None]:
        say(f"peu is at {_address(host, port, token)} (Ctrl-C ends it; nothing is lost)")
        if open_browser:
            threading.Thread(
                target=webbrowser.open, args=(_address(host, port, token),), daemon=True
            ).start()
        yield
        jobs.stop_all()

    app = FastAPI(lifespan=until_the_end, docs_url=None, redoc_url=None, openapi_url=None)
    add_routes(app, workspace, jobs)
    add_downloads(app, workspace)
    add_findings(app, Findings(workspace, jobs))
    add_tryout(app, Tryout(workspace, jobs))
    add_playing(app, Playing(workspace, jobs))
    add_pages(app, workspace, jobs)
    ui.run_with(app, title="peu", dark=None, tailwind=False, show_welcome_message=False,
                reconnect_timeout=10.0, favicon=_ICON)  # fmt: skip
    config = uvicorn.Config(
        Guard(app, host=host, port=port, token=token),
        # Its parser bounds headers, which the quicker one does not.
        http="h11",
        log_level="error",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        ws_max_size=1 << 20,
    )
    with lock_folder(workspace.root), contextlib.closing(listener):
        uvicorn.Server(config).run(sockets=[listener])


def fill(workspace: Workspace, source: Path) -> int:
    """Take the images of a folder into a workspace, unless it was filled from there before.

    Args:
        workspace: where they go.
        source: as `peu compare` takes it.

    Returns:
        Number of images that were added.

    Raises:
        DataError: it holds no images in class folders.
        ResourceError: a file cannot be read, or the disk cannot be written.
    """
    if workspace.images():
        return 0
    return take_folder(workspace, source).added


_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" '
    'rx="8" fill="#1f5fbf"/><circle cx="11" cy="12" r="4" fill="#fff"/><circle cx="22" cy="12" '
    'r="3" fill="#9cc3ff"/><circle cx="16" cy="22" r="4" fill="#ffd479"/></svg>'
)


def _listener(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise ResourceError(
            f"Port {port} of {host} cannot be listened on: {error.strerror or error}. Choose "
            "another with --port, or 0 for any."
        ) from error
    return listener


def _address(host: str, port: int, token: str | None) -> str:
    name = "localhost" if host in ("", "0.0.0.0", "::") else host  # noqa: S104
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{port}/" + (f"?token={token}" if token else "")
