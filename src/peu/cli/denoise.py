"""`peu denoise`: train a denoiser, apply it to images, and evaluate it."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.autoencoder_inputs import TrainingData, given, open_images, showing_training
from peu.cli.console import results, write_result
from peu.cli.denoise_apply import apply_command
from peu.cli.denoise_evaluate import evaluate_command
from peu.cli.handle_errors import handle_errors
from peu.cli.options import read_filters, read_image_size
from peu.networks.choices import DenoisingNetwork, ImageLoss
from peu.output_folder import check_output_file
from peu.wording import printable

app = typer.Typer(
    name="denoise",
    help="Take noise out of images (a denoising auto-encoder).",
    no_args_is_help=True,
)


@handle_errors
def train_command(
    data: TrainingData = None,
    noise: Annotated[
        str,
        typer.Option(
            "--noise",
            help="Noise to train on: a standard deviation as 0.2, where intensities go from 0 to "
            "1; a range as 0-0.6; poisson:PHOTONS; salt-and-pepper:SHARE.",
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
            help="Filters of each resolution, as 24,48,96. Default: 16,32, or 16,32,64 for the "
            "U-Net.",
        ),
    ] = None,
    members: Annotated[
        int | None,
        typer.Option("--members", help="Number of networks, whose mean is taken. Default: 1."),
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the model.")] = Path(
        "model"
    ),
    overwrite: options.Overwrite = False,
    max_images: Annotated[
        int | None,
        typer.Option("--images", help="Training images at most. Default: all.", min=2),
    ] = None,
    max_test: options.MostTestImages = None,
    examples: Annotated[
        Path | None,
        typer.Option(
            "--examples",
            help="A folder for held-out images at rising noise, and each of them denoised: what "
            "the page plays with.",
        ),
    ] = None,
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
    """Train a denoiser on clean images, to which noise is added, and save it.

    A fifth of the images is held out for `peu denoise evaluate`, unless the dataset has test
    images of its own. With few images the default is more epochs of smaller batches.
    """
    from peu.autoencoders.denoiser import Denoiser
    from peu.autoencoders.noise import read_noise
    from peu.comparison.latent import limit_images
    from peu.comparison.noise_steps import check_noise_steps, write_noise_steps
    from peu.models.bundle import output_folder

    read_noise(noise, "--noise")
    if examples is not None:
        check_noise_steps(noise)
        check_output_file(examples / "examples.json", overwrite=overwrite, option="--examples")
    # Invalid settings are refused before any image is read.
    denoiser = Denoiser(
        noise=noise,
        network=network,
        image_size=read_image_size(image_size) if image_size else None,
        filters=None if filters is None else read_filters(filters),
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        schedule=schedule,  # type: ignore[arg-type]  # checked by the settings
        time_limit=time_limit,
        seed=seed or 0,
        **given(members=members, resize_mode=resize_mode, channels=channels, loss=loss),
    )
    output_folder(output, overwrite=overwrite).check()
    with showing_training(quiet=quiet):
        dataset = open_images(data, quiet=quiet)
        dataset = limit_images(dataset, train=max_images, test=max_test, seed=denoiser.seed)
        denoiser.fit(dataset)
        denoiser.save(output, overwrite=overwrite)
        if examples is not None:
            write_noise_steps(denoiser, dataset, examples)
    height, width = denoiser.image_size_
    history = denoiser.history_
    loss_at_end, held_out_loss = (history.metrics[name][-1] for name in ("loss", "val_loss"))
    if as_json:
        write_result(
            {
                "format": 1,
                "output": str(output),
                "noise": noise,
                "network": network,
                "loss_function": denoiser.loss,
                "images": denoiser.n_images_,
                "held_out": denoiser.n_held_out_,
                "image_size": [height, width],
                "channels": denoiser.channels_,
                "parameters": denoiser.n_parameters_,
                "epochs": denoiser.training_.epochs,
                "batch_size": denoiser.training_.batch_size,
                "loss": loss_at_end,
                "held_out_loss": held_out_loss,
                "seconds": history.seconds,
                "fingerprint": denoiser.fingerprint_,
                "seed": denoiser.seed,
                "notes": list(denoiser.notes_),
            }
        )
        return
    kind = "grey" if denoiser.channels_ == 1 else "colour"
    results().print(
        f"Trained on {denoiser.n_images_:,} {kind} images of {height} x {width} pixels "
        f"({denoiser.tested_on_}): {denoiser.n_parameters_:,} parameters, {denoiser.loss} "
        f"{loss_at_end:.4f}, {held_out_loss:.4f} on held-out images. Saved to "
        f"{printable(str(output))}.",
        soft_wrap=True,
    )


app.command("train")(train_command)
app.command("apply")(apply_command)
app.command("evaluate")(evaluate_command)
