"""`peu predict` and `peu evaluate`: a saved model at work, and how well it works."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.errors import DataError
from peu.progress import report
from peu.wording import printable

if TYPE_CHECKING:
    from peu.models.classifier import Classifier, Prediction

_MOST_BYTES = 100

Model = Annotated[Path, typer.Argument(help="Folder of a model that `peu train` wrote.")]


@ending_well
def predict_command(
    model: Model,
    images: Annotated[list[str], typer.Argument(help="Images, or folders of images.")],
    explain: Annotated[
        Path | None,
        typer.Option(
            "--explain", help="Folder for images of what spoke for each answer (Grad-CAM)."
        ),
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Recognise new images: the label and the probabilities of every class."""
    from peu.images.dataset import load_dataset
    from peu.models.classifier import Classifier

    classifier = Classifier.load(model)
    answers: list[tuple[Path, Prediction]] = []
    unusable: list[DataError] = []
    with showing_progress(quiet=quiet):
        for source in images:
            try:
                dataset = load_dataset(source, labels_required=False)
            except DataError as error:
                unusable.append(error)
                continue
            for item in dataset.set_aside:
                remark(f"Set aside: {item.path}: {item.reason}", quiet=quiet)
            for number, path in enumerate(dataset.paths):
                answers.append((path, classifier.predict(dataset.read(number))[0]))
                report("Recognising", number + 1, len(dataset))
                if explain is not None:
                    _write_explanation(
                        classifier, dataset.read(number), explain, len(answers), path
                    )
    for trouble in unusable if answers else unusable[1:]:
        remark(f"Set aside: {trouble}", quiet=quiet)
    if not answers:
        raise unusable[0]
    if as_json:
        write_result(
            [
                {
                    "path": str(path),
                    "label": answer.label,
                    "probability": answer.probability,
                    "probabilities": answer.probabilities,
                }
                for path, answer in answers
            ]
        )
    else:
        _show(answers)
    if explain is not None:
        remark(f"Explanations: {explain}", quiet=quiet)


@ending_well
def evaluate_command(
    model: Model,
    data: Annotated[str, typer.Argument(help="Labelled images that it has not seen.")],
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure a model on labelled images that it has not seen."""
    from peu.comparison.evaluate import evaluate
    from peu.images.catalog import open_dataset
    from peu.models.classifier import Classifier

    classifier = Classifier.load(model)
    with showing_progress(quiet=quiet):
        dataset = open_dataset(data, to_learn=False)
        found = evaluate(classifier, dataset)
    if found.seen:
        remark(
            f"{found.seen} of these {len(dataset)} images are among those that the model learnt "
            "from: the figures flatter it.",
            quiet=quiet,
        )
    if as_json:
        write_result({"format": 1, **found.evaluation.to_dict(), "seen_in_training": found.seen})
        return
    from rich.table import Table

    figures = found.evaluation
    console = results()
    console.print(
        f"{len(dataset)} images: accuracy {figures.accuracy:.3f}, balanced accuracy "
        f"{figures.balanced_accuracy:.3f}, log loss {figures.log_loss:.3f}"
    )
    table = Table("class")
    for name in ("precision", "recall", "images"):
        table.add_column(name, justify="right")
    for row in figures.per_class:
        # Without images of a class there is nothing to find, and no recall.
        recall = f"{row.recall:.3f}" if row.support else "-"
        table.add_row(printable(row.name), f"{row.precision:.3f}", recall, str(row.support))
    console.print(table)


def _show(answers: list[tuple[Path, "Prediction"]]) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table("image", "label")
    table.add_column("probability", justify="right")
    table.add_column("others")
    for path, answer in answers:
        others = sorted(answer.probabilities.items(), key=lambda item: -item[1])[1:4]
        table.add_row(
            Text(printable(str(path))),
            Text(printable(answer.label)),
            f"{answer.probability:.3f}",
            Text(printable(", ".join(f"{name} {value:.3f}" for name, value in others))),
        )
    results().print(table)


def _short(name: str) -> str:
    """Cut a name to what a file's name has room for, in bytes, and to what a terminal can show."""
    plain = printable(name).replace("/", "-").replace("\\", "-")
    return plain.encode("utf-8")[:_MOST_BYTES].decode("utf-8", "ignore")


def _write_explanation(
    classifier: "Classifier", image: "object", folder: Path, number: int, path: Path
) -> None:
    import numpy as np
    from PIL import Image

    from peu.files import replacing
    from peu.models.explanation import explain
    from peu.reports.images import overlay

    if not isinstance(image, Image.Image):
        return
    best = int(np.argmax(classifier.predict_proba(image)[0]))
    heatmap = explain(classifier, classifier.view(image), best)
    shown = overlay(
        image,
        heatmap.values.tolist(),
        resize_mode=classifier.resize_mode,
        input_size=classifier.image_size,
    )
    name = f"{number:03d}-{_short(path.stem)}-{_short(classifier.class_names[best])}.png"
    with replacing(folder / name) as draft:
        shown.save(draft, format="PNG")
