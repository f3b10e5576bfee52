"""Who may ask: by the name they use, the page they come from and the key they bring."""

import hashlib
import hmac
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

from peu.hosts import host_and_port, is_address
from peu.service.refusals import Refusal
from peu.service.settings import KEY_VARIABLE, ServiceSettings
from peu.wording import quoted

_READING = ("GET", "HEAD", "OPTIONS")
_OWN_SITE = ("same-origin", "same-site", "none")
_OPEN = ("/", "/docs", "/openapi.json", "/v2/health/live", "/v2/health/ready")
_STATIC = "/static/"


class Access:
    """Checks of a request's headers, before its body is read.

    A page elsewhere can make a browser send requests to this machine: by a name that suddenly
    leads here (DNS rebinding), which the Host header shows, or by a form, which Origin shows.
    """

    def __init__(self, settings: ServiceSettings) -> None:
        self._any_host = "*" in settings.allowed_hosts
        self._hosts = {
            name.lower()
            for name in ("localhost", settings.host, socket.gethostname(), *settings.allowed_hosts)
        }
        self._origins = {origin.lower().rstrip("/") for origin in settings.allowed_origins}
        self._key = None if settings.api_key is None else _digest(settings.api_key)

    def check(self, method: str, path: str, headers: Mapping[str, str]) -> None:
        """Refuse a request that may not ask.

        Raises:
            Refusal: 421 for a name that is not this server's, 403 for another site's page, 401
                for a key that is missing or wrong.
        """
        host = headers.get("host", "")
        if not self._is_own(host):
            raise Refusal(
                421,
                f"This server must be addressed by its own name. Received: Host {quoted(host)}. "
                "Allow it by --allow-host.",
            )
        if method not in _READING:
            self._check_origin(host, headers)
        if self._key is not None and path not in _OPEN and not path.startswith(_STATIC):
            self._check_key(headers)

    def _is_own(self, host: str) -> bool:
        found = host_and_port(host)
        if found is None or not found[0]:
            return False
        # An address cannot be made to lead elsewhere.
        return self._any_host or found[0] in self._hosts or is_address(found[0])

    def _check_origin(self, host: str, headers: Mapping[str, str]) -> None:
        origin = headers.get("origin", "").lower()
        if origin in self._origins:
            return
        other = origin and urlsplit(origin).netloc != host.lower()
        if other or headers.get("sec-fetch-site", "none").lower() not in _OWN_SITE:
            raise Refusal(
                403,
                f"Pages of other sites may not ask. Received: Origin {quoted(origin or '-')}. "
                "Allow it by --allow-origin.",
            )

    def _check_key(self, headers: Mapping[str, str]) -> None:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        given = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "")
        if self._key is None or not hmac.compare_digest(_digest(given), self._key):
            raise Refusal(
                401,
                "A request must bring the key, as `Authorization: Bearer KEY` or `X-API-Key: "
                f"KEY`. Received: {'another one' if given else 'none'}. It is what the server was "
                f"started with, by --api-key-file or {KEY_VARIABLE}.",
            )


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
