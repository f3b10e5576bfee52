"""`peu vae kl_weights`: the sheet's study of the kl_weight, with the theory beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.settings import read_image_size
from peu.cli.vae_opening import Latent, open_set, read_kl_weight
from peu.recipes.training import TrainingSettings
from peu.recipes.variational import KLWeight, Variational
from peu.wording import printable

if TYPE_CHECKING:
    from peu.comparison.kl_weights import KLWeightStudy, KLWeightTrial

_EPOCHS, _BATCH_SIZE = 15, 128


@ending_well
def kl_weights_command(
    data: Annotated[
        str | None,
        typer.Argument(
            help="As for `peu vae train`; with classes, generated images are judged as well.",
            show_default=False,
        ),
    ] = None,
    values: Annotated[
        str, typer.Option("--values", help="Coefficients with commas between; auto is one.")
    ] = "1,0.1,0.01,0.001,0.0001,auto",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")] = Path(
        "runs/kl_weights"
    ),
    latent: Latent = 2,
    most: Annotated[
        int | None,
        typer.Option("--most", help="Learn from at most so many images. Default: all.", min=2),
    ] = None,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    image_size: options.ImageSize = None,
    resize_mode: options.ResizeModeOption = None,
) -> None:
    """Train with one kl_weight after another, and report three optima apart.

    They are the evidence lower bound, the quality of generated images, and nearest neighbours
    on the map. Run the same command again to go on with an interrupted study: finished trials
    are kept.
    """
    wanted: list[KLWeight] = [
        read_kl_weight(each, "--values") for each in values.split(",") if each.strip()
    ]
    chosen: dict[str, Any] = {} if resize_mode is None else {"resize_mode": resize_mode}
    recipe = Variational(
        latent=latent,
        image_size=None if image_size is None else read_image_size(image_size),
        training=TrainingSettings(epochs=epochs or _EPOCHS, batch_size=batch_size or _BATCH_SIZE),
        **chosen,
    )
    from peu.comparison.kl_weights import study_kl_weights
    from peu.comparison.latent import fewer_to_learn
    from peu.reports.kl_weight_report import write_kl_weight_report

    def tell(trial: "KLWeightTrial", done: int, total: int) -> None:
        remark(
            f"{done:2d}/{total} kl_weight {trial.asked}: bound {trial.figures.elbo:.1f} nats, "
            f"{trial.figures.active_units} active, {trial.seconds:.0f} s",
            quiet=quiet,
        )

    with showing_progress(quiet=quiet):
        dataset = open_set(data, quiet=quiet)
        if most is not None:
            dataset = fewer_to_learn(dataset, most, seed=seed or 0)
        study = study_kl_weights(
            dataset,
            wanted,
            recipe=recipe,
            seed=seed or 0,
            run_folder=output,
            tell=lambda sentence: remark(sentence, quiet=quiet),
            on_trial=tell,
        )
        page = write_kl_weight_report(study, output)
    if as_json:
        write_result(study.to_dict())
    else:
        _show(study, page)


def _show(study: "KLWeightStudy", page: Path) -> None:
    from rich.table import Table

    console = results()
    table = Table("kl_weight")
    for name in ("ended at", "bound, nats", "error", "active", "neighbours", "distance", "sure"):
        table.add_column(name, justify="right")
    for trial in study.trials:
        figures, samples = trial.figures, trial.samples
        table.add_row(
            str(trial.asked),
            f"{trial.kl_weight:.3g}",
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
        best.append(f"best generated images: {study.best_samples.asked}")
    if study.best_neighbours is not None:
        best.append(f"best neighbours: {study.best_neighbours.asked}")
    console.print("; ".join(best) + ".", soft_wrap=True)
    console.print(
        f"Dimensions must stay empty from these kl_weights on (2 lambda / D): {bounds}.",
        soft_wrap=True,
    )
    if study.left_out:
        console.print(study.left_out, soft_wrap=True)
    console.print(f"Report: {printable(str(page))}", soft_wrap=True)
