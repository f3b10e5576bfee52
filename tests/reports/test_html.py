"""A page needs nothing else, runs nothing, and says everything in words too."""

import re
from html.parser import HTMLParser

import pytest

from peu.reports.blocks import (
    Callout,
    Code,
    Details,
    Gallery,
    Image,
    KeyValues,
    Listing,
    Paragraph,
    Report,
    Section,
)
from peu.reports.dataset_section import balance_figure
from peu.reports.html import render_html
from peu.reports.table import Column, Span, Table

EVIL = '"><script>alert(1)</script>\n\u202e\udcff\x00 & <img src=x onerror=alert(1)>'
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGA"
    "WjR9awAAAABJRU5ErkJggg=="
)


class Page(HTMLParser):
    """Collect what matters of a page: tags with attributes, and all text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def _every_block(text: str) -> tuple[Section, ...]:
    table = Table(text, (Column(text), Column("n", numeric=True)), ((text, Span(text, 0, 0.5, 1)),))
    figure = balance_figure({text: 3, "b": 2})
    return (
        Section(
            text,
            (
                Paragraph(text),
                Code(text),
                Listing((text, "b")),
                KeyValues(((text, text),)),
                table,
                figure,
                figure,
                Gallery(
                    text,
                    (
                        Image(DOT, text, text, ((text, text),), DOT, text),
                        Image(None, text, text),
                    ),
                ),
                Callout(text, text, "verdict", ((text, text),), (text,)),
                Details(text, (Paragraph(text), table)),
                Section("inner", (Section("innermost", (Paragraph(text),)),)),
            ),
        ),
        Section("second", ()),
        Section("third", ()),
    )


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render_html(Report("A <title>", _every_block(EVIL), subtitle=EVIL, footer=EVIL)))


def test_it_needs_nothing_else(page: Page) -> None:
    for tag, attributes in page.tags:
        assert tag not in {"script", "link", "iframe", "object", "embed", "base", "form"}
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href", "srcset", "data", "action"):
            value = attributes.get(name) or "#"
            assert value.startswith(("#", "data:image/")), (tag, name, value)
    policy = next(each for each in page.all("meta") if "http-equiv" in each)
    assert policy["http-equiv"] == "Content-Security-Policy"
    assert (policy["content"] or "").startswith("default-src 'none'")


def test_no_style_loads_anything(page: Page) -> None:
    style = render_html(Report("t", ())).split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style
    for _, attributes in page.tags:
        for value in attributes.values():
            assert not re.search(r"url\((?!#)", value or "")


def test_whatever_things_are_called_is_text(page: Page) -> None:
    shown = '"><script>alert(1)</script> \u23ce \ufffd\ufffd\ufffd & <img src=x onerror=alert(1)>'
    assert page.text.count(shown) >= 15
    assert len(page.all("img")) == 2
    assert page.all("img")[0]["alt"] == shown


def test_code_keeps_its_lines() -> None:
    page = Page(render_html(Report("t", (Code("for x in y:\n    print(x < 3)"),))))
    assert "for x in y:\n    print(x < 3)" in page.text
    assert [each for each in page.all("pre") if each.get("tabindex") == "0"]


def test_every_image_and_figure_has_words(page: Page) -> None:
    assert all(each.get("alt") for each in page.all("img"))
    drawings = [each for each in page.all("div") if each.get("role") == "img"]
    assert len(drawings) == 2
    assert all("Images in each class" in (each["aria-label"] or "") for each in drawings)
    assert len([each for each in page.all("details") if each.get("class") == "data"]) == 2


def test_tables_have_captions_and_scopes(page: Page) -> None:
    assert len(page.all("table")) == len(page.all("caption")) == 4
    assert {each.get("scope") for each in page.all("th")} == {"row", "col"}


def test_headings_are_in_order(page: Page) -> None:
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h\d", tag)]
    assert levels == [1, 2, 3, 4, 2, 2]


def test_ids_are_unique_and_all_references_lead_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    for _, attributes in page.tags:
        href = attributes.get("href") or ""
        if href.startswith("#"):
            assert href[1:] in ids
        for value in attributes.values():
            for target in re.findall(r"url\(#([^)]+)\)", value or ""):
                assert target in ids


def test_language_title_and_contents(page: Page) -> None:
    assert page.all("html") == [{"lang": "en"}]
    assert "A <title>" in page.text
    assert [each["href"] for each in page.all("a")] == ["#s1", "#s2", "#s3"]


def test_light_dark_and_paper() -> None:
    text = render_html(Report("t", (), language="fr"))
    assert '<html lang="fr">' in text
    assert "prefers-color-scheme: dark" in text
    assert "@media print" in text


def test_the_same_report_is_the_same_page() -> None:
    first, second = (render_html(Report("t", _every_block("x"))) for _ in range(2))
    assert first == second
    first.encode("utf-8")


@pytest.mark.parametrize(
    ("front", "back"),
    [
        (front, back)
        for front in ("ink", "muted", "first", "second")
        for back in ("page", "card", "well", "verdict", "warning")
    ],
)
@pytest.mark.parametrize("scheme", [0, 1])
def test_text_has_the_contrast_that_readers_need(front: str, back: str, scheme: int) -> None:
    style = render_html(Report("t", ()))
    ratio = _contrast(*(re.findall(rf"--{name}: #(\w+);", style)[scheme] for name in (front, back)))
    assert ratio >= 4.5


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("put `<a>.jpg` here", "put <code>&lt;a&gt;.jpg</code> here"),
        ("`a` and `b`", "<code>a</code> and <code>b</code>"),
        ("one ` alone & `", "one <code> alone &amp; </code>"),
        ("odd `a` b ` <c>", "odd <code>a</code> b ` &lt;c&gt;"),
        ("``", "``"),
    ],
)
def test_names_between_backquotes(text: str, html: str) -> None:
    assert f"<p>{html}</p>" in render_html(Report("t", (Paragraph(text),)))


def _contrast(one: str, other: str) -> float:
    lights = sorted(_light(colour) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _light(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
