"""JSON from a request, read in bounded time and memory."""

import json
import math
from typing import Any

from peu.service.refusals import too_large, unusable

# A list or object in Python takes about 30 times the bytes that it takes in JSON.
_MOST_CONTAINERS = 300_000
_MOST_VALUES = 3_000_000


def parse_json(content: bytes) -> Any:
    """Parse JSON, once it is known to be of bounded size in Python.

    Raises:
        Refusal: it is not JSON, nested too deeply, of too many parts, or has numbers without end.
    """
    if (
        content.count(b"[") + content.count(b"{") > _MOST_CONTAINERS
        or content.count(b",") > _MOST_VALUES
    ):
        raise too_large(
            f"JSON must have at most {_MOST_VALUES:,} values and {_MOST_CONTAINERS:,} lists. "
            "Received: more. Send binary data, or encoded images as base64."
        )
    try:
        return json.loads(content, parse_constant=_no_number, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        text = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise unusable(f"The body must be JSON. It is not: {text[:200]}.") from None


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is out of range")
    return value


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not a number of JSON")
