"""Requests that are refused, each with its status and the reason."""

from peu.errors import DataError


class Refusal(DataError):  # noqa: N818 - what is answered, not a fault
    """A request that cannot be answered as it is.

    Args:
        status: of the HTTP response.
        reason: what was expected, what was received and what to do.
        retry_after: seconds after which the same request may work; None where it never will.
    """

    def __init__(self, status: int, reason: str, *, retry_after: int | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        """Headers of the response beside the usual ones."""
        if self.status == 401:
            return {"www-authenticate": "Bearer"}
        return {} if self.retry_after is None else {"retry-after": str(self.retry_after)}


def too_large(reason: str) -> Refusal:
    """413: more bytes, pixels or images than are taken."""
    return Refusal(413, reason)


def unusable(reason: str) -> Refusal:
    """422: read, and of no use."""
    return Refusal(422, reason)


def overloaded(reason: str) -> Refusal:
    """503: not now."""
    return Refusal(503, reason, retry_after=1)
