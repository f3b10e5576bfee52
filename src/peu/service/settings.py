"""Settings of the service: where it listens, who may ask, and how much."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from peu.errors import RecipeError, check_setting
from peu.files import read_text
from peu.hosts import is_loopback
from peu.wording import quoted

KEY_VARIABLE = "PEU_API_KEY"
MIB = 1 << 20
_SHORTEST_KEY = 16
_LONGEST_KEY_FILE = 4096


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What one request, and all of them together, may ask for.

    Attributes:
        request_bytes: of a request's body.
        pixels: of one image.
        images: of one request.
        requests: that are worked on at once.
        seconds: within which a request's body must have arrived, and within which it is answered
            from then on.
        held_bytes: of the bodies of all requests together.
    """

    request_bytes: int = 32 * MIB
    pixels: int = 25_000_000
    images: int = 32
    requests: int = 64
    seconds: float = 30.0
    held_bytes: int = 96 * MIB

    def __post_init__(self) -> None:
        for name, least, value in (
            ("--max-bytes", 1024, self.request_bytes),
            ("--max-pixels", 4096, self.pixels),
            ("--max-images", 1, self.images),
            ("--max-requests", 1, self.requests),
            ("--timeout", 1, self.seconds),
        ):
            check_setting(
                name,
                holds=value >= least,
                expected=f"{least} or more",
                received=value,
                advice=f"Try {name} {least}.",
            )
        object.__setattr__(self, "held_bytes", max(self.held_bytes, self.request_bytes))


@dataclass(frozen=True, kw_only=True)
class ServiceSettings:
    """Where the service listens and who may ask.

    Attributes:
        host: name or address that it is bound to.
        port: 0 takes any that is free.
        api_key: what a request must bring; None asks for none.
        allowed_hosts: further names that a request may address it by; "*" is any.
        allowed_origins: further pages, as "https://example.org", that may post to it.
        limits: of requests.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    api_key: str | None = field(default=None, repr=False)
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        check_setting(
            "--port",
            holds=0 <= self.port <= 65535,
            expected="a number from 0 to 65535",
            received=self.port,
            advice="Try --port 8000.",
        )
        if self.api_key is None and not is_loopback(self.host):
            raise RecipeError(
                f"A service that others can reach must ask for a key. Received: --host "
                f"{quoted(self.host)} and no key. Name a file by --api-key-file, set "
                f"{KEY_VARIABLE}, or leave --host out to serve this machine alone."
            )


def read_api_key(file: Path | None, environment: Mapping[str, str] = os.environ) -> str | None:
    """The key that requests must bring.

    Args:
        file: that holds nothing else; None looks into the environment.
        environment: whose PEU_API_KEY is taken where there is no file.

    Returns:
        The key, or None where there is neither.

    Raises:
        RecipeError: the file cannot be read, or the key is too short or no plain text.
    """
    if file is not None:
        try:
            key = read_text(file, most_bytes=_LONGEST_KEY_FILE).strip()
        except (OSError, ValueError) as error:
            raise RecipeError(
                f"`--api-key-file` must be a readable text file. Received: {quoted(file)}, "
                f"{error}. Write the key into a file of its own."
            ) from error
    else:
        key = environment.get(KEY_VARIABLE, "").strip()
        if not key:
            return None
    if len(key) < _SHORTEST_KEY or not key.isascii() or not key.isprintable() or " " in key:
        raise RecipeError(
            f"An API key must be {_SHORTEST_KEY} or more letters and digits. Received: "
            f"{len(key)} characters. Make one with `openssl rand -hex 24`."
        )
    return key
