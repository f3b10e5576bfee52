"""Where there is no cluster, one sentence says so."""

import sys
from pathlib import Path
from typing import Any

import pytest
import ray

from peu.cluster import connection
from peu.cluster.connection import check_address, connected, has_token
from peu.cluster.trials import in_sentences
from peu.errors import RecipeError, ResourceError


@pytest.mark.parametrize(
    "address", ["", "here", "ray://", "ray://host", "http://host:1", "ray://h:1/x"]
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(RecipeError):
        check_address(address)


def test_ray_that_is_missing_or_too_old_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "__version__", "2.9.3")
    with pytest.raises(ResourceError, match=r"2\.9\.3"), connected("auto"):
        pass
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ResourceError, match=r"peu\[ray\]"), connected("auto"):
        pass


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (ConnectionError("no route\nto host"), "no route"),
        (RuntimeError(""), "RuntimeError"),
        (Exception("no node started"), "no node started"),
        (ConnectionAbortedError("Failure:\nTraceback\nOSError: no room."), "OSError: no room"),
    ],
)
def test_a_cluster_that_cannot_be_reached_is_told_of(
    error: Exception, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(ray, "is_initialized", lambda: False)
    monkeypatch.setattr(connection, "_connect", fail)
    with pytest.raises(ResourceError) as caught, connected("ray://nowhere:10001"):
        pass
    assert "\n" not in str(caught.value)
    assert f"Received: {reason}. " in str(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        ray.exceptions.ObjectStoreFullError("full"),
        ray.exceptions.OutOfDiskError("full"),
        ray.exceptions.WorkerCrashedError(),
        ray.exceptions.RayActorError(),
        ray.exceptions.OutOfMemoryError("killed"),
        ray.exceptions.RaySystemError(OSError("gone")),
        ConnectionError("gone"),
    ],
)
def test_troubles_of_a_cluster_are_sentences(error: Exception) -> None:
    with pytest.raises(ResourceError), in_sentences(ray):
        raise error


def test_a_cluster_that_has_gone_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    for connected_still, expected in ((False, ResourceError), (True, ZeroDivisionError)):
        monkeypatch.setattr(ray, "is_initialized", lambda still=connected_still: still)
        with pytest.raises(expected), in_sentences(ray):
            raise ZeroDivisionError("not connected")


def test_an_error_of_a_trial_is_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ray, "is_initialized", lambda: True)
    cause = ZeroDivisionError("of a trial")
    with pytest.raises(ZeroDivisionError), in_sentences(ray):
        raise ray.exceptions.RayTaskError("f", "traceback", cause)


def test_a_token_is_found_where_ray_looks_for_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert not has_token()
    (tmp_path / ".ray").mkdir()
    (tmp_path / ".ray" / "auth_token").write_text("token")
    assert has_token()
    (tmp_path / ".ray" / "auth_token").unlink()
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", "/elsewhere")
    assert has_token()
