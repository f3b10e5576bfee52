"""The service as an ASGI application."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from peu.errors import PeuError
from peu.service.access import Access
from peu.service.answers import refusal_response
from peu.service.engine import Engine
from peu.service.gate import Gate
from peu.service.metrics import CONTENT_TYPE
from peu.service.models import ServedModel, ServedModels
from peu.service.pages import page_routes
from peu.service.predict import FORMAT, predict_routes
from peu.service.protocol import protocol_routes
from peu.service.refusals import Refusal, unusable
from peu.service.settings import ServiceSettings
from peu.version import __version__
from peu.wording import quoted

_ABOUT = "Labels and probabilities for images, by models that peu trained."


def create_app(models: ServedModels, settings: ServiceSettings) -> ASGIApp:
    """Put the service together.

    Args:
        models: that answer.
        settings: who may ask, and how much.

    Returns:
        An ASGI application; its lifespan has to be run.

    Example:
        >>> import uvicorn  # doctest: +SKIP
        >>> models = ServedModels({"birds": Path("model/")})  # doctest: +SKIP
        >>> uvicorn.run(create_app(models, ServiceSettings()))  # doctest: +SKIP
    """
    engine = Engine(models, settings.limits)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with engine.running():
            yield

    app = FastAPI(
        title="peu",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.include_router(predict_routes(engine))
    app.include_router(protocol_routes(engine))
    app.include_router(page_routes(engine, app, with_key=settings.api_key is not None))

    @app.get("/models", tags=["Predictions"], summary="The models that answer")
    async def listed() -> dict[str, Any]:
        """Name, classes, recipe, and the most coverage that prediction sets may have."""
        return {"format": FORMAT, "models": [_described(each) for each in models]}

    @app.get("/metrics", tags=["Service"], summary="Counters for Prometheus")
    async def metrics() -> Response:
        """Requests, images, batches and memory, as text."""
        return Response(engine.metrics.text(), media_type=CONTENT_TYPE)

    app.add_exception_handler(PeuError, _explain)
    app.add_exception_handler(Exception, _explain)
    app.add_exception_handler(HTTPException, _explain_path)
    app.add_exception_handler(RequestValidationError, _explain_parameter)
    return Gate(app, Access(settings), settings.limits, engine.metrics)


def _described(model: ServedModel) -> dict[str, Any]:
    predictor = model.predictor
    return {
        "name": model.name,
        "class_names": list(predictor.class_names),
        "recipe": predictor.recipe.get("name", predictor.recipe.get("kind")),
        "tells_none_of_these": predictor.trust.novelty is not None,
        "most_coverage": predictor.trust.sets and predictor.trust.sets.most,
    }


async def _explain(_: Request, error: Exception) -> Response:
    return refusal_response(
        error if isinstance(error, PeuError) else Refusal(500, "Internal error.")
    )


async def _explain_path(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    received = f"{request.method} {request.url.path}"
    refusal = Refusal(status, f"There is no such thing here: {quoted(received)}. See /docs.")
    return refusal_response(refusal)


async def _explain_parameter(_: Request, error: Exception) -> Response:
    found = error.errors()[0] if isinstance(error, RequestValidationError) else {}
    name = found.get("loc", ("?",))[-1]
    reason = f"The parameter {quoted(name)} cannot be used: {found.get('msg', error)}. See /docs."
    return refusal_response(unusable(reason))
