"""The command line: `peu` and its commands."""

import io
import sys
from typing import Annotated

import typer

from peu import __version__
from peu.cli.augment import augment_command
from peu.cli.compare import compare_command
from peu.cli.denoise import app as denoise_app
from peu.cli.describe import describe_command
from peu.cli.lab import lab_command
from peu.cli.predict import evaluate_command, predict_command
from peu.cli.train import train_command
from peu.cli.vae import app as vae_app

app = typer.Typer(
    name="peu",
    help="Learn image models from few images, and know honestly how good they are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("compare")(compare_command)
app.command("train")(train_command)
app.command("predict")(predict_command)
app.command("evaluate")(evaluate_command)
app.command("describe")(describe_command)
app.command("augment")(augment_command)
app.command("lab")(lab_command)
app.add_typer(denoise_app)
app.add_typer(vae_app)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"peu {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_show_version, is_eager=True, help="Show the version and exit."
        ),
    ] = False,
) -> None:
    """Learn image models from few images, and know honestly how good they are."""


def main() -> None:
    """Run the command line."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # File names may be bytes that are no text, and a terminal may know few letters.
        sys.stdout.reconfigure(errors="backslashreplace")
    app()
