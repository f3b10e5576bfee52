"""`peu evaluate`: how well a saved model works on other images."""

from pathlib import Path
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
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder for a page with the mistakes and what to rely on."
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure a model on labelled images that it has not seen."""
    from peu.comparison.evaluate import evaluate
    from peu.images.loading import load_images
    from peu.models.saved import load

    if output is not None:
        from peu.reports.report_folder import report_folder

        report_folder(output, overwrite=overwrite).check()
    predictor = load(model)
    with showing_progress(quiet=quiet):
        dataset = load_images(data, to_learn=False)
        found = evaluate(predictor, dataset)
        page = None
        if output is not None:
            from peu.reports.evaluation_report import write_evaluation

            page = write_evaluation(found, predictor, dataset, output, model=model.name)
    if found.seen:
        remark(
            f"The model was trained on {found.seen} of these {len(dataset)} images: these figures "
            "are too optimistic.",
            quiet=quiet,
        )
    figures = found.evaluation
    if as_json:
        write_result({"format": 1, **found.to_dict()})
        return
    say(
        f"{len(dataset)} images: accuracy {figures.accuracy:.3f} ({found.accuracy.level:.0%} "
        f"interval {found.accuracy.low:.3f} to {found.accuracy.high:.3f}), balanced accuracy "
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
    if page is not None:
        say(f"Report: {page}")
