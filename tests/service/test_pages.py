"""Pages for people: whole without a network, in two languages."""

import re
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from peu.service.page_words import WORDS
from peu.service.pages import choose_language

Serve = Callable[..., TestClient]


@pytest.mark.parametrize(
    ("wanted", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CH, fr;q=0.9, en;q=0.8", "fr"),
        ("de, en;q=0.7, fr;q=0.3", "en"),
        ("en;q=0.1, fr;q=0.2", "fr"),
        ("fr;q=x", "en"),
        ("<script>", "en"),
    ],
)
def test_a_page_speaks_the_language_that_is_wanted(wanted: str, language: str) -> None:
    assert choose_language(wanted) == language


def test_both_languages_have_all_words() -> None:
    assert set(WORDS["en"]) == set(WORDS["fr"])
    for words in WORDS.values():
        assert all(words.values())


def test_pages_need_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/?lang=fr", "/docs"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        for link in re.findall(r"(?:src|href)=\"([^\"]+)\"", answer.text):
            assert link.startswith("/")
            assert client.get(link).status_code == 200, link
        # The policy allows no script and no style within the page.
        assert "<style" not in answer.text
        assert not re.search(r"<script(?! src=)", answer.text)
        assert not re.search(r"\son\w+=", answer.text)


def test_the_page_says_its_language_and_its_model(client: TestClient) -> None:
    assert '<html lang="fr">' in client.get("/", headers={"accept-language": "fr"}).text
    assert (
        '<html lang="en">'
        in client.get("/", headers={"accept-language": "fr"}, params={"lang": "en"}).text
    )


def test_docs_list_every_path(client: TestClient) -> None:
    text = client.get("/docs").text
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"<code>{path}</code>" in text
    assert "Bearer" not in text


def test_a_key_is_asked_for_on_the_page(serve: Serve) -> None:
    client = serve(api_key="0123456789abcdef")
    assert 'id="key"' in client.get("/").text
    assert "Bearer KEY" in client.get("/docs").text
    assert "drawings" not in client.get("/docs").text


def test_metrics_count_requests_and_images(client: TestClient, photo: bytes) -> None:
    client.post("/predict", content=photo)
    client.post("/predict", content=b"no image")
    client.get("/made-up-path")
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    figures = dict(
        line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#")
    )
    assert float(figures['peu_requests_total{path="/predict",status="200"}']) >= 1
    assert float(figures['peu_images_total{model="drawings",outcome="refused"}']) >= 1
    assert float(figures["peu_held_bytes"]) == 0
    assert "made-up" not in answer.text
