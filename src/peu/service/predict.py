"""POST /predict: images in, the rows of `peu predict --json` out."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from peu.models.prediction import Prediction
from peu.service.answers import json_response
from peu.service.engine import Engine
from peu.service.refusals import Refusal
from peu.service.uploads import FIELD, Upload, read_uploads

FORMAT = 1

_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {
                        FIELD: {"type": "array", "items": {"type": "string", "format": "binary"}}
                    },
                }
            },
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": [FIELD],
                    "properties": {
                        FIELD: {
                            "oneOf": [
                                {"type": "string", "format": "byte"},
                                {"type": "array", "items": {"type": "string", "format": "byte"}},
                            ]
                        }
                    },
                }
            },
            "image/*": {"schema": {"type": "string", "format": "binary"}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


def predict_routes(engine: Engine) -> APIRouter:
    """The route /predict."""
    routes = APIRouter(tags=["Predictions"])

    @routes.post("/predict", summary="Predict one image or many", openapi_extra=_BODY)
    async def predict(
        request: Request,
        model: Annotated[
            str | None, Query(description="Name of the model; the first one if left out.")
        ] = None,
        coverage: Annotated[
            float | None,
            Query(
                gt=0,
                lt=1,
                description="Also give a set of labels that holds the true one for this share of "
                "images, as 0.95.",
            ),
        ] = None,
        accept_all: Annotated[
            bool, Query(description="Do not ask whether an image shows none of the classes.")
        ] = False,
    ) -> Response:
        """Send a form with the field `image` once or several times, an image itself, or JSON.

        Each image has a row in `predictions`, in order: label, probability and the probabilities
        of all classes, or the reason why it could not be used. The status is 200 where any image
        was predicted.
        """
        chosen = engine.models[model]
        async with engine.bodies.read(request) as body:
            kind = request.headers.get("content-type", "")
            uploads = await engine.parsed(_read, kind, body, engine.limits.images)
            del body
            found = await engine.predict(chosen, uploads, coverage=coverage, accept_all=accept_all)
            rows = _rows(uploads, found)
        value = {"format": FORMAT, "model": chosen.name, "predictions": rows}
        if not any(isinstance(each, Prediction) for each in found):
            return json_response(_status(found), {"error": rows[0]["error"], **value})
        return json_response(200, value)

    return routes


def _read(kind: str, body: bytes, most: int) -> Sequence[Upload]:
    return read_uploads(kind, body, most=most)


def _rows(
    uploads: Sequence[Upload], found: Sequence[Prediction | Exception]
) -> list[dict[str, Any]]:
    return [
        {"path": upload.name}
        | (each.to_dict() if isinstance(each, Prediction) else {"error": str(each)})
        for upload, each in zip(uploads, found, strict=True)
    ]


def _status(found: Sequence[object]) -> int:
    first = found[0]
    return first.status if isinstance(first, Refusal) else 422
