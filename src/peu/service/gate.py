"""The gate in front of the application: access, requests at once, and answers to all errors."""

import asyncio
import sys
import time
from typing import Any

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from peu.service.access import Access
from peu.service.answers import refusal_response
from peu.service.metrics import Metrics
from peu.service.refusals import Refusal, overloaded
from peu.service.settings import Limits
from peu.wording import printable

_HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "img-src 'self' blob: data:; media-src 'self' blob:; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'",
}
MOST_HEADER_BYTES = 16 << 10
_SPARE_SECONDS = 10.0
_UNKNOWN = "other"


class Gate:
    """Lets requests through that may ask, as many at once as there is room for.

    Whatever goes wrong behind it is answered as JSON with a reason, {"error": ...}.
    """

    def __init__(self, app: ASGIApp, access: Access, limits: Limits, metrics: Metrics) -> None:
        self._app = app
        self._access = access
        self._limits = limits
        self._metrics = metrics
        self._running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, as ASGI has it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(send)
        start = time.perf_counter()
        try:
            await self._answer(scope, receive, answer)
        finally:
            path = _declared(scope)
            self._metrics.requests.labels(path, str(answer.status or 499)).inc()
            if scope["method"] == "POST" and path != _UNKNOWN:
                self._metrics.seconds.labels(path).observe(time.perf_counter() - start)

    async def _answer(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        try:
            _check_size(scope)
            self._access.check(scope["method"], scope["path"], Headers(scope=scope))
            if scope["method"] == "POST":
                self._check_room()
            await self._run(scope, receive, answer)
        except Refusal as error:
            await answer.finish(scope, receive, error)
        except TimeoutError:
            await answer.finish(scope, receive, overloaded("The answer took too long."))
        except Exception as error:  # noqa: BLE001 - a service goes on
            name = type(error).__name__
            print(printable(f"peu: internal error, {name}: {error}"), file=sys.stderr)  # noqa: T201
            await answer.finish(scope, receive, Refusal(500, f"Internal error, {name}."))

    def _check_room(self) -> None:
        most = self._limits.requests
        if self._running >= most:
            raise Refusal(
                429,
                f"At most {most} requests are answered at once. Received: one more. Try again in a "
                "second.",
                retry_after=1,
            )

    async def _run(self, scope: Scope, receive: Receive, answer: "_Answer") -> None:
        self._running += 1
        self._metrics.running.set(self._running)
        try:
            # The body, the answer, and a client that is slow to read it.
            async with asyncio.timeout(2 * self._limits.seconds + _SPARE_SECONDS):
                await self._app(scope, receive, answer)
        finally:
            self._running -= 1
            self._metrics.running.set(self._running)


class _Answer:
    """Sends a response with the headers that all have, and knows whether one was begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            there = {name.lower() for name, _ in message.get("headers", [])}
            more = [
                (name.encode(), value.encode())
                for name, value in _HEADERS.items()
                if name.encode() not in there
            ]
            message = {**message, "headers": [*message.get("headers", []), *more]}
        await self._send(message)

    async def finish(self, scope: Scope, receive: Receive, error: Refusal) -> None:
        """Answer with a reason, unless another answer was begun."""
        if self.status is None:
            await refusal_response(error)(scope, receive, self)


def _check_size(scope: Scope) -> None:
    """Refuse headers that are too long; h11 does so only where they come in several parts."""
    size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
    size += sum(len(name) + len(value) for name, value in scope["headers"])
    if size > MOST_HEADER_BYTES:
        raise Refusal(
            431,
            f"Address and headers must have at most {MOST_HEADER_BYTES:,} bytes together. "
            f"Received: {size:,}.",
        )


def _declared(scope: Scope) -> str:
    """The path as it is declared: those that clients make up are not counted one by one."""
    route: Any = scope.get("route")
    path = getattr(route, "path", None)
    return path if isinstance(path, str) else _UNKNOWN
