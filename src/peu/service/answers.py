"""Responses that say why a request was not answered."""

import json

from starlette.responses import Response

from peu.errors import DataError, PeuError
from peu.service.refusals import Refusal
from peu.wording import printable


def refusal_response(error: PeuError) -> Response:
    """The answer to a request that failed: {"error": REASON}, whatever failed."""
    if isinstance(error, Refusal):
        return json_response(error.status, {"error": printable(str(error))}, error.headers)
    status = 422 if isinstance(error, DataError) else 500
    return json_response(status, {"error": printable(str(error))})


def json_response(
    status: int, value: dict[str, object], headers: dict[str, str] | None = None
) -> Response:
    """A response of JSON; names that are no text cannot break it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    content = text.encode("utf-8", "replace")
    return Response(content, status, headers=headers, media_type="application/json")
