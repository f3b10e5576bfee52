"""What stands before the page: only its own address, its own scripts, and who holds its token."""

import hmac
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from peu.hosts import host_and_port, is_address, is_loopback

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

_COOKIE = "peu-token"
_SAFE = {"GET", "HEAD", "OPTIONS"}
# Vue makes functions of its templates and the page has small styles of its own; nothing comes from
# elsewhere, and nothing goes there.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
_HEADERS = (
    (b"content-security-policy", _POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)


class Guard:
    """Refuses requests that another site, or another machine, has no business to make.

    A page elsewhere could let a browser post here, or name this machine by a host name of its own
    (DNS rebinding): so Host must be this server's, and Origin, where there is one, the same. Where
    the server can be reached from other machines, a token is asked for too, once in the address
    and then as a cookie.

    Args:
        app: what answers the others.
        host: the address that is listened on.
        port: its port.
        token: asked for; None asks for none, which suits a loopback address alone.
    """

    def __init__(self, app: App, *, host: str, port: int, token: str | None = None) -> None:
        self._app = app
        self._port = port
        self._token = token
        self._names = {"localhost", "127.0.0.1", "::1"} | ({host} - {"", "0.0.0.0", "::"})  # noqa: S104
        self._open = not is_loopback(host)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse or pass on a request, as ASGI wants."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = _headers(scope)
        if (reason := self._wrong(scope, headers)) is not None:
            await _refuse(scope, send, reason)
        elif self._token is None or self._holds_token(headers):
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "http" and self._brings_token(scope):
            await _redirect(scope, send, self._token)
        else:
            await _refuse(scope, send, "Open the address that `peu app` printed, with its token.")

    def _wrong(self, scope: Scope, headers: dict[str, str]) -> str | None:
        """Why a request is refused, whoever it is from; None where it is not."""
        host = headers.get("host", "")
        if not self._is_own(host):
            return "This address is not the page's. Open the one that `peu app` printed."
        origin = headers.get("origin")
        if origin is not None and urlsplit(origin).netloc.lower() != host.lower():
            return "Requests from other sites are refused."
        # A browser says so of what it sends along without an Origin.
        cross = headers.get("sec-fetch-site") in ("cross-site", "same-site")
        to_open = headers.get("sec-fetch-mode") == "navigate" and scope.get("method") in _SAFE
        return "Requests from other sites are refused." if cross and not to_open else None

    def _is_own(self, host: str) -> bool:
        found = host_and_port(host)
        if found is None or (found[1] or 80) != self._port:
            return False
        # A name of another machine's could lead here; its number cannot.
        return found[0] in self._names or (self._open and is_address(found[0]))

    def _holds_token(self, headers: dict[str, str]) -> bool:
        try:
            cookie = SimpleCookie(headers.get("cookie", ""))
        except CookieError:
            return False
        return _COOKIE in cookie and self._is_token(cookie[_COOKIE].value)

    def _brings_token(self, scope: Scope) -> bool:
        query = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        return scope["method"] in _SAFE and self._is_token(query.get("token", ""))

    def _is_token(self, text: str) -> bool:
        return hmac.compare_digest(text.encode(), (self._token or "").encode())


def _headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), *_HEADERS]
        await send(message)

    return sending


async def _refuse(scope: Scope, send: Send, reason: str) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    text = [(b"content-type", b"text/plain; charset=utf-8"), *_HEADERS]
    await send({"type": "http.response.start", "status": 403, "headers": text})
    await send({"type": "http.response.body", "body": f"{reason}\n".encode()})


async def _redirect(scope: Scope, send: Send, token: str) -> None:
    """Keep the token as a cookie, and take it out of the address."""
    query = parse_qsl(scope["query_string"].decode("latin-1"))
    rest = urlencode([(name, value) for name, value in query if name != "token"])
    # Two slashes in front would lead to another site.
    place = "/" + scope["path"].lstrip("/\\") + (f"?{rest}" if rest else "")
    cookie = f"{_COOKIE}={token}; Path=/; HttpOnly; SameSite=Strict"
    headers = [
        (b"location", place.encode("ascii", "replace")),
        (b"set-cookie", cookie.encode()),
        *_HEADERS,
    ]
    await send({"type": "http.response.start", "status": 303, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
