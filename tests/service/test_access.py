"""Who may ask: names, origins and keys."""

from collections.abc import Callable
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from peu.errors import RecipeError
from peu.service.access import Access
from peu.service.refusals import Refusal
from peu.service.settings import Limits, ServiceSettings, read_api_key

Serve = Callable[..., TestClient]
KEY = "0123456789abcdef"


def _status(access: Access, method: str = "POST", path: str = "/predict", **headers: str) -> int:
    named = {"host": "localhost:8000"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    try:
        access.check(method, path, named)
    except Refusal as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("localhost@evil.example", 421),
        ("evil.example/localhost", 421),
        ("localhost:port", 421),
        ("", 421),
    ],
)
def test_a_server_is_addressed_by_its_own_name(host: str, status: int) -> None:
    access = Access(ServiceSettings())
    assert _status(access, host=host) == status
    assert _status(access, "GET", "/v2/health/live", host=host) == status


def test_further_names_can_be_allowed() -> None:
    assert _status(Access(ServiceSettings(allowed_hosts=("peu.lan",))), host="peu.lan:80") == 200
    assert _status(Access(ServiceSettings(allowed_hosts=("*",))), host="any.example") == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"origin": "http://localhost:8000"}, 200),
        ({"origin": "http://localhost:9000"}, 403),
        ({"origin": "http://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"sec_fetch_site": "cross-site"}, 403),
        ({"sec_fetch_site": "same-origin"}, 200),
        ({"origin": "https://shop.example", "sec_fetch_site": "cross-site"}, 200),
    ],
)
def test_pages_of_other_sites_may_not_post(headers: dict[str, str], status: int) -> None:
    access = Access(ServiceSettings(allowed_origins=("https://shop.example/",)))
    assert _status(access, **headers) == status


def test_a_key_is_asked_for_where_there_is_one() -> None:
    access = Access(ServiceSettings(host="0.0.0.0", api_key=KEY))
    assert _status(access) == 401
    assert _status(access, authorization=f"Bearer {KEY}x") == 401
    assert _status(access, authorization=f"Bearer {KEY}") == 200
    assert _status(access, authorization=f"bearer  {KEY}") == 200
    assert _status(access, x_api_key=KEY) == 200
    assert _status(access, x_api_key="é" * 16) == 401
    for path in ("/metrics", "/models", "/v2/models/drawings", "/v2"):
        assert _status(access, "GET", path) == 401
    for path in ("/", "/docs", "/v2/health/live", "/v2/health/ready", "/static/page.css"):
        assert _status(access, "GET", path) == 200


def test_refusals_say_why(serve: Serve, photo: bytes) -> None:
    client = serve(api_key=KEY)
    answer = client.post("/predict", content=photo)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert KEY not in answer.text
    headers = {"authorization": f"Bearer {KEY}"}
    assert client.post("/predict", content=photo, headers=headers).status_code == 200
    for header in ("content-security-policy", "x-content-type-options"):
        assert header in answer.headers


def test_what_others_can_reach_needs_a_key() -> None:
    for host in ("0.0.0.0", "192.168.1.5", "::", "peu.example"):
        with pytest.raises(RecipeError, match="key"):
            ServiceSettings(host=host)
        assert KEY not in repr(ServiceSettings(host=host, api_key=KEY))
    for host in ("127.0.0.1", "127.8.8.8", "::1", "[::1]", "localhost"):
        assert ServiceSettings(host=host).api_key is None


def test_keys_come_from_a_file_or_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert read_api_key(file, {"PEU_API_KEY": "another key that is long"}) == KEY
    assert read_api_key(None, {"PEU_API_KEY": KEY}) == KEY
    assert read_api_key(None, {}) is None
    for content in ("short", "two words that are long enough", "é" * 20):
        file.write_text(content)
        with pytest.raises(RecipeError, match="16 or more"):
            read_api_key(file, {})
    with pytest.raises(RecipeError, match="readable"):
        read_api_key(tmp_path / "nowhere", {})


def test_limits_that_cannot_work_are_refused() -> None:
    for name in ("request_bytes", "pixels", "images", "requests", "seconds"):
        with pytest.raises(RecipeError, match="--"):
            Limits(**{name: 0})
    with pytest.raises(RecipeError, match="--port"):
        ServiceSettings(port=70_000)
