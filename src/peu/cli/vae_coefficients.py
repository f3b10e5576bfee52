"""`peu vae coefficients`: the sheet's study of the coefficient, with the theory beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.settings import read_image_size
from peu.cli.vae_opening import Latent, open_set, read_coefficient
from peu.data.wording import printable
from peu.recipes.training import TrainingSettings
from peu.recipes.variational import Coefficient, Variational

if TYPE_CHECKING:
    from peu.experiments.coefficients import CoefficientStudy, CoefficientTrial

_EPOCHS, _BATCH_SIZE = 15, 128


@ending_well
def coefficients_command(
    data: Annotated[
        str | None,
        typer.Argument(
            help="As for `peu vae train`; with classes, generated pictures are judged as well.",
            show_default=False,
        ),
    ] = None,
    values: Annotated[
        str, typer.Option("--values", help="Coefficients with commas between; auto is one.")
    ] = "1,0.1,0.01,0.001,0.0001,auto",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")] = Path(
        "runs/coefficients"
    ),
    latent: Latent = 2,
    most: Annotated[
        int | None,
        typer.Option("--most", help="Learn from at most so many pictures. Default: all.", min=2),
    ] = None,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    image_size: options.ImageSize = None,
    fit: options.FitOption = None,
) -> None:
    """Train with one coefficient after another, and report three optima apart.

    They are the evidence lower bound, the quality of generated pictures, and nearest neighbours
    on the map. Run the same command again to go on with an interrupted study: finished trials
    are kept.
    """
    wanted: list[Coefficient] = [
        read_coefficient(each, "--values") for each in values.split(",") if each.strip()
    ]
    chosen: dict[str, Any] = {} if fit is None else {"fit": fit}
    recipe = Variational(
        latent=latent,
        image_size=None if image_size is None else read_image_size(image_size),
        training=TrainingSettings(epochs=epochs or _EPOCHS, batch_size=batch_size or _BATCH_SIZE),
        **chosen,
    )
    from peu.experiments.coefficients import study_coefficients
    from peu.experiments.latent import fewer_to_learn
    from peu.reporting.coefficient_report import write_coefficient_report

    def tell(trial: "CoefficientTrial", done: int, total: int) -> None:
        remark(
            f"{done:2d}/{total} coefficient {trial.asked}: bound {trial.figures.elbo:.1f} nats, "
            f"{trial.figures.active_units} active, {trial.seconds:.0f} s",
            quiet=quiet,
        )

    with showing_progress(quiet=quiet) as progress:
        dataset = open_set(data, progress=progress, quiet=quiet)
        if most is not None:
            dataset = fewer_to_learn(dataset, most, seed=seed or 0)
        study = study_coefficients(
            dataset,
            wanted,
            recipe=recipe,
            seed=seed or 0,
            run_folder=output,
            progress=progress,
            tell=lambda sentence: remark(sentence, quiet=quiet),
            on_trial=tell,
        )
        page = write_coefficient_report(study, output)
    if as_json:
        write_result(study.to_dict())
    else:
        _show(study, page)


def _show(study: "CoefficientStudy", page: Path) -> None:
    from rich.table import Table

    console = results()
    table = Table("coefficient")
    for name in ("ended at", "bound, nats", "error", "active", "neighbours", "distance", "sure"):
        table.add_column(name, justify="right")
    for trial in study.trials:
        figures, samples = trial.figures, trial.samples
        table.add_row(
            str(trial.asked),
            f"{trial.coefficient:.3g}",
            f"{figures.elbo:.1f}",
            f"{figures.mse:.4f}",
            f"{figures.active_units}/{len(figures.kl)}",
            "-" if figures.knn_accuracy is None else f"{figures.knn_accuracy:.3f}",
            "-" if samples is None else f"{samples.distance:.1f}",
            "-" if samples is None else f"{samples.confident:.2f}",
        )
    console.print(table)
    bounds = ", ".join(f"{each:.3g}" for each in study.spectrum.bounds)
    best = [f"Best bound: {study.best_bound.asked}"]
    if study.best_samples is not None:
        best.append(f"best generated pictures: {study.best_samples.asked}")
    if study.best_neighbours is not None:
        best.append(f"best neighbours: {study.best_neighbours.asked}")
    console.print("; ".join(best) + ".", soft_wrap=True)
    console.print(
        f"Dimensions must stay empty from these coefficients on (2 lambda / D): {bounds}.",
        soft_wrap=True,
    )
    if study.left_out:
        console.print(study.left_out, soft_wrap=True)
    console.print(f"Report: {printable(str(page))}", soft_wrap=True)
