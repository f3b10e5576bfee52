"""Pages for people: one to try the models on, and one that documents the service."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, FastAPI, Header, Query, Request, Response

from peu.service.engine import Engine
from peu.service.page_words import WORDS, Language
from peu.service.refusals import Refusal
from peu.version import __version__

_STATIC = Path(__file__).parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_METHODS = ("get", "post")


def page_routes(engine: Engine, app: FastAPI, *, with_key: bool) -> APIRouter:
    """Routes of the pages and of what they need.

    Args:
        engine: whose models they show.
        app: that /docs documents.
        with_key: whether a request must bring a key, which the page then asks for.
    """
    routes = APIRouter(include_in_schema=False)
    templates = _templates()
    files = {path.name: path for path in _STATIC.iterdir() if path.suffix in _TYPES}

    @routes.get("/")
    async def try_page(
        lang: Annotated[str, Query()] = "", accept_language: Annotated[str, Header()] = ""
    ) -> Response:
        language = choose_language(lang or accept_language)
        words = WORDS[language]
        text = templates.get_template("try.html.j2").render(
            language=language,
            words=words,
            other="fr" if language == "en" else "en",
            script_words=json.dumps(words, ensure_ascii=False),
            with_key=with_key,
            most_images=engine.limits.images,
            version=__version__,
        )
        return Response(text, media_type="text/html; charset=utf-8")

    @routes.get("/docs")
    async def docs_page(request: Request) -> Response:
        text = templates.get_template("docs.html.j2").render(
            schema=app.openapi(),
            operations=_operations(app.openapi()),
            base=f"http://{request.headers.get('host', '')}",
            model=next(iter(engine.models)).name if not with_key else "NAME",
            with_key=with_key,
            limits=engine.limits,
        )
        return Response(text, media_type="text/html; charset=utf-8")

    @routes.get("/static/{name}")
    async def static(name: str) -> Response:
        path = files.get(name)
        if path is None:
            raise Refusal(404, "There is no such file.")
        return Response(
            path.read_bytes(),
            media_type=_TYPES[path.suffix],
            headers={"cache-control": "max-age=300"},
        )

    return routes


def choose_language(wanted: str) -> Language:
    """English or French, whichever an Accept-Language header puts first.

    Example:
        >>> choose_language("fr-CH, fr;q=0.9, en;q=0.8")
        'fr'
    """
    best: Language = "en"
    best_weight = 0.0
    for part in wanted.lower().split(",")[:20]:
        name, _, quality = part.strip().partition(";q=")
        try:
            weight = float(quality or 1)
        except ValueError:
            continue
        for language in WORDS:
            if name.partition("-")[0] == language and weight > best_weight:
                best, best_weight = language, weight
    return best


def _operations(schema: Mapping[str, Any]) -> Mapping[str, list[dict[str, Any]]]:
    """What can be asked, by the heading it stands under."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path, methods in schema["paths"].items():
        for method in _METHODS:
            if method not in methods:
                continue
            operation = methods[method]
            (heading,) = operation.get("tags", ["Service"])[:1]
            found.setdefault(heading, []).append(
                {
                    "method": method.upper(),
                    "path": path,
                    "summary": operation.get("summary", ""),
                    "description": operation.get("description", ""),
                    "parameters": operation.get("parameters", []),
                    "bodies": list(operation.get("requestBody", {}).get("content", {})),
                }
            )
    return found


def _templates() -> Any:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    templates = Environment(
        loader=PackageLoader("peu.service"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters["marked"] = _marked
    return templates


def _marked(text: str) -> Any:
    """Escape a text, and set what stands between backquotes as code."""
    from markupsafe import Markup, escape

    parts = [escape(part) for part in text.split("`")]
    parts[1::2] = [Markup("<code>{}</code>").format(part) for part in parts[1::2]]
    return Markup().join(parts)
