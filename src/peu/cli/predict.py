"""`peu predict` and `peu evaluate`: a saved model at work, and how well it works."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, say, show_table, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.errors import DataError
from peu.progress import report, steps
from peu.wording import printable

if TYPE_CHECKING:
    from PIL import Image

    from peu.models.predictor import Prediction, Predictor

_MOST_BYTES = 100
_MOST_OTHERS = 3


@handle_errors
def predict_command(
    model: options.Model,
    images: Annotated[
        list[str], typer.Argument(metavar="IMAGES", help="Images, or folders of images.")
    ],
    explain: Annotated[
        Path | None,
        typer.Option(
            "--explain", help="Folder for heat maps that explain each prediction (Grad-CAM)."
        ),
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Recognise new images: the label and the probabilities of every class."""
    from peu.images.loading import load_images
    from peu.models.predictor import load

    predictor = load(model)
    answers: list[tuple[Path, Prediction]] = []
    unusable: list[DataError] = []
    with showing_progress(quiet=quiet), steps(len(images)) as done:
        for position, source in enumerate(images):
            done(position)
            try:
                dataset = load_images(source, labels_required=False)
            except DataError as error:
                unusable.append(error)
                continue
            for item in dataset.set_aside:
                remark(f"Set aside: {item.path}: {item.reason}", quiet=quiet)
            for number, path in enumerate(dataset.paths):
                image = dataset.read(number)
                answers.append((path, predictor.predict(image)[0]))
                report("Predicting", number + 1, len(dataset))
                if explain is not None:
                    _write_explanation(predictor, image, explain, len(answers), path)
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
        show_table(
            ("image", "label", "probability", "others"),
            [
                (path, answer.label, f"{answer.probability:.3f}", _others(answer))
                for path, answer in answers
            ],
            numbers=("probability",),
        )
    if explain is not None:
        remark(f"Explanations: {explain}", quiet=quiet)


@handle_errors
def evaluate_command(
    model: options.Model,
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="Labelled images that the model has not seen.")
    ],
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure a model on labelled images that it has not seen."""
    from peu.comparison.evaluate import evaluate
    from peu.images.loading import load_images
    from peu.models.predictor import load

    predictor = load(model)
    with showing_progress(quiet=quiet):
        dataset = load_images(data, to_learn=False)
        found = evaluate(predictor, dataset)
    if found.seen:
        remark(
            f"The model was trained on {found.seen} of these {len(dataset)} images: these figures "
            "are too optimistic.",
            quiet=quiet,
        )
    figures = found.evaluation
    if as_json:
        write_result({"format": 1, **figures.to_dict(), "seen_in_training": found.seen})
        return
    say(
        f"{len(dataset)} images: accuracy {figures.accuracy:.3f}, balanced accuracy "
        f"{figures.balanced_accuracy:.3f}, log loss {figures.log_loss:.3f}"
    )
    numbers = ("precision", "recall", "images")
    show_table(
        ("class", *numbers),
        [
            # Without images of a class there is nothing to find, and no recall.
            (
                row.name,
                f"{row.precision:.3f}",
                f"{row.recall:.3f}" if row.support else "-",
                row.support,
            )
            for row in figures.per_class
        ],
        numbers=numbers,
    )


def _others(answer: "Prediction") -> str:
    others = sorted(answer.probabilities.items(), key=lambda item: -item[1])[1 : _MOST_OTHERS + 1]
    return ", ".join(f"{name} {value:.3f}" for name, value in others)


def _short(name: str) -> str:
    """Cut a name to what a file's name has room for, in bytes, and to what a terminal can show."""
    plain = printable(name).replace("/", "-").replace("\\", "-")
    return plain.encode("utf-8")[:_MOST_BYTES].decode("utf-8", "ignore")


def _write_explanation(
    predictor: "Predictor", image: "Image.Image", folder: Path, number: int, path: Path
) -> None:
    from peu.files import replacing
    from peu.reports.heat_map import overlay

    label = predictor.predict(image)[0].label
    shown = overlay(
        image,
        predictor.explain(image, label).values.tolist(),
        resize_mode=predictor.resize_mode,
        input_size=predictor.image_size,
    )
    name = f"{number:03d}-{_short(path.stem)}-{_short(label)}.png"
    with replacing(folder / name) as draft:
        shown.save(draft, format="PNG")
