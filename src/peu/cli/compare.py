"""`peu compare`: all recipes on the same folds, and an honest report."""

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from peu.cli import options
from peu.cli.console import remark, results, showing_progress, write_result
from peu.cli.outcome import ending_well
from peu.cli.recipe_options import Settings, taking_settings
from peu.cli.run_folder import claim_folder, default_folder
from peu.cli.settings import choose_recipes, read_config, settings_of
from peu.errors import RecipeError
from peu.wording import printable

if TYPE_CHECKING:
    from peu.comparison.comparison import Comparison
    from peu.comparison.trial import Trial

_FOLDS, _REPEATS = 5, 2
_QUICK, _THOROUGH = (3, 1), (5, 4)


@ending_well
@taking_settings
def compare_command(
    data: Annotated[
        str | None,
        typer.Argument(
            help="A folder of class folders, a CSV, zip or npz file, or a known set: samples, "
            "caltech4, mnist. Default: samples.",
            show_default=False,
        ),
    ] = None,
    recipes: Annotated[
        str | None,
        typer.Option(
            "--recipes",
            help="Which, with commas between: descriptors, fisher, frozen, augmented, finetune, "
            "scratch, tuned, ensemble. Default: the first four.",
        ),
    ] = None,
    folds: Annotated[
        int | None, typer.Option("--folds", help="Parts of a repeat. Default: 5.", min=2)
    ] = None,
    repeats: Annotated[
        int | None,
        typer.Option("--repeats", help="Times the images are parted. Default: 2.", min=1),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="3 folds, once.")] = False,
    thorough: Annotated[bool, typer.Option("--thorough", help="5 folds, 4 times.")] = False,
    seed: options.Seed = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output", "-o", help="Folder of the run. Default: a folder of its own in runs/."
        ),
    ] = None,
    overwrite: options.Overwrite = False,
    as_json: options.AsJson = False,
    quiet: options.Quiet = False,
    *,
    options_given: Settings,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            help="Networks trained side by side. Default: one for four cores.",
            min=1,
            rich_help_panel="Run",
        ),
    ] = None,
    config: options.Config = None,
) -> None:
    """Compare recipes on the same repeated folds, and say what that shows.

    Run the same command again to go on with an interrupted run, or to see its result at once.
    """
    if quick and thorough:
        raise RecipeError(
            "`--quick` and `--thorough` exclude each other. Received: both. Drop one."
        )
    settings = read_config(config)
    chosen = choose_recipes(recipes, settings, options_given)
    usual_folds, usual_repeats = _QUICK if quick else _THOROUGH if thorough else (None, None)
    folds = folds or usual_folds or settings.get("folds", _FOLDS)
    repeats = repeats or usual_repeats or settings.get("repeats", _REPEATS)
    seed = settings.get("seed", 0) if seed is None else seed
    data = data or settings.get("data", "samples")

    from peu.comparison.compare import compare
    from peu.images.catalog import open_dataset
    from peu.images.splits import make_splits
    from peu.reports.comparison_json import comparison_to_dict
    from peu.reports.comparison_report import write_report

    def tell(trial: "Trial", done: int, total: int) -> None:
        where = f"repeat {trial.split.repeat + 1}, fold {trial.split.fold + 1}"
        figures = f"accuracy {trial.evaluation.accuracy:.3f}, {trial.seconds:.1f} s"
        remark(f"{done:3d}/{total} {trial.recipe.name}, {where}: {figures}", quiet=quiet)

    with showing_progress(quiet=quiet):
        dataset = open_dataset(data)
        for item in dataset.set_aside[:3]:
            remark(f"Set aside: {item.path}: {item.reason}", quiet=quiet)
        if len(dataset.set_aside) > 3:
            remark(f"... and {len(dataset.set_aside) - 3} more; see the report.", quiet=quiet)
        # Before the folder is claimed: impossible folds must leave nothing behind.
        splits = make_splits(dataset, folds=folds, repeats=repeats, seed=seed)
        wanted = settings_of(data, dataset.fingerprint, folds, repeats, seed, chosen)
        folder = output or default_folder(dataset.name, wanted)
        if claim_folder(folder, wanted, overwrite=overwrite):
            remark(f"Going on with {folder}: finished trials are kept.", quiet=quiet)
        else:
            planned = len(chosen) * len(splits)
            remark(f"{len(dataset)} images; {planned} trials in {folder}.", quiet=quiet)
        comparison = compare(
            dataset,
            chosen,
            seed=seed,
            splits=splits,
            run_folder=folder,
            workers=workers,
            on_trial=tell,
            command=shlex.join(["peu", *sys.argv[1:]]),
        )
        page = write_report(comparison, folder)
    for failure in comparison.failures:
        remark(f"{failure.name} could not run: {failure.reason}", quiet=quiet)
    if as_json:
        write_result(comparison_to_dict(comparison))
    else:
        _show(comparison, page)


def _show(comparison: "Comparison", page: Path) -> None:
    from rich.table import Table

    console = results()
    dataset = comparison.dataset
    heading = (
        f"{printable(dataset.name)}: {len(dataset)} images, {len(dataset.class_names)} classes; "
        f"{comparison.folds} folds x {comparison.repeats}"
    )
    table = Table(title=heading, title_justify="left")
    table.add_column("recipe")
    for name in ("accuracy", "95% interval", "log loss", "s a trial", "parameters"):
        table.add_column(name, justify="right")
    for summary in comparison.summaries:
        table.add_row(
            summary.name,
            f"{summary.accuracy.mean:.3f}",
            f"{summary.accuracy.low:.3f} to {summary.accuracy.high:.3f}",
            f"{summary.log_loss.mean:.3f}",
            f"{summary.seconds_per_trial:.1f}",
            f"{summary.parameters:,}",
        )
    console.print(table)
    console.print(comparison.verdict, soft_wrap=True)
    console.print(f"Report: {printable(str(page))}", soft_wrap=True)
