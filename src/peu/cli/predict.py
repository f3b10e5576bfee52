"""`peu predict`: a saved model at work, on one image or on millions."""

from pathlib import Path
from typing import Annotated

import typer

from peu.cli import options
from peu.cli.predict_images import predict_images
from peu.cli.predict_on_cluster import predict_to_parquet

_OUTPUT = "Output"


def predict_command(
    model: options.Model,
    images: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[IMAGES]...",
            help="Images, folders, patterns in quotes such as 'inbox/**/*.jpg', or - for an image "
            "on standard input.",
            show_default=False,
        ),
    ] = None,
    paths_from: Annotated[
        str | None,
        typer.Option(
            "--paths-from",
            metavar="FILE",
            help="A list of images and folders, one a line or each ended by a NUL character; - "
            "reads it from standard input.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Write JSON Lines to stdout.", rich_help_panel=_OUTPUT)
    ] = False,
    csv: Annotated[
        str | None,
        typer.Option(
            "--csv", metavar="FILE", help="Write a table; - is stdout.", rich_help_panel=_OUTPUT
        ),
    ] = None,
    sort_into: Annotated[
        Path | None,
        typer.Option(
            "--sort-into",
            metavar="FOLDER",
            help="Copy images into a folder for each class; nothing is moved or replaced.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    explain: Annotated[
        Path | None,
        typer.Option(
            "--explain",
            metavar="FOLDER",
            help="Draw a heat map of each image: the areas behind its prediction.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    coverage: Annotated[
        float | None,
        typer.Option(
            "--coverage",
            metavar="SHARE",
            help="Also give a set of labels that holds the true one for this share of images, as "
            "0.95.",
            show_default=False,
        ),
    ] = None,
    accept_all: Annotated[
        bool,
        typer.Option(
            "--accept-all", help="Do not ask whether an image shows none of the model's classes."
        ),
    ] = False,
    parquet: Annotated[
        Path | None,
        typer.Option(
            "--parquet",
            metavar="FOLDER",
            help="With --cluster: write Parquet files; the same command goes on where it ended.",
            rich_help_panel=_OUTPUT,
        ),
    ] = None,
    cluster: Annotated[
        str | None,
        typer.Option(
            "--cluster",
            metavar="ADDRESS",
            help="Predict on a Ray cluster: auto, or ray://HOST:10001.",
            show_default=False,
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    quiet: options.Quiet = False,
) -> None:
    """Recognise new images: the label and the probabilities of every class.

    A line for each image is written as soon as it is predicted. An image that cannot be used gets a
    line with the reason; the others go on, and the exit code is 3.
    """
    if cluster is not None or parquet is not None:
        others = {
            "--json": as_json,
            "--csv": csv,
            "--sort-into": sort_into,
            "--explain": explain,
            "--paths-from": paths_from,
        }
        predict_to_parquet(
            model,
            images or [],
            cluster=cluster,
            parquet=parquet,
            coverage=coverage,
            accept_all=accept_all,
            others=[name for name, value in others.items() if value],
            quiet=quiet,
        )
        return
    predict_images(
        model,
        images or [],
        paths_from=paths_from,
        as_json=as_json,
        csv=csv,
        sort_into=sort_into,
        explain=explain,
        coverage=coverage,
        accept_all=accept_all,
        overwrite=overwrite,
        quiet=quiet,
    )
