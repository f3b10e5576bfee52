"""`peu vae`: train a variational auto-encoder, evaluate it, and use its latent space."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import (
    ReportFolder,
    SavedVAE,
    TestData,
    TrainingData,
    given,
    open_images,
    open_test_images,
    read_kl_weight,
    showing_training,
)
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.handle_errors import handle_errors
from peu.cli.options import read_image_size
from peu.cli.vae_anomalies import anomalies_command
from peu.cli.vae_images import (
    grid_command,
    interpolate_command,
    reconstruct_command,
    sample_command,
)
from peu.cli.vae_kl_weights import kl_weights_command
from peu.cli.vae_map import map_command
from peu.networks.choices import Init
from peu.wording import printable

if TYPE_CHECKING:
    from peu.comparison.latent import VAEEvaluation

app = typer.Typer(
    name="vae",
    help="Learn a latent space of images (a variational auto-encoder), draw new ones, find "
    "anomalies.",
    no_args_is_help=True,
)


@handle_errors
def train_command(
    data: TrainingData = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model.")] = Path(
        "model"
    ),
    overwrite: options.Overwrite = False,
    latent_dim: Annotated[
        int, typer.Option("--latent-dim", help="Dimensions of the latent space.", min=1)
    ] = 2,
    kl_weight: Annotated[
        str,
        typer.Option(
            "--kl-weight",
            help="Weight of the Kullback-Leibler term: a number, or auto, which finds it.",
        ),
    ] = "auto",
    init: Annotated[
        Init,
        typer.Option(
            "--init",
            help="Start from random weights, or from a t-SNE of the images: with many images a "
            "better map, for a minute more.",
        ),
    ] = "random",
    seed: options.Seed = None,
    report: ReportFolder = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
    schedule: options.ScheduleOption = None,
    time_limit: options.TimeLimit = None,
    image_size: options.ImageSize = None,
    resize_mode: options.ResizeModeOption = None,
    channels: options.ChannelsOption = None,
) -> None:
    """Train encoder and decoder on images, and save them.

    A share of the images is held out for the evaluation. With few images the default is more
    epochs of smaller batches than the sheet's 15 of 128, for as many steps as with 12,800.
    """
    weight = read_kl_weight(kl_weight)

    from peu.autoencoders.vae import VAE
    from peu.comparison.latent import evaluate_vae
    from peu.models.bundle import output_folder
    from peu.reports.report_folder import report_folder
    from peu.reports.vae_report import write_vae_report

    vae = VAE(
        latent_dim=latent_dim,
        kl_weight=weight,
        init=init,
        image_size=None if image_size is None else read_image_size(image_size),
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        schedule=schedule,  # type: ignore[arg-type]  # checked by the settings
        time_limit=time_limit,
        seed=seed or 0,
        **given(resize_mode=resize_mode, channels=channels),
    )
    output_folder(output, overwrite=overwrite).check()
    if report is not None:
        report_folder(report, overwrite=overwrite).check()
    with showing_training(quiet=quiet):
        dataset = open_images(data, quiet=quiet)
        vae.fit(dataset).save(output, overwrite=overwrite)
        found = evaluate_vae(vae, dataset)
        if report is not None:
            page = write_vae_report(vae, dataset, found, report)
            remark(f"Report: {page}", quiet=quiet)
    if as_json:
        write_result(
            {
                "format": 1,
                "output": str(output),
                "trained_on": vae.n_images_,
                "parameters": vae.n_parameters_,
                "epochs": vae.training_.epochs,
                "batch_size": vae.training_.batch_size,
                "fingerprint": vae.fingerprint_,
                "seed": vae.seed,
                "bounds": vae.spectrum_.bounds.tolist(),
                "notes": list(vae.notes_),
                **found.to_dict(),
            }
        )
        return
    results().print(
        f"Trained on {vae.n_images_:,} images. {_sentence(found)} Saved to "
        f"{printable(str(output))}.",
        soft_wrap=True,
    )


@handle_errors
def evaluate_command(
    model: SavedVAE,
    data: TestData = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Evaluate a model on held-out images: bound, error, divergences, neighbours."""
    from peu.autoencoders.vae import VAE
    from peu.comparison.latent import evaluate_vae

    vae = VAE.load(model)
    with showing_progress(quiet=quiet):
        found = evaluate_vae(vae, open_test_images(vae, data, quiet=quiet))
    if found.seen_in_training:
        remark(
            f"{found.seen_in_training} of these {found.figures.images} images were seen in "
            "training: these figures are too optimistic.",
            quiet=quiet,
        )
    if as_json:
        write_result({"format": 1, **found.to_dict()})
        return
    results().print(
        f"{found.figures.images} images, {found.tested_on}. {_sentence(found)}", soft_wrap=True
    )


@handle_errors
def report_command(
    model: SavedVAE,
    data: TestData = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the report.")] = Path(
        "report"
    ),
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a report of a model: curves, reconstructions, the grid and the map."""
    from peu.autoencoders.vae import VAE
    from peu.comparison.latent import evaluate_vae
    from peu.reports.report_folder import report_folder
    from peu.reports.vae_report import write_vae_report

    vae = VAE.load(model)
    report_folder(output, overwrite=overwrite).check()
    with showing_progress(quiet=quiet):
        dataset = open_test_images(vae, data, quiet=quiet)
        page = write_vae_report(vae, dataset, evaluate_vae(vae, dataset), output)
    results().print(f"Report: {printable(str(page))}", soft_wrap=True)


def _sentence(found: "VAEEvaluation") -> str:
    figures = found.figures
    parts = [
        f"Bound {figures.elbo:.1f} nats",
        f"mean squared error {figures.mse:.4f}",
        f"divergence {', '.join(f'{each:.2f}' for each in figures.kl)} nats",
        f"{figures.active_units} of {len(figures.kl)} dimensions active",
    ]
    if figures.knn_accuracy is not None:
        parts.append(f"10 nearest neighbours right for {100 * figures.knn_accuracy:.1f}%")
    return f"{', '.join(parts)}, KL weight {found.kl_weight:.3g}."


app.command("train")(train_command)
app.command("evaluate")(evaluate_command)
app.command("grid")(grid_command)
app.command("map")(map_command)
app.command("sample")(sample_command)
app.command("reconstruct")(reconstruct_command)
app.command("interpolate")(interpolate_command)
app.command("kl-weights")(kl_weights_command)
app.command("anomalies")(anomalies_command)
app.command("report")(report_command)
