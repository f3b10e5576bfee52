"""`peu evaluate`: how well a saved model works on other images."""

from typing import Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, say, show_table, showing_progress, write_result
from peu.cli.handle_errors import handle_errors


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
    from peu.models.saved import load

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
