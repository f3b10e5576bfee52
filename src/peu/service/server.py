"""The server: a socket, uvicorn, and an end that finishes what runs."""

import asyncio
import contextlib
import ctypes
import errno
import logging
import socket
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from peu.errors import RecipeError, ResourceError
from peu.service.gate import MOST_HEADER_BYTES
from peu.service.settings import ServiceSettings
from peu.wording import quoted

_MOST_CONNECTIONS = 500
_IDLE_SECONDS = 10.0
_BACKLOG = 512
_M_MMAP_THRESHOLD = -3
_LARGE_BYTES = 1 << 20


def listen(settings: ServiceSettings) -> socket.socket:
    """Bind the service's socket.

    Raises:
        ResourceError: the port is in use or may not be used.
        RecipeError: there is no such host.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            settings.host.strip("[]"),
            settings.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )[0]
    except OSError as error:
        raise RecipeError(
            f"--host must be a name or an address of this machine. Received: "
            f"{quoted(settings.host)}. Try 127.0.0.1."
        ) from error
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind(address)
        found.listen(_BACKLOG)
    except OSError as error:
        found.close()
        reason = "in use" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        raise ResourceError(
            f"Port {settings.port} of {quoted(settings.host)} cannot be opened: {reason}. Choose "
            "another one by --port, or 0 for any that is free."
        ) from error
    found.setblocking(False)
    return found


def address(listening: socket.socket, host: str) -> str:
    """Where a browser finds the service."""
    port = listening.getsockname()[1]
    name = f"[{host.strip('[]')}]" if ":" in host else host
    return f"http://{name}:{port}/"


def serve(app: ASGIApp, listening: socket.socket, settings: ServiceSettings) -> None:
    """Answer requests until SIGTERM or Ctrl-C; then finish those that were begun.

    Args:
        app: of `create_app`.
        listening: of `listen`; it is closed in the end.
        settings: those of the application.
    """
    _give_memory_back()
    logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
    config = uvicorn.Config(
        app,
        http=_Connection,
        ws="none",
        lifespan="on",
        loop="asyncio",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        h11_max_incomplete_event_size=MOST_HEADER_BYTES,
        timeout_keep_alive=int(_IDLE_SECONDS),
        timeout_graceful_shutdown=int(settings.limits.seconds),
    )
    # uvicorn raises the signal that ended it once more, when all is done.
    with contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listening])


def _give_memory_back() -> None:
    """Let memory of large images go back to the system as soon as it is free.

    glibc keeps it where it was once taken in large pieces: after some images of 25 megapixels the
    process would hold 400 MB more for good.
    """
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)


class _Connection(H11Protocol):
    """A connection that does not wait for requests for ever.

    uvicorn lets a client take as long as it likes for the headers of a request, and for a body that
    is refused already. Of more connections than can be kept, that goes which has waited longest.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle_since = self.loop.time()
        self._watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._watch = self.loop.call_later(_IDLE_SECONDS, self._check)
        if len(self.connections) > _MOST_CONNECTIONS:
            waiting = [
                each
                for each in self.connections
                if isinstance(each, _Connection) and each.is_idle and each is not self
            ]
            longest = min(waiting, key=lambda each: each._idle_since, default=self)  # noqa: SLF001
            longest.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        self._idle_since = self.loop.time()
        super().on_response_complete()

    @property
    def is_idle(self) -> bool:
        """Whether no request is being answered."""
        return self.cycle is None or self.cycle.response_complete

    def _check(self) -> None:
        waited = self.loop.time() - self._idle_since
        if not self.is_idle:
            self._watch = self.loop.call_later(_IDLE_SECONDS, self._check)
        elif waited < _IDLE_SECONDS:
            self._watch = self.loop.call_later(_IDLE_SECONDS - waited, self._check)
        else:
            self.transport.abort()
