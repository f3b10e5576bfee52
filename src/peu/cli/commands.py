"""All commands of `peu`, as Typer reads them."""

import inspect
import re
from typing import Annotated

import typer
from typer.core import TyperCommand

from peu.cli.app import app_command
from peu.cli.augment import augment_command
from peu.cli.check import check_command
from peu.cli.compare import compare_command
from peu.cli.curve import curve_command
from peu.cli.denoise import app as denoise_app
from peu.cli.describe import describe_command
from peu.cli.evaluate import evaluate_command
from peu.cli.export import export_command
from peu.cli.lab import lab_command
from peu.cli.labels import app as labels_app
from peu.cli.next_images import next_command
from peu.cli.predict import predict_command
from peu.cli.recipes import recipes_command
from peu.cli.runs import runs_command
from peu.cli.serve import serve_command
from peu.cli.train import train_command
from peu.cli.vae import app as vae_app
from peu.version import __version__


class _Command(TyperCommand):
    """A command whose usage line names arguments as the README does: DATA, not {DATA}."""

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return [re.sub("[{}]", "", piece) for piece in super().collect_usage_pieces(ctx)]


app = typer.Typer(
    name="peu",
    help="Learn image models from few images, and know honestly how good they are.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("compare")(compare_command)
app.command("train")(train_command)
app.command("app")(app_command)
app.command("predict")(predict_command)
app.command("evaluate")(evaluate_command)
app.command("export")(export_command)
app.command("serve")(serve_command)
app.command("check")(check_command)
app.command("curve")(curve_command)
app.command("next")(next_command)
app.command("describe")(describe_command)
app.command("runs")(runs_command)
app.command("recipes")(recipes_command)
app.command("augment")(augment_command)
app.command("lab")(lab_command)
app.add_typer(labels_app)
app.add_typer(denoise_app)
app.add_typer(vae_app)
for _group in (app, labels_app, denoise_app, vae_app):
    for _command in _group.registered_commands:
        _command.cls = _Command
        # Typer keeps the source's line breaks in all paragraphs but the first.
        _paragraphs = (inspect.getdoc(_command.callback) or "").split("\n\n")
        _command.help = "\n\n".join(" ".join(each.split()) for each in _paragraphs)


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
