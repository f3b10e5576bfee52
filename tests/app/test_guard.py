import asyncio
from typing import Any

import pytest

from peu.app.guard import Guard, Message, Receive, Scope, Send

OWN = {"host": "127.0.0.1:8765"}
OUTSIDE = {"host": "192.168.1.5:8765"}


async def _app(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.accept"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"in"})


def ask(guard: Guard, headers: dict[str, str], **scope: Any) -> Message:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request"}

    asked = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    asyncio.run(guard({**asked, **scope}, receive, send))
    return sent[0]


def passes(guard: Guard, headers: dict[str, str], **scope: Any) -> bool:
    answer = ask(guard, headers, **scope)
    return answer.get("status") == 200 or answer["type"] == "websocket.accept"


def loopback() -> Guard:
    return Guard(_app, host="127.0.0.1", port=8765)


@pytest.mark.parametrize("host", ["127.0.0.1:8765", "localhost:8765", "[::1]:8765"])
def test_the_own_address_passes(host: str) -> None:
    assert passes(loopback(), {"host": host})


@pytest.mark.parametrize(
    "host",
    ["evil.example:8765", "127.0.0.1:80", "127.0.0.1", "", "10.0.0.1:8765", "x@127.0.0.1:8765"],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_other_names_of_this_machine_are_refused(host: str, kind: str) -> None:
    assert not passes(loopback(), {"host": host}, type=kind)


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_requests_from_other_sites_are_refused(headers: dict[str, str], kind: str) -> None:
    assert not passes(loopback(), {**OWN, **headers}, type=kind, method="POST")


def test_requests_of_the_page_itself_pass() -> None:
    headers = {**OWN, "origin": "http://127.0.0.1:8765", "sec-fetch-site": "same-origin"}
    assert passes(loopback(), headers, method="POST")
    assert passes(loopback(), headers, type="websocket")


def test_a_link_from_elsewhere_opens_the_page_but_posts_nothing() -> None:
    headers = {**OWN, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    assert passes(loopback(), headers)
    assert not passes(loopback(), headers, method="POST")


def test_a_token_is_asked_for_once_and_then_kept_as_a_cookie() -> None:
    guard = Guard(_app, host="0.0.0.0", port=8765, token="secret")
    assert not passes(guard, OUTSIDE)
    assert not passes(guard, OUTSIDE, query_string=b"token=wrong")
    assert not passes(guard, OUTSIDE, type="websocket", query_string=b"token=secret")
    answer = ask(guard, OUTSIDE, query_string=b"token=secret&step=try", path="//evil.example")
    headers = dict(answer["headers"])
    assert answer["status"] == 303
    assert headers[b"location"] == b"/evil.example?step=try"
    cookie = headers[b"set-cookie"].decode().partition(";")[0]
    assert passes(guard, {**OUTSIDE, "cookie": cookie})
    assert passes(guard, {**OUTSIDE, "cookie": cookie}, type="websocket")
    assert not passes(guard, {**OUTSIDE, "cookie": "peu-token=other"})


def test_a_host_name_that_leads_here_needs_to_be_the_servers() -> None:
    guard = Guard(_app, host="0.0.0.0", port=8765)
    assert not passes(guard, {"host": "rebound.example:8765"})


def test_answers_forbid_the_browser_to_load_from_elsewhere() -> None:
    policy = dict(ask(loopback(), OWN)["headers"])[b"content-security-policy"].decode()
    sources = {word for rule in policy.split(";") for word in rule.split()[1:]}
    assert sources <= {"'self'", "'none'", "'unsafe-inline'", "'unsafe-eval'", "data:", "blob:"}
