"""`peu denoise`: learn to take noise out of images, do it, and measure how well."""

import dataclasses
from pathlib import Path
from typing import Annotated, Any

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.denoise_apply import apply_command
from peu.cli.denoise_evaluate import evaluate_command
from peu.cli.outcome import ending_well
from peu.cli.settings import read_filters, read_image_size
from peu.cli.vae_opening import open_set
from peu.recipes.denoising import Denoising, DenoisingNetwork, ImageLoss, usual_training
from peu.recipes.noise import read_noise
from peu.wording import printable

app = typer.Typer(
    name="denoise",
    help="Take noise out of images (a denoising auto-encoder).",
    no_args_is_help=True,
)


@ending_well
def train_command(
    data: Annotated[
        str | None,
        typer.Argument(
            help="A folder of clean images, a CSV, zip or npz file, or a known set. Default: "
            "mnist, or digits where it is not to be had.",
            show_default=False,
        ),
    ] = None,
    noise: Annotated[
        str,
        typer.Option(
            "--noise",
            help="What to learn to take out: a standard deviation as 0.2, intensities going from "
            "0 to 1; a range as 0-0.6; poisson:PHOTONS; salt-and-pepper:SHARE.",
        ),
    ] = "0.2",
    network: Annotated[
        DenoisingNetwork,
        typer.Option("--network", help="The lab sheet's, or a small U-Net."),
    ] = "sheet",
    filters: Annotated[
        str | None,
        typer.Option(
            "--filters",
            help="Filters of each resolution, as 24,48,96. Default: 16,32, and 16,32,64 of the "
            "U-Net.",
        ),
    ] = None,
    members: Annotated[
        int | None,
        typer.Option(
            "--members",
            help="How many networks to train and take the mean of. Default: 1.",
        ),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model.")] = Path(
        "model"
    ),
    overwrite: options.Overwrite = False,
    seed: options.Seed = None,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    epochs: options.Epochs = None,
    batch_size: options.BatchSize = None,
    learning_rate: options.LearningRate = None,
    schedule: options.ScheduleOption = None,
    loss: Annotated[
        ImageLoss | None, typer.Option("--loss", help="What is minimised. Default: mse.")
    ] = None,
    time_limit: options.TimeLimit = None,
    image_size: options.ImageSize = None,
    resize_mode: options.ResizeModeOption = None,
    channels: options.ChannelsOption = None,
) -> None:
    """Learn from clean images to take noise out of others, and save the denoiser.

    A fifth of the images is held out for `peu denoise evaluate`, unless the set has test
    images of its own. Few images are learnt from in more epochs of smaller batches.
    """
    read_noise(noise, "--noise")
    settings: dict[str, Any] = {
        "image_size": read_image_size(image_size) if image_size else None,
        "filters": None if filters is None else read_filters(filters),
        "members": members,
        "resize_mode": resize_mode,
        "channels": channels,
        "loss": loss,
    }
    training: dict[str, Any] = {
        "epochs": epochs,
        "batch_size": batch_size,
        "learning_rate": learning_rate,
        "schedule": schedule,
        "time_limit": time_limit,
    }
    given = _given(training)
    # Wrong settings are refused before any image is read.
    recipe = Denoising(
        noise=noise,
        network=network,
        training=dataclasses.replace(usual_training(network), **given),
        **_given(settings),
    )

    from peu.autoencoders.fit import fit_autoencoder
    from peu.models.bundle import check_destination

    check_destination(output, overwrite=overwrite)
    seed = seed or 0
    with showing_progress(quiet=quiet):
        dataset = open_set(data, quiet=quiet)
        usual = usual_training(network, len(dataset), batch_size=given.get("batch_size"))
        if not given.keys() & {"epochs", "batch_size"} and usual != usual_training(network):
            remark(
                f"{len(dataset)} images are few: training {usual.epochs} epochs of batches "
                f"of {usual.batch_size}; --epochs and --batch-size say otherwise.",
                quiet=quiet,
            )
        recipe = dataclasses.replace(recipe, training=dataclasses.replace(usual, **given))
        model = fit_autoencoder(
            recipe,
            dataset,
            seed=seed,
            tell=lambda text: remark(text, quiet=quiet),
        )
        model.save(output, overwrite=overwrite)
    memory = model.provenance
    height, width = model.image_size
    losses = model.history.metrics
    facts = {
        "format": 1,
        "output": str(output),
        "noise": noise,
        "network": network,
        "loss_function": recipe.loss,
        "images": memory["images"],
        "held_out": memory["held_out"],
        "image_size": [height, width],
        "channels": model.channels,
        "parameters": memory["parameters"],
        "loss": losses["loss"][-1],
        "held_out_loss": losses["watched_loss"][-1],
        "seconds": model.history.seconds,
        "fingerprint": dataset.fingerprint,
        "seed": seed,
        "notes": list(model.history.notes),
    }
    if as_json:
        write_result(facts)
        return
    kind = "grey" if model.channels == 1 else "colour"
    results().print(
        f"Learnt from {memory['images']:,} {kind} images of {height} x {width} pixels "
        f"({memory['tested_on']}): {memory['parameters']:,} parameters, {recipe.loss} "
        f"{losses['loss'][-1]:.4f}, {losses['watched_loss'][-1]:.4f} on held-out images. Saved "
        f"to {printable(str(output))}.",
        soft_wrap=True,
    )


def _given(settings: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


app.command("train")(train_command)
app.command("apply")(apply_command)
app.command("evaluate")(evaluate_command)
