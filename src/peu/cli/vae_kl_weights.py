"""`peu vae kl-weights`: the sheet's study of the KL weight, with the theory beside it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import (
    TrainingData,
    given,
    open_images,
    read_kl_weight,
    showing_training,
)
from peu.cli.console import remark, results, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.options import read_image_size
from peu.errors import check_setting
from peu.wording import printable

if TYPE_CHECKING:
    from peu.comparison.kl_weights import KLWeightStudy, KLWeightTrial
    from peu.images.dataset import ImageDataset


@handle_errors
def kl_weights_command(
    data: TrainingData = None,
    values: Annotated[
        str, typer.Option("--values", help="KL weights with commas between; auto is one.")
    ] = "1,0.1,0.01,0.001,0.0001,auto",
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the run.")] = Path(
        "runs/kl-weights"
    ),
    latent_dim: Annotated[
        int, typer.Option("--latent-dim", help="Dimensions of the latent space.", min=1)
    ] = 2,
    max_images: Annotated[
        int | None,
        typer.Option("--images", help="Training images at most. Default: all.", min=2),
    ] = None,
    max_test: options.MostTestImages = None,
    judge: Annotated[
        bool,
        typer.Option(
            help="Evaluate generated images with a network trained on the images' classes."
        ),
    ] = True,
    repeat: Annotated[
        str | None,
        typer.Option(
            "--repeat",
            help="One of the values, to train once more from another seed: how far two trainings "
            "differ by chance.",
        ),
    ] = None,
    plane: Annotated[
        int | None,
        typer.Option(
            "--plane",
            help="Also decode each latent plane on a grid of so many codes a side, into planes/: "
            "what the page plays with. With --latent-dim 2.",
            min=2,
            max=64,
        ),
    ] = None,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    image_size: options.ImageSize = None,
    resize_mode: options.ResizeModeOption = None,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            help="KL weights trained side by side, one thread each. Default: as many as cores and "
            "memory allow; brief trainings take turns.",
            min=1,
        ),
    ] = None,
) -> None:
    """Train with several KL weights, and report three optima separately.

    They are the evidence lower bound, the quality of generated images, and nearest neighbours in
    the latent space; the latter two need images with classes. Run the same command again to
    resume an interrupted study: finished trials are kept.
    """
    weights = [read_kl_weight(each, "--values") for each in values.split(",") if each.strip()]

    repeated = None if repeat is None else read_kl_weight(repeat, "--repeat")
    check_setting(
        "--plane",
        holds=plane is None or latent_dim == 2,
        expected="left out where the latent space is no plane",
        received=f"--plane {plane} --latent-dim {latent_dim}",
        advice="Take --latent-dim 2.",
    )

    from peu.autoencoders.vae import VAE
    from peu.comparison.kl_weights import study_kl_weights
    from peu.comparison.latent import limit_images
    from peu.comparison.vae_fits import model_folder, suggest_fits_at_once
    from peu.reports.kl_weight_report import write_kl_weight_report

    vae = VAE(
        latent_dim=latent_dim,
        image_size=None if image_size is None else read_image_size(image_size),
        epochs=epochs,
        batch_size=batch_size,
        seed=seed or 0,
        **given(resize_mode=resize_mode),
    )

    def remark_trial(trial: "KLWeightTrial", done: int, total: int) -> None:
        remark(
            f"{done:2d}/{total} KL weight {trial.requested}: bound {trial.figures.elbo:.1f} nats, "
            f"{trial.figures.active_units} active, {trial.seconds:.0f} s",
            quiet=quiet,
        )
        if plane is not None:
            _write_plane(output, model_folder(output, trial.requested), trial, dataset, plane)

    with showing_training(quiet=quiet):
        dataset = open_images(data, quiet=quiet)
        dataset = limit_images(dataset, train=max_images, test=max_test, seed=vae.seed)
        if workers is None:
            workers = suggest_fits_at_once(vae, dataset, len(weights) + (repeated is not None))
        study = study_kl_weights(
            dataset,
            weights,
            vae=vae,
            run_folder=output,
            on_trial=remark_trial,
            judge=judge,
            repeat=repeated,
            workers=workers,
        )
        page = write_kl_weight_report(study, output)
    if as_json:
        write_result(study.to_dict())
    else:
        _show(study, page)


def _write_plane(
    run_folder: Path, model: Path, trial: "KLWeightTrial", dataset: "ImageDataset", steps: int
) -> None:
    """Decode a trial's plane, unless that was done since its model was saved."""
    from peu.autoencoders.vae import VAE
    from peu.comparison.latent_plane import write_latent_plane
    from peu.models.bundle import MANIFEST

    folder = run_folder / "planes"
    done = folder / f"{model.name}.json"
    if not done.exists() or done.stat().st_mtime < (model / MANIFEST).stat().st_mtime:
        write_latent_plane(
            VAE.load(model), dataset, folder, model.name, requested=trial.requested, steps=steps
        )


def _show(study: "KLWeightStudy", page: Path) -> None:
    from rich.table import Table

    from peu.reports.kl_weight_report import by_chance

    console = results()
    table = Table("KL weight")
    for name in ("ended at", "bound, nats", "error", "active", "neighbours", "distance", "sure"):
        table.add_column(name, justify="right")
    for trial in study.trials:
        figures, samples = trial.figures, trial.samples
        table.add_row(
            str(trial.requested),
            f"{trial.kl_weight:.3g}",
            f"{figures.elbo:.1f}",
            f"{figures.mse:.4f}",
            f"{figures.active_units}/{len(figures.kl)}",
            "-" if figures.knn_accuracy is None else f"{figures.knn_accuracy:.3f}",
            "-" if samples is None else f"{samples.distance:.1f}",
            "-" if samples is None else f"{samples.confident:.2f}",
        )
    console.print(table)
    best = [f"Best bound: {study.best_bound.requested}"]
    if study.best_samples is not None:
        best.append(f"best generated images: {study.best_samples.requested}")
    if study.best_neighbours is not None:
        best.append(f"best neighbours: {study.best_neighbours.requested}")
    console.print("; ".join(best) + ".", soft_wrap=True)
    console.print(by_chance(study), soft_wrap=True)
    bounds = ", ".join(f"{each:.3g}" for each in study.spectrum.bounds)
    console.print(
        f"Dimensions must stay empty from these KL weights on (2 lambda / D): {bounds}.",
        soft_wrap=True,
    )
    if study.omitted:
        console.print(study.omitted, soft_wrap=True)
    console.print(f"Report: {printable(str(page))}", soft_wrap=True)
