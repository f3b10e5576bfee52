"""Export of a saved model to one file for other programs, checked by predicting again."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import numpy as np
from PIL import Image

from peu.classifiers.base import ImageClassifier
from peu.errors import BundleError
from peu.exports.agreement import Agreement, RunFile, check_images, measure_agreement
from peu.exports.litert_file import litert_file
from peu.exports.onnx_file import Input, graph_of, onnx_file
from peu.exports.ranges import range_images
from peu.files import replacing
from peu.models.onnx_session import open_session
from peu.models.predictor import Predictor
from peu.models.saved import load
from peu.networks.litert_settings import Precision
from peu.output_folder import check_output_file
from peu.settings import check_setting


@dataclass(frozen=True)
class Tolerance:
    """How far a file's answers may be from its model's.

    Attributes:
        difference: between two probabilities of one class, at most.
        changed: share of images whose most probable class may change.
    """

    difference: float
    changed: float


_TOLERANCES = {
    "resized": Tolerance(1e-4, 0.0),
    "any-size": Tolerance(0.02, 0.005),
    "fp32": Tolerance(1e-4, 0.0),
    "fp16": Tolerance(0.05, 0.01),
    "int8": Tolerance(1.0, 0.05),
}


@dataclass(frozen=True, eq=False)
class Export:
    """An exported file, and how near its answers are to the model's.

    Attributes:
        path: of the file.
        input_size: "resized" or "any-size".
        precision: of the weights.
        size: of the file, in bytes.
        agreement: measured on the file itself before it took its place.
        ranges: what "int8" learnt the range of every layer from; None with other precisions.
    """

    path: Path
    input_size: Input
    precision: Precision
    size: int
    agreement: Agreement
    ranges: str | None = None


def export_model(
    model: Predictor | ImageClassifier | str | Path,
    path: str | Path,
    *,
    input_size: Input = "resized",
    precision: Precision = "fp32",
    images: str | Path | None = None,
    overwrite: bool = False,
) -> Export:
    """Write a classifier as one ONNX or LiteRT file, from uint8 pixels to probabilities.

    The file is run on images before it takes its place; one that does not answer as the model
    does is not written.

    Args:
        model: a predictor, a fitted recipe, or the folder of a saved model.
        path: ends in .onnx, or in .tflite, which needs TensorFlow.
        input_size: "resized" takes images that were brought to the model's size, as the file's
            metadata says; "any-size", for .onnx alone, does that inside the graph.
        precision: "fp32"; for .tflite also "fp16", which halves the file, and "int8", which
            quarters it and computes in whole numbers.
        images: what the file is checked on: a folder, a file or a named set. None takes the
            training images where a set of their name is found, and else built-in drawings.
        overwrite: replace a file that is there.

    Returns:
        What was written, and how near its answers are.

    Raises:
        BundleError: a model that is no graph, or a file whose answers are too far off.
        DataError: images that cannot be used.
        RecipeError: another suffix, or an unknown input.
        ResourceError: the file exists, or the disk is full.

    Example:
        >>> import peu  # doctest: +SKIP
        >>> peu.export_model("model/", "model.onnx").agreement.changed  # doctest: +SKIP
        ()
    """
    target = Path(path)
    litert = target.suffix.lower() == ".tflite"
    _check_choices(input_size, precision, litert=litert)
    check_output_file(target, overwrite=overwrite, suffix=".tflite" if litert else ".onnx")
    predictor = _predictor(model)
    graph_of(predictor)
    check = check_images(predictor, images)
    ranges, examples = None, list[Image.Image]()
    if litert:
        if precision == "int8":
            shown = range_images(predictor, check)
            ranges, examples = shown.source, shown.read()
        content = litert_file(predictor, precision, examples)
        tolerance = _TOLERANCES[precision]
    else:
        content = onnx_file(predictor, input_size)
        tolerance = _TOLERANCES[input_size]
    with replacing(target) as draft:
        draft.write_bytes(content)
        agreement = measure_agreement(predictor, _runner(draft, predictor, input_size), check)
        _refuse(target, agreement, tolerance)
    return Export(target, input_size, precision, len(content), agreement, ranges)


def _check_choices(input_size: object, precision: object, *, litert: bool) -> None:
    inputs, precisions = get_args(Input), get_args(Precision)
    check_setting(
        "input_size",
        holds=input_size in inputs and not (litert and input_size == "any-size"),
        expected="'resized' for .tflite" if litert else f"one of {', '.join(inputs)}",
        received=input_size,
        advice="LiteRT has no resizing that averages." if litert else "Choose one of these.",
    )
    check_setting(
        "precision",
        holds=precision in precisions and (litert or precision == "fp32"),
        expected=f"one of {', '.join(precisions)}" if litert else "'fp32' for .onnx",
        received=precision,
        advice="Name a file that ends in .tflite for the others.",
    )


def _predictor(model: Predictor | ImageClassifier | str | Path) -> Predictor:
    if isinstance(model, ImageClassifier):
        return model.predictor()
    return model if isinstance(model, Predictor) else load(model)


def _runner(file: Path, predictor: Predictor, input_size: Input) -> RunFile:
    if file.suffix.lower() == ".tflite":
        from peu.networks.litert import open_litert

        answer = open_litert(file.read_bytes())
        return lambda image: answer(predictor.view(image))
    session = open_session(file)

    def run(image: Image.Image) -> Any:
        pixels = np.asarray(image) if input_size == "any-size" else predictor.view(image)
        return session.run(["probabilities"], {"pixels": pixels[None]})[0][0]

    return run


def _refuse(target: Path, agreement: Agreement, tolerance: Tolerance) -> None:
    """Refuse a file that does not answer as its model does."""
    changed = len(agreement.changed)
    if (
        agreement.greatest_difference <= tolerance.difference
        and changed <= tolerance.changed * agreement.images
    ):
        return
    raise BundleError(
        f"`{target}` must answer as the model does: probabilities within {tolerance.difference:g}, "
        f"and at most {tolerance.changed:.1%} of labels changed. On {agreement.images} images it "
        f"differs by up to {agreement.greatest_difference:.2g}, and {changed} labels changed. It "
        "was not written. Export it with a higher precision or resized input, or train it again."
    )
