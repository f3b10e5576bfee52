"""A saved classifier as one ONNX file, from uint8 pixels to probabilities."""

import json
from typing import Any, Literal

import numpy as np

from peu.errors import BundleError, RecipeError
from peu.exports.graph_front import with_resizing
from peu.exports.resizing import resizing_of
from peu.models.calibration import Calibration
from peu.models.combination import LEAST
from peu.models.predictor import Predictor
from peu.version import __version__

Input = Literal["resized", "any-size"]

_NO_GRAPH = {
    "model.npz": "it compares image descriptors with support vectors, outside any graph",
    "ensemble.json": "its members take images of different sizes; export one of them, a folder "
    "member-1, member-2 and so on in it",
}


def onnx_file(predictor: Predictor, input_size: Input) -> bytes:
    """Build the ONNX file of a classifier.

    Args:
        predictor: whose model is a graph.
        input_size: "resized" takes images that were brought to the model's size, "any-size" does
            that inside the graph.

    Returns:
        The file: input "pixels" (n, height, width, 3) uint8, output "probabilities" (n, k)
        float32. Its metadata says the classes, how images are brought to size, the recipe with
        its settings, and peu's version; each value is JSON.

    Raises:
        BundleError: a model that is no graph.
        RecipeError: a resizing that no graph does.
    """
    import onnx

    content = graph_of(predictor)
    resizing = resizing_of(predictor)
    model = onnx.load_from_string(content)
    outputs = [each for each in model.graph.output if each.name == "probabilities"]
    del model.graph.output[:]
    model.graph.output.extend(outputs)
    if input_size == "any-size":
        if resizing.mode == "crop":
            raise RecipeError(
                "`--input any-size` needs a model that keeps the whole image. Received: one that "
                "crops. Leave the option out, and crop before the graph."
            )
        model = with_resizing(model, resizing)
    if predictor.trust.calibration is not None:
        _calibrate(model, predictor.trust.calibration)
    describe(model, file_metadata(predictor, input_size))
    return bytes(model.SerializeToString())


def graph_of(predictor: Predictor) -> bytes:
    """The ONNX content of a predictor's model.

    Raises:
        BundleError: a model that is no graph.
    """
    model = predictor.model
    content = getattr(model, "content", None)
    if isinstance(content, bytes):
        return content
    kind = predictor.recipe.get("kind", "model")
    reason = _NO_GRAPH.get(model.file_name, "it is none that peu knows")
    raise BundleError(
        f"A model that is exported must be a graph. Received: `{kind}`, which is none: {reason}. "
        "Use it through peu, or train a `transfer` model."
    )


def _calibrate(model: Any, calibration: Calibration) -> None:
    """Put a calibration behind a graph's probabilities, under the same name."""
    from onnx import checker, helper, numpy_helper

    for node in model.graph.node:
        for names in (node.input, node.output):
            for place, name in enumerate(names):
                if name == "probabilities":
                    names[place] = "uncalibrated"
    constants = {
        "least_probability": np.float32(LEAST),
        "slopes": calibration.slopes,
        "intercepts": calibration.intercepts,
    }
    model.graph.initializer.extend(
        numpy_helper.from_array(np.asarray(value, np.float32), name)
        for name, value in constants.items()
    )
    steps = (
        ("Max", ["uncalibrated", "least_probability"], "at_least"),
        ("Log", ["at_least"], "logarithms"),
        ("Mul", ["logarithms", "slopes"], "scaled"),
        ("Add", ["scaled", "intercepts"], "calibrated"),
        ("Softmax", ["calibrated"], "probabilities"),
    )
    model.graph.node.extend(helper.make_node(kind, ins, [out]) for kind, ins, out in steps)
    checker.check_model(model)


def describe(model: Any, metadata: dict[str, Any]) -> None:
    """Replace a model's metadata; each value is kept as JSON."""
    model.producer_name, model.producer_version = "peu", __version__
    model.doc_string = "Classifies images. The metadata says of which classes, and how."
    del model.metadata_props[:]
    for name, value in metadata.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = name, json.dumps(value, sort_keys=True, ensure_ascii=False)


def file_metadata(predictor: Predictor, input_size: Input) -> dict[str, Any]:
    """What a file says of itself: classes, input, output, resizing, recipe, version."""
    inside = input_size == "any-size"
    return {
        "class_names": list(predictor.class_names),
        "input": {
            "name": "pixels",
            "shape": ["n", "height", "width", 3],
            "values": "uint8 from 0 to 255, RGB, upright",
            "size": "any" if inside else "as `resizing` says",
        },
        "output": {"name": "probabilities", "shape": ["n", len(predictor.class_names)]},
        "resizing": {"in_the_graph": inside, **resizing_of(predictor).to_dict()},
        "calibrated": predictor.trust.calibration is not None,
        "recipe": predictor.recipe,
        "trained_on": {
            name: predictor.provenance.get(name) for name in ("dataset", "fingerprint", "images")
        },
        "peu": __version__,
    }
