"""`peu export`: a saved model as one ONNX or LiteRT file for other programs."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from peu.cli import options
from peu.cli.console import say, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.wording import first_few

if TYPE_CHECKING:
    from peu.exports.export import Export
    from peu.exports.onnx_file import Input
    from peu.networks.litert_settings import Precision


@handle_errors
def export_command(
    model: options.Model,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The file to write: model.onnx or model.tflite.")
    ] = Path("model.onnx"),
    input_size: Annotated[
        str,
        typer.Option(
            "--input",
            metavar="resized|any-size",
            help="resized: the file takes images that were brought to size, as its metadata says. "
            "any-size: it does that itself.",
        ),
    ] = "resized",
    precision: Annotated[
        str,
        typer.Option(
            "--precision",
            metavar="fp32|fp16|int8",
            help="Of a .tflite file: fp16 halves it, int8 quarters it.",
        ),
    ] = "fp32",
    images: Annotated[
        str | None,
        typer.Option(
            "--images",
            metavar="DATA",
            help="Images that the file is checked on. Default: the training images, where a set "
            "of their name is found here, or else built-in drawings. int8 takes the range of every "
            "layer from the training images where it finds them, or else from these.",
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a saved model as one file, from uint8 pixels to probabilities.

    The file is run on images first: where it does not answer as the model does, nothing is written.
    """
    from peu.exports.export import export_model

    with showing_progress(quiet=quiet):
        found = export_model(
            model,
            output,
            input_size=cast("Input", input_size),
            precision=cast("Precision", precision),
            images=images,
            overwrite=overwrite,
        )
    if as_json:
        write_result(_to_dict(found))
        return
    say(_summary(found))


def _to_dict(found: "Export") -> dict[str, object]:
    agreement = found.agreement
    return {
        "format": 1,
        "output": str(found.path),
        "input": found.input_size,
        "precision": found.precision,
        "bytes": found.size,
        "checked_on": agreement.source,
        "images": agreement.images,
        "greatest_difference": agreement.greatest_difference,
        "labels_changed": list(agreement.changed),
        "held_out": agreement.held_out,
        "model_accuracy": agreement.model_accuracy,
        "file_accuracy": agreement.file_accuracy,
        "ranges_from": found.ranges,
    }


def _summary(found: "Export") -> str:
    agreement = found.agreement
    changed = len(agreement.changed)
    labels = f"{changed} label{'s' * (changed != 1)} changed"
    if changed:
        labels += f" ({first_few(agreement.changed)})"
    text = (
        f"{found.path}: {found.size / 1e6:.1f} MB. On {agreement.images} images "
        f"({agreement.source}) its probabilities differ from the model's by at most "
        f"{agreement.greatest_difference:.1g}; {labels}."
    )
    if agreement.file_accuracy is not None:
        text += (
            f" On the {agreement.held_out} of them that the model has not learnt from: accuracy "
            f"{agreement.file_accuracy:.3f}, the model {agreement.model_accuracy:.3f}."
        )
    if found.ranges is not None:
        text += f" Its layers' ranges are those on {found.ranges}."
    return text
