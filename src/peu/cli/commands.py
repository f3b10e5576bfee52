"""All commands of `peu`, as Typer reads them."""

import contextlib
import inspect
import re
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from peu.cli.app import app_command
from peu.cli.augment import augment_command
from peu.cli.check import check_command
from peu.cli.compare import compare_command
from peu.cli.curve import curve_command
from peu.cli.denoise import app as denoise_app
from peu.cli.describe import describe_command
from peu.cli.evaluate import evaluate_command
from peu.cli.export import export_command
from peu.cli.handle_errors import end_for_usage
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

# Of Click, which newer versions of Typer carry within themselves under a name of their own.
_UsageError: type[Exception] = typer.BadParameter.__bases__[0]


@contextlib.contextmanager
def _refusals_in_a_line(command: str) -> Iterator[None]:
    """Say what is wrong with arguments in one line, as every other error.

    Typer would draw a frame around it, with whatever steers a terminal in what was typed.
    """
    try:
        yield
    except _UsageError as error:
        # This one has shown the help already, and says no more.
        if type(error).__name__ == "NoArgsIsHelpError":
            raise
        context: Any = getattr(error, "ctx", None)
        message: str = error.format_message()  # type: ignore[attr-defined]
        raise end_for_usage(message, context.command_path if context else command) from error


class _Root(TyperGroup):
    """All commands."""

    def make_context(self, *args: Any, **extra: Any) -> typer.Context:
        with _refusals_in_a_line("peu"):
            made: typer.Context = super().make_context(*args, **extra)  # type: ignore[assignment]
            return made

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        with _refusals_in_a_line("peu"):
            return super().invoke(ctx)


class _Command(TyperCommand):
    """A command whose usage line names arguments as the README does: DATA, not {DATA}."""

    def collect_usage_pieces(self, ctx: typer.Context) -> list[str]:  # type: ignore[override]
        return [re.sub("[{}]", "", piece) for piece in super().collect_usage_pieces(ctx)]

    def make_context(  # type: ignore[override]
        self, name: str, args: list[str], parent: Any = None, **extra: Any
    ) -> typer.Context:
        with _refusals_in_a_line(f"{parent.command_path} {name}" if parent else name):
            made: typer.Context = super().make_context(  # type: ignore[assignment]
                name, args, parent=parent, **extra
            )
            return made


app = typer.Typer(
    name="peu",
    cls=_Root,
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
