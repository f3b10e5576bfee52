"""Types of settings that say how images are brought to a network's size."""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

Channels = Literal["auto", "grey", "colour"]
_Side = Annotated[int, Field(ge=8, le=2048)]


def _as_pair(value: Any) -> Any:
    return (value, value) if isinstance(value, int) and not isinstance(value, bool) else value


ImageSize = Annotated[tuple[_Side, _Side], BeforeValidator(_as_pair), Field(strict=False)]
"""(height, width) in pixels, each from 8 to 2048; one number stands for a square."""
