"""`peu vae`: learn a map of images, measure it, and use it."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.settings import read_image_size
from peu.cli.vae_anomalies import anomalies_command
from peu.cli.vae_images import (
    grid_command,
    interpolate_command,
    reconstruct_command,
    sample_command,
)
from peu.cli.vae_kl_weights import kl_weights_command
from peu.cli.vae_map import map_command
from peu.cli.vae_opening import Latent, Model, open_set, own_set, read_kl_weight
from peu.recipes.training import keep_steps
from peu.recipes.variational import Start, Variational
from peu.wording import printable

app = typer.Typer(
    name="vae",
    help="Learn a map of images (a variational auto-encoder), draw from it, find odd ones out.",
    no_args_is_help=True,
)
_FEW_IMAGES = 12_800


@ending_well
def train_command(
    data: Annotated[
        str | None,
        typer.Argument(
            help="A folder of images, a CSV, zip or npz file, or a known set. Default: mnist, "
            "or digits where it is not to be had.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model.")] = Path(
        "model"
    ),
    overwrite: options.Overwrite = False,
    latent: Latent = 2,
    kl_weight: Annotated[
        str,
        typer.Option(
            "--kl-weight",
            help="Weight of the Kullback-Leibler term: a number, or auto, which finds it.",
        ),
    ] = "auto",
    start: Annotated[
        Start,
        typer.Option(
            "--start",
            help="From random weights, or from neighbours laid side by side by t-SNE: of many "
            "images a better map, for a minute more.",
        ),
    ] = "drawn",
    seed: options.Seed = None,
    report: Annotated[
        Path | None, typer.Option("--report", help="Folder for a report with its figures.")
    ] = None,
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
    """Learn encoder and decoder from the images of a set, and save them.

    A share of the images is held out to measure on. With few images the default is more
    epochs of smaller batches than the sheet's 15 of 128, for as many steps as 12,800 would give.
    """
    weight = read_kl_weight(kl_weight)

    from peu.autoencoders.fit import fit_autoencoder
    from peu.comparison.latent import evaluate_variational
    from peu.models.bundle import check_destination
    from peu.reports.report_folder import claim_report
    from peu.reports.variational_report import write_variational_report

    check_destination(output, overwrite=overwrite)
    if report is not None:
        claim_report(report, overwrite=overwrite)
    with showing_progress(quiet=quiet):
        dataset = open_set(data, quiet=quiet)
        wanted = {
            "epochs": epochs,
            "batch_size": batch_size,
            "learning_rate": learning_rate,
            "schedule": schedule,
            "time_limit": time_limit,
        }
        given: dict[str, Any] = {name: each for name, each in wanted.items() if each is not None}
        sheet = Variational().training
        usual = keep_steps(
            sheet, len(dataset), meant_for=_FEW_IMAGES, batch_size=given.get("batch_size")
        )
        others = {"resize_mode": resize_mode, "channels": channels}
        recipe = Variational(
            latent=latent,
            kl_weight=weight,
            start=start,
            image_size=None if image_size is None else read_image_size(image_size),
            training=dataclasses.replace(usual, **given),
            **{name: each for name, each in others.items() if each is not None},  # type: ignore[arg-type]
        )
        if not given.keys() & {"epochs", "batch_size"} and usual != sheet:
            remark(
                f"{len(dataset)} images are few: training {usual.epochs} epochs of batches "
                f"of {usual.batch_size}; --epochs and --batch-size say otherwise.",
                quiet=quiet,
            )
        model = fit_autoencoder(
            recipe,
            dataset,
            seed=seed or 0,
            tell=lambda sentence: remark(sentence, quiet=quiet),
        )
        model.save(output, overwrite=overwrite)
        found = evaluate_variational(model, dataset)
        if report is not None:
            page = write_variational_report(model, dataset, found, report)
            remark(f"Report: {page}", quiet=quiet)
    facts = {
        "format": 1,
        "output": str(output),
        "learnt_from": model.provenance["images"],
        "parameters": model.provenance["parameters"],
        "fingerprint": dataset.fingerprint,
        "seed": seed or 0,
        "bounds": model.provenance["bounds"],
        "notes": list(model.history.notes),
        **found.to_dict(),
    }
    if as_json:
        write_result(facts)
        return
    results().print(
        f"Learnt from {facts['learnt_from']:,} images. {_sentence(found.to_dict())} Saved to "
        f"{printable(str(output))}.",
        soft_wrap=True,
    )


@ending_well
def evaluate_command(
    model: Model,
    data: Annotated[
        str | None,
        typer.Argument(
            help="Images as for training. Default: the set that it learnt from, where that is "
            "a known set.",
            show_default=False,
        ),
    ] = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
) -> None:
    """Measure a model on held-out images: bound, error, divergences, neighbours."""
    from peu.comparison.latent import evaluate_variational, variational_recipe
    from peu.models.autoencoder import Autoencoder

    fitted = Autoencoder.load(model)
    variational_recipe(fitted)
    with showing_progress(quiet=quiet):
        dataset = open_set(own_set(fitted, data), quiet=quiet)
        found = evaluate_variational(fitted, dataset)
    if found.seen:
        remark(
            f"{found.seen} of these {found.figures.images} images are among those that the "
            "model learnt from: the figures flatter it.",
            quiet=quiet,
        )
    if as_json:
        write_result({"format": 1, **found.to_dict()})
        return
    results().print(
        f"{found.figures.images} images, {found.tested_on}. {_sentence(found.to_dict())}",
        soft_wrap=True,
    )


@ending_well
def report_command(
    model: Model,
    data: Annotated[
        str | None,
        typer.Argument(help="As for `peu vae evaluate`.", show_default=False),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the report.")] = Path(
        "report"
    ),
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Write a report of a model: curves, reconstructions, the grid and the map."""
    from peu.comparison.latent import evaluate_variational, variational_recipe
    from peu.models.autoencoder import Autoencoder
    from peu.reports.report_folder import claim_report
    from peu.reports.variational_report import write_variational_report

    fitted = Autoencoder.load(model)
    variational_recipe(fitted)
    claim_report(output, overwrite=overwrite)
    with showing_progress(quiet=quiet):
        dataset = open_set(own_set(fitted, data), quiet=quiet)
        found = evaluate_variational(fitted, dataset)
        page = write_variational_report(fitted, dataset, found, output)
    results().print(f"Report: {printable(str(page))}", soft_wrap=True)


def _sentence(figures: dict[str, Any]) -> str:
    kl = ", ".join(f"{each:.2f}" for each in figures["kl"])
    parts = [
        f"Bound {figures['elbo']:.1f} nats",
        f"mean squared error {figures['mse']:.4f}",
        f"divergence {kl} nats",
        f"{figures['active_units']} of {len(figures['kl'])} dimensions active",
        f"kl_weight {figures['kl_weight']:.3g}",
    ]
    if figures["knn_accuracy"] is not None:
        parts.insert(-1, f"10 nearest neighbours right for {100 * figures['knn_accuracy']:.1f}%")
    return ", ".join(parts) + "."


app.command("train")(train_command)
app.command("evaluate")(evaluate_command)
app.command("grid")(grid_command)
app.command("map")(map_command)
app.command("sample")(sample_command)
app.command("reconstruct")(reconstruct_command)
app.command("interpolate")(interpolate_command)
app.command("kl_weights")(kl_weights_command)
app.command("anomalies")(anomalies_command)
app.command("report")(report_command)
