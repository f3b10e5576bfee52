"""Bodies of requests: bounded each and all together, and no slower than is fair."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from peu.service.refusals import Refusal, overloaded, too_large
from peu.service.settings import MIB, Limits

_LEAST_RATE = 32 << 10
_GRACE_SECONDS = 5.0


class Bodies:
    """Reads bodies into memory, of which all of them together take a bounded share.

    Args:
        limits: of a body, of all bodies, and of the time that one may take.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._held = 0

    @property
    def held(self) -> int:
        """Bytes that are held at this moment."""
        return self._held

    @contextlib.asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Read a request's body; its bytes count as held until the context ends.

        Raises:
            Refusal: it is too large, comes too slowly, is compressed, or too much is held already.
        """
        encoding = request.headers.get("content-encoding", "identity")
        if encoding != "identity":
            raise Refusal(
                415,
                "A body must be sent as it is: images are compressed already. Received: "
                f"Content-Encoding {encoding[:40]!r}. Leave the compression out.",
            )
        declared = request.headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > self._limits.request_bytes:
            raise self._too_large(f"{int(declared):,}")
        chunks = _Chunks()
        try:
            try:
                async with asyncio.timeout(self._limits.seconds):
                    await self._gather(request, chunks)
            except TimeoutError:
                raise _too_slow(chunks.size) from None
            except ClientDisconnect:
                raise Refusal(400, "The client left before its request was complete.") from None
            yield chunks.joined()
        finally:
            self._held -= chunks.size

    async def _gather(self, request: Request, chunks: "_Chunks") -> None:
        start = time.monotonic()
        async for chunk in request.stream():
            chunks.add(chunk)
            self._held += len(chunk)
            if chunks.size > self._limits.request_bytes:
                raise self._too_large("more")
            if self._held > self._limits.held_bytes:
                raise overloaded(
                    f"Other requests hold {self._limits.held_bytes // MIB} MiB already. Try again "
                    "in a second."
                )
            spent = time.monotonic() - start
            if spent > _GRACE_SECONDS and chunks.size < _LEAST_RATE * (spent - _GRACE_SECONDS):
                raise _too_slow(chunks.size)

    def _too_large(self, received: str) -> Refusal:
        return too_large(
            f"A request must have at most {self._limits.request_bytes:,} bytes. Received: "
            f"{received}. Send fewer or smaller images."
        )


class _Chunks:
    """Parts of a body as they come."""

    def __init__(self) -> None:
        self.size = 0
        self._parts: list[bytes] = []

    def add(self, part: bytes) -> None:
        self.size += len(part)
        self._parts.append(part)

    def joined(self) -> bytes:
        whole = b"".join(self._parts)
        self._parts.clear()
        return whole


def _too_slow(received: int) -> Refusal:
    return Refusal(
        408, f"A request's body must arrive in time. Received: {received:,} bytes until now."
    )
