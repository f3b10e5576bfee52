"""A connection to a Ray cluster: made, checked, and given up again."""

import contextlib
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from peu.errors import RecipeError, ResourceError

AUTO = "auto"
_ADDRESS = re.compile(r"ray://[^\s/:]+:\d+")
_OLDEST = (2, 50)
_SETTINGS = {
    # Nothing is sent anywhere, which Ray does otherwise.
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray's advice on variables of graphics cards, on stderr.
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


def check_address(address: str) -> None:
    """Refuse an address that is none.

    Args:
        address: "auto" or "ray://HOST:PORT".

    Raises:
        RecipeError: it is something else.
    """
    if address != AUTO and not _ADDRESS.fullmatch(address):
        raise RecipeError(
            f"`--cluster` must be auto, or ray://HOST:PORT. Received: {address!r}. Take auto on a "
            "machine of the cluster, and ray://HOST:10001 from elsewhere."
        )


@contextlib.contextmanager
def connected(address: str) -> Iterator[Any]:
    """Connect to a cluster while the body runs.

    A connection that the program has made itself is used, and stays.

    Args:
        address: "auto" is the cluster that this machine belongs to, or else one of this machine
            alone, which ends with the body; "ray://HOST:PORT" is one elsewhere.

    Yields:
        The `ray` package, connected.

    Raises:
        RecipeError: no address.
        ResourceError: Ray is not installed or too old, or the cluster cannot be reached.
    """
    check_address(address)
    ray = prepare_ray()
    if ray.is_initialized():
        yield ray
        return
    try:
        _connect(ray, address)
    except Exception as error:
        # Ray has no type for a cluster that does not start.
        lines = (str(error).strip() or type(error).__name__).splitlines()
        # What the other side's process raised ends its traceback.
        reason = lines[-1 if lines[0].endswith(":") else 0].rstrip(".")
        raise ResourceError(
            f"Expected a Ray cluster at {address!r} that can be reached. Received: {reason}. "
            "Start it with `ray start --head`, check the address and that this machine has the "
            "cluster's token (`ray get-auth-token`), or leave --cluster out."
        ) from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address != AUTO:
        with warnings.catch_warnings():
            # Of what is raised as well.
            warnings.simplefilter("ignore", UserWarning)
            ray.init(address=address, **quiet)
        return
    try:
        ray.init(address=AUTO, **quiet)
    except ConnectionError:
        ray.init(include_dashboard=False, **quiet)


def prepare_ray() -> Any:
    """Import Ray with settings that must stand before it starts.

    Raises:
        ResourceError: it is not installed, or too old.
    """
    for name, value in _SETTINGS.items():
        os.environ.setdefault(name, value)
    if "ray" not in sys.modules and has_token():
        # Ray shows its token by itself to a cluster of this machine, but not to `ray://`. It looks
        # at this variable as it is imported.
        os.environ.setdefault("RAY_AUTH_MODE", "token")
    advice = 'Run `pip install "peu[ray]"` (".[ray]" in a checkout), or leave --cluster out.'
    try:
        import ray
    except ImportError as error:
        raise ResourceError(f"`--cluster` needs Ray, which is not installed. {advice}") from error
    version = tuple(int(part) for part in re.findall(r"\d+", ray.__version__)[:2])
    if version < _OLDEST:
        raise ResourceError(
            f"`--cluster` needs Ray {_OLDEST[0]}.{_OLDEST[1]} or newer. Received: Ray "
            f"{ray.__version__}. {advice}"
        )
    return ray


def has_token() -> bool:
    """Whether this machine has the token that a cluster asks for, where Ray looks for it."""
    named = any(os.environ.get(name) for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"))
    return named or (Path.home() / ".ray" / "auth_token").is_file()
