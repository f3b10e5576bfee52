"""The Open Inference Protocol, version 2: what KServe, Triton and their clients speak."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from fastapi import APIRouter, Request, Response
from numpy.typing import NDArray

from peu.models.prediction import Prediction
from peu.service.engine import Engine
from peu.service.models import ServedModel
from peu.service.refusals import Refusal, unusable
from peu.service.tensors import (
    BINARY_HEADER,
    INPUT,
    InferRequest,
    InferResponse,
    read_infer_request,
)
from peu.version import __version__
from peu.wording import quoted

VERSION = "1"
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": {"type": "object", "required": ["inputs"]}},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_PARAMETERS = {"coverage", "accept_all", "binary_data_output"}

Outputs = dict[str, NDArray[Any]]


def protocol_routes(engine: Engine) -> APIRouter:
    """Routes below /v2."""
    routes = APIRouter(prefix="/v2", tags=["Open Inference Protocol"])

    @routes.get("", summary="What this server is")
    async def server() -> dict[str, Any]:
        """Name, version and extensions of the server."""
        return {"name": "peu", "version": __version__, "extensions": ["binary_tensor_data"]}

    @routes.get("/health/live", summary="Whether the server runs")
    async def live() -> dict[str, bool]:
        """200 as long as the server answers at all."""
        return {"live": True}

    @routes.get("/health/ready", summary="Whether models can be asked")
    async def ready() -> dict[str, bool]:
        """200 once all models are loaded and checked."""
        return {"ready": True}

    @routes.get("/models/{name}", summary="What a model takes and gives")
    async def metadata(name: str) -> dict[str, Any]:
        """Inputs and outputs of a model, and its classes."""
        return _metadata(engine.models[name])

    @routes.get("/models/{name}/ready", summary="Whether a model can be asked")
    async def model_ready(name: str) -> dict[str, Any]:
        """200 where there is such a model: those that are listed are loaded and checked."""
        return {"name": engine.models[name].name, "ready": True}

    @routes.post("/models/{name}/infer", summary="Predict images", openapi_extra=_BODY)
    async def infer(request: Request, name: str) -> Response:
        """Predict the images of the input `image`.

        BYTES of shape [n] are image files: base64 in JSON, or as they are in binary data. UINT8
        of shape [n, height, width, 3] are pixels. The parameters `coverage` and `accept_all` ask
        as those of /predict do.
        """
        return await _infer(engine, request, engine.models[name])

    # There is one version of each model; clients may name it all the same.
    versioned = APIRouter(prefix="/models/{name}/versions/" + VERSION, include_in_schema=False)
    versioned.add_api_route("", metadata)
    versioned.add_api_route("/ready", model_ready)
    versioned.add_api_route("/infer", infer, methods=["POST"])
    routes.include_router(versioned)
    return routes


async def _infer(engine: Engine, request: Request, model: ServedModel) -> Response:
    async with engine.bodies.read(request) as body:
        length = request.headers.get(BINARY_HEADER)
        asked = await engine.parsed(_read, body, length, engine.limits.images)
        del body
        coverage, accept_all = _asked(asked)
        found = await engine.predict(model, asked.images, coverage=coverage, accept_all=accept_all)
    predictions = _all_predicted(found)
    response = InferResponse(model.name, VERSION, asked.id)
    outputs = _outputs(model, predictions)
    for output in asked.outputs or outputs:
        if output not in outputs:
            names = ", ".join(outputs)
            raise Refusal(400, f"An output must be one of {names}. Received: {quoted(output)}.")
        response.add(output, outputs[output], binary=asked.is_binary(output))
    content, headers = response.body()
    return Response(content, headers=headers)


def _read(body: bytes, length: str | None, most: int) -> InferRequest:
    return read_infer_request(body, length, most=most)


def _metadata(model: ServedModel) -> dict[str, Any]:
    predictor = model.predictor
    classes = len(predictor.class_names)
    outputs = [
        {"name": "label", "datatype": "BYTES", "shape": [-1]},
        {"name": "probability", "datatype": "FP64", "shape": [-1]},
        {"name": "probabilities", "datatype": "FP64", "shape": [-1, classes]},
    ]
    if predictor.trust.novelty is not None:
        outputs.append({"name": "none_of_these", "datatype": "BOOL", "shape": [-1]})
    if predictor.trust.sets is not None:
        outputs.append({"name": "prediction_set", "datatype": "BOOL", "shape": [-1, classes]})
    return {
        "name": model.name,
        "versions": [VERSION],
        "platform": "peu",
        "inputs": [{"name": INPUT, "datatype": "BYTES", "shape": [-1]}],
        "outputs": outputs,
        "parameters": {
            "class_names": list(predictor.class_names),
            "recipe": str(predictor.recipe.get("name", predictor.recipe.get("kind"))),
        },
    }


def _asked(request: InferRequest) -> tuple[float | None, bool]:
    """Coverage and whether all images are accepted."""
    unknown = set(request.parameters) - _PARAMETERS
    coverage = request.parameters.get("coverage")
    accept_all = request.parameters.get("accept_all", False)
    if unknown:
        names = ", ".join(sorted(_PARAMETERS))
        received = ", ".join(quoted(each) for each in sorted(unknown)[:3])
        raise Refusal(400, f"A parameter must be one of {names}. Received: {received}.")
    if not isinstance(accept_all, bool):
        raise Refusal(400, f"accept_all must be true or false. Received: {accept_all!r:.40}.")
    if coverage is not None and type(coverage) not in (float, int):
        raise Refusal(400, f"coverage must be a number. Received: {coverage!r:.40}.")
    return coverage, accept_all


def _all_predicted(found: Sequence[Prediction | Exception]) -> Sequence[Prediction]:
    """Predictions of all images: a tensor has no place for a reason."""
    predictions = []
    for number, each in enumerate(found):
        if not isinstance(each, Prediction):
            raise Refusal(
                each.status if isinstance(each, Refusal) else 422,
                f"Image {number} must be an image: {each}.",
            )
        predictions.append(each)
    if not predictions:
        raise unusable("Expected an image; received none.")
    return predictions


def _outputs(model: ServedModel, predictions: Sequence[Prediction]) -> Outputs:
    """All outputs, in the order in which the metadata list them."""
    names = model.predictor.class_names
    found: Outputs = {
        "label": np.array([each.label for each in predictions], object),
        "probability": np.array([each.probability for each in predictions]),
        "probabilities": np.array([list(each.probabilities.values()) for each in predictions]),
    }
    if all(each.none_of_these is not None for each in predictions):
        found["none_of_these"] = np.array([bool(each.none_of_these) for each in predictions])
    if all(each.prediction_set is not None for each in predictions):
        found["prediction_set"] = np.array(
            [[name in (each.prediction_set or ()) for name in names] for each in predictions]
        )
    return found
